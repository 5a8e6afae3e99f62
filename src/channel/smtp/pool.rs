//! Connections that are kept for the next mail. Only one on which a mail was taken to the end is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::{Duration, Instant, sleep_until};

use super::connection::Connection;

/// The connections that wait for a mail.
pub(super) struct Pool {
    kept: Mutex<Kept>,
    idle: Duration,
}

#[derive(Default)]
struct Kept {
    /// The one that has waited longest comes first.
    connections: Vec<(Instant, Connection)>,
    /// Whether somebody sees to those that nobody needs.
    is_swept: bool,
}

impl Pool {
    /// An empty one, in which a connection waits for so long; nothing: none waits.
    pub(super) fn new(idle: Duration) -> Self {
        Self { kept: Mutex::default(), idle }
    }

    /// The youngest connection that seems alive; those that do not are dropped.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut kept = self.lock();
        while let Some((until, mut connection)) = kept.connections.pop() {
            match connection.is_quiet() {
                true if until > Instant::now() => return Some(connection),
                true => connection.leave(),
                false => drop(connection),
            }
        }
        None
    }

    /// Keeps a connection for the next mail.
    pub(super) fn keep(self: &Arc<Self>, connection: Connection) {
        if self.idle.is_zero() {
            return connection.leave();
        }
        let mut kept = self.lock();
        kept.connections.push((Instant::now() + self.idle, connection));
        if !std::mem::replace(&mut kept.is_swept, true) {
            let pool = Arc::downgrade(self);
            let mut next = Instant::now() + self.idle;
            tokio::spawn(async move {
                loop {
                    sleep_until(next).await;
                    let Some(until) = pool.upgrade().and_then(|pool| pool.sweep()) else { return };
                    next = until;
                }
            });
        }
    }

    /// Ends those that waited too long. When the next one will have; `None`: nobody is left.
    fn sweep(&self) -> Option<Instant> {
        let mut kept = self.lock();
        let now = Instant::now();
        let over = kept.connections.iter().take_while(|(until, _)| *until <= now).count();
        kept.connections.drain(..over).for_each(|(_, connection)| connection.leave());
        let next = kept.connections.first().map(|(until, _)| *until);
        kept.is_swept = next.is_some();
        next
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
