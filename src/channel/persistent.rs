//! The transport that is a program which runs all the time, for banks that send hundreds of messages a second.
//!
//! It is told of each message in a line of JSON on its standard input and answers in a line on its standard output, in any
//! order; many are on their way at once. Like a channel script it is trusted to deliver and with nothing else, and what it
//! says is blotted. When it ends, hangs or breaks the contract it is ended with all its descendants and started again. A
//! message is never written twice here: what became of one that was on its way then is not known, and is said so.

mod answer;
mod keeper;
mod life;
mod line;
mod murmur;
mod table;
mod track;

use std::{
    collections::BTreeMap,
    num::NonZeroU8,
    path::Path,
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{keeper::Keeper, track::Track};
use super::{Envelope, Reason, SendError, Sender, program::Program};

/// Tells processes of a program about messages. Dropping it ends them.
pub struct PersistentSender {
    program: Arc<Program>,
    /// One for each process.
    tracks: Vec<Arc<Track>>,
    /// Whose turn it is among those that are equally busy.
    turn: AtomicUsize,
    timeout: Duration,
    begun: Once,
    keepers: TaskTracker,
    closing: CancellationToken,
    runtime: Handle,
}

impl PersistentSender {
    /// Keeps `processes` of `program` running (a path; a relative one counts from the present working directory, never from
    /// `PATH`) with `own` added to its environment, from [`Sender::begin`] or the first message on, and gives each message
    /// `timeout`. To be called on the runtime that they are to live on.
    #[must_use]
    pub fn new(
        program: impl AsRef<Path>,
        own: BTreeMap<String, String>,
        processes: NonZeroU8,
        timeout: Duration,
    ) -> Self {
        Self {
            program: Arc::new(Program::new(program.as_ref(), own)),
            tracks: (0..processes.get()).map(|_| Arc::default()).collect(),
            turn: AtomicUsize::default(),
            timeout,
            begun: Once::new(),
            keepers: TaskTracker::new(),
            closing: CancellationToken::new(),
            runtime: Handle::current(),
        }
    }

    /// How many messages are on their way at this moment, or wait to be written.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.tracks.iter().map(|track| track.in_flight()).sum()
    }

    fn keep_running(&self) {
        self.begun.call_once(|| {
            for track in &self.tracks {
                let keeper = Keeper::of(Arc::clone(&self.program), Arc::clone(track), self.closing.clone());
                self.keepers.spawn_on(keeper.keep(), &self.runtime);
            }
        });
    }

    async fn carry(&self, envelope: &Envelope) -> Result<(), SendError> {
        let deadline = Instant::now() + self.timeout;
        self.keep_running();
        let line = line::of(envelope);
        let line = line.map_err(|error| SendError::Misconfigured(Reason::new(format!("no JSON: {error}"))))?;
        let track = self.least_busy().ok_or_else(|| SendError::Misconfigured(Reason::new("there is no process")))?;
        let entered = timeout_at(deadline, Track::enter(track, envelope.transmission, line)).await;
        let ticket = entered.map_err(|_| SendError::TryLater(Reason::new("the same message is on its way already")))?;
        ticket?.outcome(deadline, envelope).await
    }

    /// One that takes messages, with the fewest on their way.
    fn least_busy(&self) -> Option<&Arc<Track>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.tracks.len().max(1);
        let from_turn = self.tracks.iter().cycle().skip(turn).take(self.tracks.len());
        from_turn.min_by_key(|track| track.load())
    }
}

impl Sender for PersistentSender {
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.carry(envelope))
    }

    /// A program that ended once is started again at once and no reason to offer something else; one that ends again and
    /// again is.
    fn readiness(&self) -> Result<(), String> {
        self.program.readiness()?;
        if self.tracks.iter().any(|track| !track.rests_long()) {
            return Ok(());
        }
        Err(format!("The script {} ends again and again.", self.program.path().display()))
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }

    fn begin(&self) {
        self.keep_running();
    }

    fn end(&self) -> BoxFuture<'_, ()> {
        self.closing.cancel();
        self.keepers.close();
        Box::pin(self.keepers.wait())
    }
}

impl Drop for PersistentSender {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

#[cfg(test)]
mod tests;
