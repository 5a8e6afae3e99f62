//! The listeners: bound here, run by whoever binds them. Bounds how long a client may dawdle and how many may come.

use std::{
    io,
    net::SocketAddr,
    os::unix::{
        fs::FileTypeExt as _,
        net::{UnixListener, UnixStream},
    },
    path::Path,
    sync::Arc,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::Server, web};

use super::{
    middleware::{Frame, RequestIds, cors},
    routes::{Api, Operators},
};
use crate::settings::Listen;

/// How long a client may take to send a request's head (ASVS 5: slow requests hold nothing).
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// How long a closing connection waits for its client.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection without a request is kept: longer than reverse proxies keep theirs, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long running requests are waited for at the end, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;
/// Connections that each worker serves at once; further ones wait in the system's queue.
const CONNECTIONS: usize = 8192;
/// Connections that may wait in that queue.
const BACKLOG: u32 = 1024;

/// A listener that has its place and answers once its server is awaited or spawned.
///
/// `server.handle()` stops it; no signal does.
pub struct Bound {
    /// Where it listens, with the port that was taken for port 0; `None` for a socket of the local domain.
    pub address: Option<SocketAddr>,
    /// What serves it, to be awaited.
    pub server: Server,
}

/// Binds `$app` with the bounds that every listener has. No function: the type of an app is its layers'.
macro_rules! bound {
    ($app:expr, $listen:expr, $workers:expr, $half_closed:expr) => {{
        let mut server = HttpServer::new($app)
            .h1_allow_half_closed($half_closed)
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_WITHIN)
            .client_disconnect_timeout(CLOSE_WITHIN)
            .max_connections(CONNECTIONS)
            .backlog(BACKLOG)
            .shutdown_timeout(SHUTDOWN_SECONDS)
            .disable_signals();
        if let Some(workers) = $workers {
            server = server.workers(workers);
        }
        match $listen {
            Listen::Tcp(address) => {
                let server = server.bind(address)?;
                Ok(Bound { address: server.addrs().first().copied(), server: server.run() })
            }
            Listen::Unix(path) => Ok(Bound { address: None, server: server.listen_uds(unix_socket(path)?)?.run() }),
        }
    }};
}

/// Binds the API's listener. `workers` threads serve it; `None`: one for each processor. Fails when the place is taken.
pub fn bind_api(listen: &Listen, api: Api, workers: Option<usize>) -> io::Result<Bound> {
    let (ids, origins) = (Arc::clone(&api.ids), Arc::clone(&api.allowed_origins));
    bind(listen, workers, ids, origins, move |routes| api.configure(routes))
}

/// Binds the operators' listener; one thread serves it. Fails when the place is taken.
pub fn bind_operators(listen: &Listen, operators: Operators) -> io::Result<Bound> {
    bind(listen, Some(1), operators.ids(), Arc::default(), move |routes| operators.configure(routes))
}

/// Binds a listener of `routes` without any layer around them: what passes through the gateway is not ours to dress.
/// `routes` is called on each worker's thread. A client that closes its side of a connection is gone, so that what was begun
/// for it at the bank core ends too.
pub fn bind_bare(
    listen: &Listen,
    workers: Option<usize>,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<Bound> {
    bound!(move || App::new().configure(&routes), listen, workers, false)
}

fn bind(
    listen: &Listen,
    workers: Option<usize>,
    ids: Arc<RequestIds>,
    origins: Arc<[String]>,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<Bound> {
    let frame = Frame::new(ids);
    bound!(move || App::new().configure(&routes).wrap(cors(&origins)).wrap(frame.clone()), listen, workers, true)
}

/// A socket at `path`. One that a dead process left behind is replaced; one that is listened at, and any other file, is
/// not.
fn unix_socket(path: &Path) -> io::Result<UnixListener> {
    let left_behind = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket())
        && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    if left_behind {
        std::fs::remove_file(path)?;
    }
    UnixListener::bind(path)
}

#[cfg(test)]
mod tests;
