//! The way to who says who is calling: one HTTP client, the one TLS stack, a time and a size that no answer exceeds.
//!
//! No redirect is followed, no proxy of the environment gets between, and no body is unpacked: a credential goes to the URL
//! that is configured or nowhere.

use std::time::Duration;

use reqwest::{Client, Request, RequestBuilder, Response, redirect::Policy};
use rustls::{ClientConfig, RootCertStore};
use tokio::{runtime::Handle, time::timeout};
use tokio_util::task::AbortOnDropHandle;

use super::unclear::Unclear;
use crate::tls;

/// How long an answer may take, from connecting to the end of its body.
pub const WITHIN: Duration = Duration::from_secs(5);
/// The largest body of a reply that is read, in bytes.
pub(super) const LARGEST: usize = 64 * 1024;

/// Why nobody can be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum AskingError {
    /// There is nothing that a certificate could be checked against.
    #[error("no root certificates of this machine were found, and identity.url is https")]
    NoRoots,
    /// The TLS versions that the provider does not have.
    #[error("TLS to identity.url cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The client for it.
    #[error("the client for identity.url cannot be set up")]
    Client(#[source] reqwest::Error),
    /// What this service proves itself with makes no header.
    #[error("identity.client_id and client_secret make no header")]
    ClientCredentials,
}

/// How long a connection without a request is kept: less than the servers of the time keep theirs (5 s and more), so that
/// none closes it while a question is on its way.
const KEPT: Duration = Duration::from_secs(4);

/// A reply's status, and its body where the status is one of success.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// A way to one URL. Cheap to clone.
#[derive(Clone)]
pub(super) struct Line {
    client: Client,
    runtime: Handle,
    within: Duration,
}

impl Line {
    /// A way there; nothing is connected yet. Connections live on the runtime that this is called on: one must not end
    /// with the listener's thread that needed it first.
    pub(super) fn to(url: &str, within: Duration) -> Result<Self, AskingError> {
        let roots = if url.starts_with("https:") { roots()? } else { RootCertStore::empty() };
        Self::over(tls::client(roots)?, within)
    }

    pub(super) fn over(tls: ClientConfig, within: Duration) -> Result<Self, AskingError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(within)
            .pool_idle_timeout(KEPT)
            .build()
            .map_err(AskingError::Client)?;
        Ok(Self { client, runtime: Handle::current(), within })
    }

    /// A request that is still bare.
    pub(super) fn get(&self, url: &str) -> RequestBuilder {
        self.client.get(url)
    }

    /// A request that is still bare.
    pub(super) fn post(&self, url: &str) -> RequestBuilder {
        self.client.post(url)
    }

    /// Sends the request and reads the whole reply. Who stops waiting ends it.
    pub(super) async fn exchange(&self, request: RequestBuilder) -> Result<Reply, Unclear> {
        let request = request.build().map_err(|_| Unclear::Malformed)?;
        let (client, within) = (self.client.clone(), self.within);
        let asked = self.runtime.spawn(async move { timeout(within, exchange(&client, request)).await });
        let answered = AbortOnDropHandle::new(asked).await.map_err(|_| Unclear::Ended)?;
        answered.map_err(|_| Unclear::Late)?
    }
}

async fn exchange(client: &Client, request: Request) -> Result<Reply, Unclear> {
    let mut reply = client.execute(request).await.map_err(unreachable)?;
    let status = reply.status().as_u16();
    // What a refusal says is of no interest, and must not turn it into anything else.
    let body = if reply.status().is_success() { body(&mut reply).await? } else { Vec::new() };
    Ok(Reply { status, body })
}

async fn body(reply: &mut Response) -> Result<Vec<u8>, Unclear> {
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(chunk.len()) > LARGEST {
            return Err(Unclear::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The URL may name a customer.
fn unreachable(error: reqwest::Error) -> Unclear {
    if error.is_timeout() { Unclear::Late } else { Unclear::Unreachable(error.without_url()) }
}

fn roots() -> Result<RootCertStore, AskingError> {
    let roots = tls::machine_roots();
    if roots.is_empty() { Err(AskingError::NoRoots) } else { Ok(roots) }
}
