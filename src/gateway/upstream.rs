//! The way to the bank core. Connections are kept for what passes unprotected; a protected operation has one of its own,
//! as one that the core closes at the wrong moment would leave an outcome unknown.

use std::time::Duration;

use http::{
    HeaderValue, Request, Response, Uri,
    uri::{Authority, PathAndQuery, Scheme},
};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use rustls::{ClientConfig, RootCertStore};

use super::body::Outgoing;
use crate::{
    http::{code::Code, error::ApiError},
    settings::HttpUrl,
    tls,
};

/// How long a connection without a request is kept: less than the servers of the time keep theirs (5 s and more), so that
/// the core rarely closes one that is just being used.
const KEPT: Duration = Duration::from_secs(4);
/// The largest piece of an answer that is read at once, in bytes, and so the largest head of one: large bodies take no
/// more memory than that on their way.
const PIECE: usize = 64 << 10;
/// Connections without a request that one worker keeps.
const KEPT_AT_ONCE: usize = 256;

/// Why the bank core gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// No connection came about: the request had certainly no effect.
    #[error("the bank core could not be reached")]
    NeverReached,
    /// The connection ended before the status line.
    #[error("the bank core hung up before its status line")]
    HungUp,
    /// Something came that is no status line.
    #[error("the bank core's answer is no HTTP")]
    Garbled,
    /// The status line did not come in time.
    #[error("the bank core did not answer in time")]
    TimedOut,
}

/// The bank core's address cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// It is no address.
    #[error("gateway.upstream is no address that can be called; write one like \"http://127.0.0.1:8081\"")]
    Address,
    /// There is nothing that its certificate could be checked against.
    #[error("no root certificates of this machine were found, and gateway.upstream is https")]
    NoRoots,
    /// The TLS versions that the provider does not have.
    #[error("TLS to gateway.upstream cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// Where the bank core is.
#[derive(Clone, Debug)]
pub struct Place {
    scheme: Scheme,
    authority: Authority,
    /// What stands before every path; empty for most.
    base: String,
}

impl Place {
    /// Reads `gateway.upstream`.
    pub fn of(url: &HttpUrl) -> Result<Self, UpstreamError> {
        let parts = url.as_str().parse::<Uri>().map_err(|_| UpstreamError::Address)?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(UpstreamError::Address);
        };
        let base = parts.path_and_query.map_or(String::new(), |path| path.as_str().trim_end_matches('/').to_owned());
        Ok(Self { scheme, authority, base })
    }

    /// What stands before every path; empty, or segments with a slash before each.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The core's own authority, for `Host`.
    pub fn host(&self) -> Result<HeaderValue, UpstreamError> {
        HeaderValue::from_str(self.authority.as_str()).map_err(|_| UpstreamError::Address)
    }

    /// Where the path with query `sent` is at the core: its very bytes, behind the base. 400/26 for what cannot be
    /// written again.
    pub fn locate(&self, sent: &str) -> Result<Uri, ApiError> {
        let path = if self.base.is_empty() || !sent.starts_with('/') {
            PathAndQuery::try_from(sent)
        } else {
            PathAndQuery::try_from(format!("{}{sent}", self.base))
        };
        let malformed = || ApiError::malformed("path", "must be the path of a URL");
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path.map_err(|_| malformed())?);
        Uri::from_parts(parts).map_err(|_| malformed())
    }
}

/// How connections to the bank core are made. Cheap to clone.
#[derive(Clone)]
pub struct Connecting(HttpsConnector<HttpConnector>);

impl Connecting {
    /// Connections that are given up after `patience`.
    pub fn new(place: &Place, patience: Duration) -> Result<Self, UpstreamError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(patience));
        let tls = tls_to(place)?;
        Ok(Self(HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp)))
    }
}

/// With the machine's own root certificates; they are read only where they are needed.
fn tls_to(place: &Place) -> Result<ClientConfig, UpstreamError> {
    if place.scheme != Scheme::HTTPS {
        return Ok(tls::client(RootCertStore::empty())?);
    }
    let roots = tls::machine_roots();
    if roots.is_empty() { Err(UpstreamError::NoRoots) } else { Ok(tls::client(roots)?) }
}

/// A client of the bank core. Its connections live on the runtime that uses it first.
#[derive(Clone)]
pub struct Upstream(Client<HttpsConnector<HttpConnector>, Outgoing>);

impl Upstream {
    /// Keeps connections: for a worker of its own.
    #[must_use]
    pub fn keeping(connecting: &Connecting) -> Self {
        Self::with(connecting, KEPT_AT_ONCE)
    }

    /// Makes a connection for each request, and never sends one twice.
    #[must_use]
    pub fn fresh(connecting: &Connecting) -> Self {
        Self::with(connecting, 0)
    }

    fn with(connecting: &Connecting, kept_at_once: usize) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .http1_max_buf_size(PIECE)
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT)
            .pool_max_idle_per_host(kept_at_once)
            .retry_canceled_requests(kept_at_once > 0)
            .set_host(false)
            .build(connecting.0.clone());
        Self(client)
    }

    /// Sends a request and waits for the status line, as long as it takes.
    pub async fn send(&self, request: Request<Outgoing>) -> Result<Response<Incoming>, Unanswered> {
        self.0.request(request).await.map_err(|error| {
            tracing::debug!(error = %error, "the bank core gave no answer");
            if error.is_connect() {
                return Unanswered::NeverReached;
            }
            let parse = |error: &hyper::Error| error.is_parse();
            let cause = std::error::Error::source(&error).and_then(|source| source.downcast_ref());
            if cause.is_some_and(parse) { Unanswered::Garbled } else { Unanswered::HungUp }
        })
    }
}

impl From<Unanswered> for ApiError {
    fn from(unanswered: Unanswered) -> Self {
        let hint = match unanswered {
            Unanswered::NeverReached => "The bank core could not be reached; nothing was done.",
            Unanswered::HungUp => "The bank core hung up before it answered.",
            Unanswered::Garbled => "The bank core answered with something else than HTTP.",
            Unanswered::TimedOut => "The bank core took too long.",
        };
        Self::new(Code::UpstreamFailed).hint(hint)
    }
}
