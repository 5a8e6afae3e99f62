//! The way to a gateway: one client over the one TLS stack, with a time and a size that no reply exceeds.

use std::{error::Error, io, time::Duration};

use reqwest::{Client, Method, Request, RequestBuilder, Response, Url, redirect::Policy, retry};
use rustls::ClientConfig;
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use zeroize::Zeroizing;

/// The most of a reply's body that is read, in bytes.
const LARGEST: usize = 64 * 1024;
/// How long the rest of a reply is waited for whose status has said everything: long enough that the connection can be kept.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a connection without a call is kept: less than the servers of the time keep theirs (5 s and more), so that none
/// closes it while a call is on its way, which could not be told from one that was read.
const KEPT: Duration = Duration::from_secs(4);

/// How far a reply's body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// To its end.
    Whole,
    /// Until there was more than anybody reads.
    Cut,
    /// Until the time was over.
    Late,
    /// Until the gateway hung up.
    Broken,
}

/// A reply. Its body may repeat a TAN or a secret.
pub(super) struct Heard {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
    pub(super) end: End,
}

/// Why there is no reply; the texts are not blotted yet.
pub(super) enum Lost {
    /// The time was over; whether the call was read is not known.
    Late,
    /// There was no connection, so that nothing was sent.
    Unreachable(String),
    /// The two do not get on over TLS, so that nothing was sent.
    Untrusted(String),
    /// The connection was lost; whether the call was read is not known.
    Broken(String),
}

/// A way to a gateway, with connections that are kept.
pub(super) struct Line {
    client: Client,
    runtime: Handle,
}

impl Line {
    /// Nothing is connected yet. A connection that is not there after half of `within` will not be.
    pub(super) fn over(tls: ClientConfig, within: Duration) -> reqwest::Result<Self> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .redirect(Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .user_agent("tanager")
            .connect_timeout(within / 2)
            .pool_idle_timeout(KEPT)
            .build()?;
        Ok(Self { client, runtime: Handle::current() })
    }

    /// A request that is still bare. `method` is one that there is.
    pub(super) fn bare(&self, method: &str, url: Url) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST), url)
    }

    /// Sends the request and reads the reply, both by `deadline`; the body until then where the `whole` of it is needed, else
    /// for a moment. Who stops waiting ends it. It runs where the line was made, so that no connection ends with the thread
    /// that needed it first.
    pub(super) async fn exchange(&self, request: Request, whole: bool, deadline: Instant) -> Result<Heard, Lost> {
        let client = self.client.clone();
        let exchange = self.runtime.spawn(async move {
            let reply = timeout_at(deadline, client.execute(request)).await.map_err(|_| Lost::Late)?;
            let reply = reply.map_err(lost)?;
            let until = if whole { deadline } else { deadline.min(Instant::now() + PATIENCE) };
            Ok(heard(reply, until).await)
        });
        let ended = |_| Lost::Broken("the runtime ended".to_owned());
        AbortOnDropHandle::new(exchange).await.map_err(ended)?
    }
}

async fn heard(mut reply: Response, until: Instant) -> Heard {
    let mut body = Zeroizing::new(Vec::with_capacity(LARGEST));
    let end = loop {
        let chunk = match timeout_at(until, reply.chunk()).await {
            Err(_) => break End::Late,
            Ok(Err(_)) => break End::Broken,
            Ok(Ok(None)) => break End::Whole,
            Ok(Ok(Some(chunk))) => chunk,
        };
        let room = LARGEST - body.len();
        body.extend(chunk.iter().take(room));
        if chunk.len() > room {
            break End::Cut;
        }
    };
    Heard { status: reply.status().as_u16(), body, end }
}

fn lost(error: reqwest::Error) -> Lost {
    // The URL may name a customer.
    let error = error.without_url();
    let causes = || std::iter::successors(Some(&error as &(dyn Error + 'static)), cause);
    let text = causes().map(ToString::to_string).collect::<Vec<_>>().join(": ");
    match error.is_connect() {
        true if causes().any(is_of_tls) => Lost::Untrusted(text),
        true => Lost::Unreachable(text),
        // TLS may break behind the handshake, too, when the call was read.
        false => Lost::Broken(text),
    }
}

fn cause<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    (*error).source()
}

/// An error of the system's kind carries the one of TLS within, and is not itself its source.
fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || inner.is_some_and(|inner| is_of_tls(inner))
}
