//! The transport that is a mail server.
//!
//! It is trusted to deliver what it takes; signing is its work. What is said to it is encrypted, or stays on this machine. A
//! mail is handed over once: after its first byte nothing is tried again here, whatever becomes of the connection.

mod connection;
mod message;
mod pool;
mod reply;
mod server;
mod trouble;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{sync::Semaphore, time::Instant};

use self::{
    connection::Connection,
    message::Mail,
    pool::Pool,
    server::within,
    trouble::{Stage, Trouble},
};
pub use self::{
    message::{Author, NotAnAuthor},
    server::{MailEncryption, MailLogin, MailServer},
};
use super::{Envelope, SendError, Sender};

/// Part of the time that a connection that was kept has for its first answer; one that needs longer is as good as dead.
const PATIENCE_WITH_THE_KEPT: u32 = 3;

/// The bounds of the connections to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailPool {
    /// How many there are at once; one at least.
    pub connections: u16,
    /// How long one is kept that nobody needs; nothing: none is kept.
    pub idle: Duration,
}

/// Hands each message to a mail server.
pub struct SmtpSender {
    server: MailServer,
    author: Author,
    places: Semaphore,
    pool: Arc<Pool>,
    timeout: Duration,
}

impl SmtpSender {
    /// Hands mails of `author` to `server`, each within `timeout`. Nothing is connected yet.
    #[must_use]
    pub fn new(server: MailServer, author: Author, pool: MailPool, timeout: Duration) -> Self {
        Self {
            server,
            author,
            places: Semaphore::new(usize::from(pool.connections.max(1))),
            pool: Arc::new(Pool::new(pool.idle)),
            timeout,
        }
    }

    async fn carry(&self, envelope: &Envelope) -> Result<(), SendError> {
        let deadline = Instant::now() + self.timeout;
        let mail = Mail::of(&self.author, envelope)?;
        self.hand_over(&mail, deadline).await.map_err(|trouble| trouble.told(envelope))
    }

    async fn hand_over(&self, mail: &Mail, deadline: Instant) -> Result<(), Trouble> {
        let place = async { Ok(self.places.acquire().await) };
        let _place = within(deadline, Stage::Waiting, place).await?;
        if let Some(kept) = self.pool.take() {
            match self.over_the_kept(kept, mail, deadline).await {
                Err(trouble) if trouble.is_of_the_dead() => {}
                done => return done,
            }
        }
        let mut fresh = Connection::open(&self.server, deadline).await?;
        let sent = match fresh.begin(mail, deadline).await {
            Ok(()) => fresh.finish(mail, deadline).await,
            refused => refused,
        };
        self.settle(fresh, sent)
    }

    /// A server, or a firewall on the way, may have forgotten a connection without a word.
    async fn over_the_kept(&self, mut kept: Connection, mail: &Mail, deadline: Instant) -> Result<(), Trouble> {
        let early = Instant::now() + (deadline - Instant::now()) / PATIENCE_WITH_THE_KEPT;
        let sent = match kept.begin(mail, early).await {
            Ok(()) => kept.finish(mail, deadline).await,
            refused => refused,
        };
        self.settle(kept, sent)
    }

    /// Keeps a connection on which all went well; any other is ended.
    fn settle(&self, connection: Connection, sent: Result<(), Trouble>) -> Result<(), Trouble> {
        match &sent {
            Ok(()) => self.pool.keep(connection),
            Err(trouble) if trouble.leaves_it_listening() => connection.leave(),
            Err(_) => drop(connection),
        }
        sent
    }
}

impl Sender for SmtpSender {
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.carry(envelope))
    }

    fn readiness(&self) -> Result<(), String> {
        // Whether the server is there is known by trying alone.
        Ok(())
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }
}

#[cfg(test)]
mod tests;
