//! Callers whom the bank core knows: it is asked with the caller's own credential (`api.md` section 2).
//!
//! Whatever is no clear answer is none: it never becomes a yes. Nothing of a credential or of a reply's body is logged.

mod judge;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use reqwest::{
    Client, Request, Response,
    header::{AUTHORIZATION, HeaderValue},
    redirect::Policy,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::{runtime::Handle, time::timeout};
use tokio_util::task::AbortOnDropHandle;

use self::judge::{Pointers, judge};
use crate::domain::{caller::Scope, username::Username};

/// How long an answer may take, from connecting to the end of its body.
pub const WITHIN: Duration = Duration::from_secs(5);
/// The largest body of a reply that is read, in bytes.
const LARGEST: usize = 64 * 1024;
/// What stands for the account in the URL.
const ACCOUNT: &str = "{username}";

/// What is asked, and where in the reply the answers stand.
#[derive(Clone, Debug)]
pub struct Asking {
    /// An `http` or `https` URL with `{username}` in its path.
    pub url: String,
    /// The JSON pointer (RFC 6901) to the caller's name; `None`: it is the path's.
    pub username_pointer: Option<String>,
    /// The JSON pointer to the scope; `None`: it is `readwrite`.
    pub scope_pointer: Option<String>,
    /// How long an answer may take.
    pub within: Duration,
}

/// What the bank core says of a credential and an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may act for the account (`readwrite`), or look at it (`readonly`).
    Known(Scope),
    /// It may not, or is none.
    Unknown,
    /// It is that of another account.
    AnotherAccount,
}

/// Why the bank core cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum AskingError {
    /// There is nothing that its certificate could be checked against.
    #[error("no root certificates of this machine were found, and identity.url is https")]
    NoRoots,
    /// The TLS versions that the provider does not have.
    #[error("TLS to the bank core cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The client for it.
    #[error("the client for the bank core cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// Why there was no clear answer. Says nothing of the credential, the account or the body.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The question cannot be put: the URL and the name, or the credential, make no request.
    #[error("the question makes no request: check identity.url")]
    Malformed,
    /// It cannot be reached, or broke off.
    #[error("the bank core cannot be reached, or broke off")]
    Unreachable(#[source] reqwest::Error),
    /// It took too long.
    #[error("the bank core took too long")]
    Late,
    /// Another status than the contract knows.
    #[error("the bank core answered with status {0}, which is neither yes nor no: check identity.url")]
    Status(u16),
    /// The reply's body is too large.
    #[error("the bank core's reply is larger than 64 KiB: check identity.url")]
    TooLarge,
    /// A pointer looks into a reply that is no JSON.
    #[error("the bank core's reply is no JSON: check identity.url, or leave the pointers out")]
    NotJson,
    /// There is no name where one is said to be.
    #[error("the bank core's reply has no text at identity.username_pointer: check that pointer")]
    NoName,
    /// The program ends.
    #[error("the question was given up: the program ends")]
    Ended,
}

/// The bank core, as who says who is calling. Cheap to clone. No answer is remembered.
#[derive(Clone)]
pub struct Upstream {
    client: Client,
    runtime: Handle,
    url: Arc<str>,
    pointers: Arc<Pointers>,
    within: Duration,
}

impl Upstream {
    /// The bank core at that URL; nothing is connected yet. Connections live on the runtime that this is called on: one
    /// must not end with the listener's thread that needed it first.
    pub fn new(asking: Asking) -> Result<Self, AskingError> {
        let roots = if asking.url.starts_with("https:") { roots()? } else { RootCertStore::empty() };
        Self::over(tls(roots)?, asking)
    }

    fn over(tls: ClientConfig, asking: Asking) -> Result<Self, AskingError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(asking.within)
            .build()
            .map_err(AskingError::Client)?;
        let pointers = Arc::new(Pointers { username: asking.username_pointer, scope: asking.scope_pointer });
        Ok(Self { client, runtime: Handle::current(), url: asking.url.into(), pointers, within: asking.within })
    }

    /// What the bank core says of the value of an `Authorization` header, which it gets exactly as it is, and this
    /// account. Who stops waiting ends the question.
    pub async fn ask(&self, authorization: &str, username: &Username) -> Result<Verdict, UpstreamError> {
        let request = self.request(authorization, username)?;
        let (client, within) = (self.client.clone(), self.within);
        let asked = self.runtime.spawn(async move { timeout(within, exchange(&client, request)).await });
        let answered = AbortOnDropHandle::new(asked).await.map_err(|_| UpstreamError::Ended)?;
        let (status, body) = answered.map_err(|_| UpstreamError::Late)??;
        judge(&self.pointers, username, status, &body)
    }

    /// A username needs no escape in a path.
    fn request(&self, authorization: &str, username: &Username) -> Result<Request, UpstreamError> {
        let mut credential = HeaderValue::from_str(authorization).map_err(|_| UpstreamError::Malformed)?;
        credential.set_sensitive(true);
        let request = self.client.get(self.url.replace(ACCOUNT, username.as_str())).header(AUTHORIZATION, credential);
        request.build().map_err(|_| UpstreamError::Malformed)
    }
}

/// The status and the whole body of the reply.
async fn exchange(client: &Client, request: Request) -> Result<(u16, Vec<u8>), UpstreamError> {
    let mut reply = client.execute(request).await.map_err(unreachable)?;
    let status = reply.status().as_u16();
    // What a refusal says is of no interest, and must not turn it into anything else.
    let body = if reply.status().is_success() { body(&mut reply).await? } else { Vec::new() };
    Ok((status, body))
}

async fn body(reply: &mut Response) -> Result<Vec<u8>, UpstreamError> {
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(chunk.len()) > LARGEST {
            return Err(UpstreamError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The URL names a customer.
fn unreachable(error: reqwest::Error) -> UpstreamError {
    if error.is_timeout() { UpstreamError::Late } else { UpstreamError::Unreachable(error.without_url()) }
}

fn roots() -> Result<RootCertStore, AskingError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(AskingError::NoRoots) } else { Ok(roots) }
}

/// The provider is named here, as none is installed for the whole program.
fn tls(roots: RootCertStore) -> Result<ClientConfig, AskingError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
