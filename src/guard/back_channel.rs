//! The calls to Tanager, each bounded in time. What Tanager does not answer clearly is no permission.

use std::{sync::Arc, time::Duration};

use reqwest::{
    Client, Response,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::oneshot;
use url::Url;

use super::{
    approved::Approved,
    relayed::Relayed,
    reservation::Reservation,
    settings::{GuardError, GuardSettings},
    wire,
};

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 256 * 1024;
/// How long a connection without a call is kept: less than Tanager keeps it, so that none is used as it is closed.
const IDLE: Duration = Duration::from_mins(1);
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What Tanager says to a request for a reservation.
pub enum Verdict {
    /// No proof is required.
    NotRequired,
    /// The token is reserved for this request.
    Reserved(Reservation),
    /// It is not, and the client is told so.
    Refused(Relayed),
    /// Tanager is away, or says what nobody understands.
    Away,
}

/// How a reservation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The operation was done: the token is spent.
    Commit,
    /// It certainly had no effect: the token may be used again.
    Release,
}

impl Settlement {
    /// The last segment of the path.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Release => "release",
        }
    }
}

/// What became of an attempt to settle.
pub enum Settled {
    /// It is settled.
    Done,
    /// It is not known, or not yet: to be tried again.
    Again,
    /// It never will be; the status that said so.
    Lost(u16),
}

/// Tanager's API as a bank core sees it.
pub struct BackChannel {
    http: Client,
    base: Url,
}

impl BackChannel {
    /// A client that calls nothing yet.
    pub fn new(settings: &GuardSettings) -> Result<Self, GuardError> {
        if settings.timeout == Duration::ZERO {
            return Err(GuardError::Timeout);
        }
        let base = base(&settings.tanager)?;
        let http = Client::builder()
            .tls_backend_preconfigured(tls(base.scheme() == "https")?)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE)
            .default_headers(credentials(settings)?)
            .build()
            .map_err(GuardError::Client)?;
        Ok(Self { http, base })
    }

    /// Asks for a reservation, `body` being a [`wire::Reserve`]. When nobody waits for the answer any more, what was
    /// reserved is released: the handler has not begun.
    pub async fn reserve(self: &Arc<Self>, body: Vec<u8>, request_id: Option<Vec<u8>>) -> Verdict {
        let channel = Arc::clone(self);
        let (answer, waiting) = oneshot::channel();
        tokio::spawn(async move {
            // A verdict that nobody takes is dropped, and a reservation that is dropped before it began releases itself.
            drop(answer.send(channel.ask(body, request_id).await));
        });
        waiting.await.unwrap_or(Verdict::Away)
    }

    async fn ask(self: &Arc<Self>, body: Vec<u8>, request_id: Option<Vec<u8>>) -> Verdict {
        let mut request = self.http.post(self.path(&["tokens", "reserve"])).header(CONTENT_TYPE, "application/json");
        if let Some(id) = request_id {
            request = request.header(X_REQUEST_ID, id);
        }
        match request.body(body).send().await {
            Ok(reply) => self.judge(reply).await,
            Err(error) => away(&error),
        }
    }

    async fn judge(self: &Arc<Self>, reply: Response) -> Verdict {
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let body = match read(reply).await {
            Ok(body) => body,
            Err(error) => return away(&error),
        };
        let verdict = match status {
            200 => wire::reserved(&body).map(|approved| self.granted(approved)),
            _ => Relayed::read(status, &headers, body).map(Verdict::Refused),
        };
        verdict.unwrap_or_else(|| {
            tracing::error!(
                status,
                "Tanager's answer to a reservation is not to be understood; the request is refused"
            );
            Verdict::Away
        })
    }

    fn granted(self: &Arc<Self>, approved: Approved) -> Verdict {
        match approved {
            Approved::Proven(approval) => Verdict::Reserved(Reservation::new(Arc::clone(self), approval)),
            Approved::NotRequired => Verdict::NotRequired,
        }
    }

    /// Tries once to settle a reservation.
    pub async fn settle(&self, reservation_id: &str, settlement: Settlement) -> Settled {
        let path = self.path(&["tokens", "reservations", reservation_id, settlement.as_str()]);
        match self.http.post(path).send().await.map(|reply| reply.status().as_u16()) {
            Ok(200..300) => Settled::Done,
            Ok(408 | 429 | 500..) | Err(_) => Settled::Again,
            Ok(status) => Settled::Lost(status),
        }
    }

    fn path(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Always there: the base is an http or https URL.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// The cause is named without the address, which may hold a credential.
fn away(error: &reqwest::Error) -> Verdict {
    let timeout = error.is_timeout();
    tracing::error!(timeout, "Tanager did not answer; the request is refused");
    Verdict::Away
}

async fn read(mut reply: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_ANSWER {
            // Cut off, it is no JSON, and so no permission.
            break;
        }
    }
    Ok(body)
}

fn base(address: &str) -> Result<Url, GuardError> {
    let url = Url::parse(address).map_err(|_| GuardError::Address)?;
    let callable = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    if callable { Ok(url) } else { Err(GuardError::Address) }
}

fn credentials(settings: &GuardSettings) -> Result<HeaderMap, GuardError> {
    let bearer = zeroize::Zeroizing::new(format!("Bearer {}", settings.token.reveal()));
    let mut value = HeaderValue::from_str(&bearer).map_err(|_| GuardError::Token)?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

/// TLS by one provider that is named here: no default of the process is needed, and none is set.
fn tls(wanted: bool) -> Result<ClientConfig, GuardError> {
    let mut roots = RootCertStore::empty();
    if wanted {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(GuardError::NoRoots);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(versions.map_err(GuardError::Tls)?.with_root_certificates(roots).with_no_client_auth())
}
