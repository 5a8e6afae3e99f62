//! The way of messages through one process, whichever process that is at the moment.

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::AsyncWriteExt,
    net::unix::pipe,
    sync::Notify,
    task::coop::consume_budget,
    time::{Instant, timeout_at},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    super::{Envelope, Reason, SendError},
    table::{Entered, State, Table, Told},
};

/// The messages of one process, shared by those who send them and those who keep the process.
#[derive(Default)]
pub(super) struct Track {
    table: Mutex<Table>,
    /// Something is to be written.
    queued: Notify,
    /// A message is not on its way any more.
    left: Notify,
    /// A message was not answered in time.
    overdue: Notify,
}

impl Track {
    /// The bookkeeping. A panic elsewhere leaves it whole: nothing in it can fail half-way.
    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message in line, behind an earlier one of the same transmission: answers name nothing else.
    pub(super) async fn enter(
        track: &Arc<Self>,
        transmission: Uuid,
        mut line: Zeroizing<Vec<u8>>,
    ) -> Result<Ticket, SendError> {
        let begun = Instant::now();
        loop {
            let mut left = pin!(track.left.notified());
            left.as_mut().enable();
            if let Some(Entered { number, told }) = track.try_enter(transmission, &mut line)? {
                track.queued.notify_one();
                let place = Place { track: Arc::clone(track), transmission, number };
                return Ok(Ticket { place, begun, told });
            }
            left.await;
        }
    }

    fn try_enter(&self, transmission: Uuid, line: &mut Zeroizing<Vec<u8>>) -> Result<Option<Entered>, SendError> {
        let mut table = self.table();
        match &table.state {
            State::Up => Ok(table.enter(transmission, line)),
            State::Resting { error, .. } => Err(error.clone()),
            State::Ended => Err(SendError::TryLater(Reason::new("the service is ending"))),
        }
    }

    /// How many are on their way.
    pub(super) fn in_flight(&self) -> usize {
        self.table().in_flight()
    }

    /// Less is better: whether messages are not taken, then how many are on their way.
    pub(super) fn load(&self) -> (bool, usize) {
        let table = self.table();
        (!matches!(table.state, State::Up), table.in_flight())
    }

    /// Whether no message is taken for a while that is worth telling.
    pub(super) fn rests_long(&self) -> bool {
        self.table().rests_long()
    }

    /// Writes what comes, a line at a time, until `input` breaks.
    pub(super) async fn write(&self, mut input: pipe::Sender) -> std::io::Error {
        loop {
            consume_budget().await;
            self.until_queued().await;
            if let Err(error) = input.writable().await {
                return error;
            }
            let written = self.table().write_next(|line| input.try_write(line));
            let ended = match written {
                Ok(rest) => input.write_all(&rest).await.err(),
                Err(error) => (error.kind() != std::io::ErrorKind::WouldBlock).then_some(error),
            };
            if let Some(error) = ended {
                return error;
            }
        }
    }

    async fn until_queued(&self) {
        // What is notified while nobody waits is kept for the next who does.
        while !self.table().has_unwritten() {
            self.queued.notified().await;
        }
    }

    /// Waits until a message was not answered in time, nor any other meanwhile.
    pub(super) async fn until_hanging(&self) {
        while !self.table().hangs() {
            self.overdue.notified().await;
        }
    }

    /// Those who wait for their transmission's turn look again.
    pub(super) fn tell_left(&self) {
        self.left.notify_waiters();
    }
}

/// An entry in a track's table, removed when this is dropped.
struct Place {
    track: Arc<Track>,
    transmission: Uuid,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.track.table().leave(self.transmission, self.number);
        self.track.tell_left();
    }
}

/// A message on its way.
pub(super) struct Ticket {
    place: Place,
    begun: Instant,
    told: tokio::sync::oneshot::Receiver<Told>,
}

impl Ticket {
    /// Waits for what becomes of it; at `deadline` it is given up.
    pub(super) async fn outcome(self, deadline: Instant, envelope: &Envelope) -> Result<(), SendError> {
        let Self { place, begun, told } = self;
        match timeout_at(deadline, told).await {
            Ok(Ok(Told::Answered(answer))) => answer.verdict(envelope),
            Ok(Ok(Told::Lost(error))) => Err(error),
            Ok(Err(_)) => Err(SendError::Failed(Reason::new("the service is ending"))),
            Err(_) => {
                let error = place.track.table().overdue(place.transmission, place.number, begun);
                place.track.overdue.notify_one();
                Err(error)
            }
        }
    }
}
