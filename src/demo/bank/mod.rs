//! The demo's bank core: accounts, transfers, withdrawals and cash-outs in memory, over HTTP, in the manner of GNU
//! Taler's Core Bank API. It is what the gateway stands in front of, so it must know nothing of second factors: no TAN,
//! no challenge, nothing of the service but the types of its domain.
//!
//! Play money: nothing is written to a disk, passwords are told to everyone, and it is meant for loopback.

pub mod amount;
mod caller;
pub mod customers;
mod form;
mod handlers;
pub mod ledger;
pub mod payto;
pub mod refusal;
mod repeats;
pub mod sessions;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
};
use ledger::Ledger;
use repeats::Repeats;
use sessions::{Session, Sessions};

use crate::domain::{chance::Chance, secret::SecretHash, time::Timestamp};

/// Threads that serve it.
const WORKERS: usize = 2;
/// How long running requests are waited for at the end, in seconds.
const SHUTDOWN_SECONDS: u64 = 5;

/// All that the bank remembers.
#[derive(Default)]
struct Books {
    ledger: Ledger,
    sessions: Sessions,
    repeats: Repeats,
}

impl Books {
    /// The ledger beside what was done under which key.
    const fn both(&mut self) -> (&mut Ledger, &mut Repeats) {
        (&mut self.ledger, &mut self.repeats)
    }
}

/// The bank core. Cheap to clone: all clones are one bank.
#[derive(Clone)]
pub struct Bank(Arc<Parts>);

struct Parts {
    books: Mutex<Books>,
    chance: Arc<dyn Chance>,
    time: Time,
    address: SocketAddr,
}

/// The time of a bank that has no database whose clock it could ask: the machine's at the start, and monotonic from
/// there.
struct Time {
    started: Timestamp,
    since: Instant,
}

impl Time {
    #[expect(clippy::disallowed_methods, reason = "the demo bank has no database whose clock it could ask")]
    fn begin() -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Timestamp::from_seconds(0).plus(started), since: Instant::now() }
    }

    fn now(&self) -> Timestamp {
        self.started.plus(self.since.elapsed())
    }
}

impl Bank {
    /// Its name.
    pub const NAME: &str = "Demo Bank";

    /// Opens the bank with its [`customers`] and serves it at `listen`, where port 0 is any free port, until
    /// [`RunningBank::stop`]. Access tokens and the ids of withdrawals come out of `chance`. To be called within a Tokio
    /// runtime. Fails when the place is taken.
    pub fn start(listen: SocketAddr, chance: Arc<dyn Chance>) -> io::Result<RunningBank> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let books = Books { ledger: Ledger::open(customers::accounts()), ..Books::default() };
        let bank = Self(Arc::new(Parts { books: Mutex::new(books), chance, time: Time::begin(), address }));
        let server = bank.serve(listener)?;
        let handle = server.handle();
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(error = %error, "the demo bank's listener failed");
            }
        });
        Ok(RunningBank { address, handle })
    }

    fn serve(&self, listener: TcpListener) -> io::Result<Server> {
        let bank = self.clone();
        let app = move || App::new().app_data(bank.clone()).configure(handlers::mount);
        let server = HttpServer::new(app).workers(WORKERS).shutdown_timeout(SHUTDOWN_SECONDS).disable_signals();
        Ok(server.listen(listener)?.run())
    }

    /// All that the bank remembers, for one step. A step decides before it writes, so what a panic left behind is whole.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self, credential: &SecretHash) -> Option<Session> {
        self.books().sessions.find(credential, self.now()).cloned()
    }

    fn now(&self) -> Timestamp {
        self.0.time.now()
    }

    fn chance(&self) -> &dyn Chance {
        &*self.0.chance
    }

    fn address(&self) -> SocketAddr {
        self.0.address
    }
}

/// The bank core while it is served. Dropping this does not stop it.
pub struct RunningBank {
    address: SocketAddr,
    handle: ServerHandle,
}

impl RunningBank {
    /// Where it listens, with the port that was taken for port 0.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing new and finishes what runs. What the bank remembered is gone.
    pub async fn stop(self) {
        self.handle.stop(true).await;
    }
}
