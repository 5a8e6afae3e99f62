//! What is on its way through one process, and how that process does. Pure bookkeeping: nothing here waits.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    super::{Reason, SendError},
    answer::Answer,
};

/// From this pause on the transport is not ready: a shorter one is no reason to offer something else.
const LONG: Duration = Duration::from_secs(1);

/// How long a process that has not answered anything yet may take to start: it does not hang before.
const START: Duration = Duration::from_secs(10);

/// How the process does.
#[derive(Default)]
pub(super) enum State {
    /// It runs, or is about to: messages are taken.
    #[default]
    Up,
    /// It is started again in a while; what those who come meanwhile are told.
    Resting {
        /// Why there is no process.
        error: SendError,
        /// How long altogether.
        pause: Duration,
    },
    /// There will be no process any more.
    Ended,
}

/// What the holder of an entry is told.
pub(super) enum Told {
    /// The program answered.
    Answered(Answer),
    /// It will not answer.
    Lost(SendError),
}

/// A message on its way.
struct Entry {
    number: u64,
    /// What is to be written; `None` from the first byte on that was.
    line: Option<Zeroizing<Vec<u8>>>,
    tell: oneshot::Sender<Told>,
}

/// The holder's end of an entry.
pub(super) struct Entered {
    /// Tells this entry from another of the same transmission.
    pub(super) number: u64,
    /// What becomes of it.
    pub(super) told: oneshot::Receiver<Told>,
}

/// The messages of one process.
#[derive(Default)]
pub(super) struct Table {
    pub(super) state: State,
    entries: HashMap<Uuid, Entry>,
    /// What is not written yet, in the order in which it came.
    unwritten: BTreeMap<u64, Uuid>,
    next: u64,
    /// When the process was started or last answered; `None` while there is none.
    last_sign: Option<Instant>,
    answered: bool,
    hanging: bool,
}

impl Table {
    /// Takes a message. `None`: another one of that transmission is on its way, and answers could not be told apart.
    pub(super) fn enter(&mut self, transmission: Uuid, line: &mut Zeroizing<Vec<u8>>) -> Option<Entered> {
        if self.entries.contains_key(&transmission) {
            return None;
        }
        let (tell, told) = oneshot::channel();
        let number = self.next;
        self.next += 1;
        let line = Some(std::mem::take(line));
        self.entries.insert(transmission, Entry { number, line, tell });
        self.unwritten.insert(number, transmission);
        Some(Entered { number, told })
    }

    /// Forgets an entry, unless that has happened. Its line is not written any more, if it was not.
    pub(super) fn leave(&mut self, transmission: Uuid, number: u64) {
        if self.entries.get(&transmission).is_some_and(|entry| entry.number == number) {
            self.entries.remove(&transmission);
            self.unwritten.remove(&number);
        }
    }

    /// How many are on their way.
    pub(super) fn in_flight(&self) -> usize {
        self.entries.len()
    }

    /// Whether something waits to be written.
    pub(super) fn has_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Gives the next line to `write`, which says how many bytes it took, and returns the bytes that are left to write. One of
    /// which no byte was taken stays unwritten.
    pub(super) fn write_next(
        &mut self,
        write: impl FnOnce(&[u8]) -> io::Result<usize>,
    ) -> io::Result<Zeroizing<Vec<u8>>> {
        let next = self.unwritten.first_key_value().map(|(_, transmission)| *transmission);
        let Some(entry) = next.and_then(|next| self.entries.get_mut(&next)) else { return Ok(Zeroizing::default()) };
        let line = entry.line.as_ref().map(|line| line.as_slice()).unwrap_or_default();
        let written = write(line)?;
        let rest = Zeroizing::new(line.get(written..).unwrap_or_default().to_vec());
        entry.line = None;
        self.unwritten.remove(&entry.number);
        Ok(rest)
    }

    /// Tells the holder of a message what the program said of it; `false`: nobody waits for that.
    pub(super) fn answer(&mut self, answer: Answer) -> bool {
        self.answered = true;
        self.last_sign = Some(Instant::now());
        let Some(entry) = self.entries.remove(&answer.transmission) else { return false };
        self.unwritten.remove(&entry.number);
        entry.tell.send(Told::Answered(answer)).is_ok()
    }

    /// A process was started.
    pub(super) fn started(&mut self) {
        self.last_sign = Some(Instant::now());
        (self.answered, self.hanging) = (false, false);
    }

    /// The process has ended: what was written is lost as `why` says, what was not written as `unwritten` says, and `state`
    /// holds from now on.
    pub(super) fn ended(&mut self, why: &Reason, unwritten: &SendError, state: State) {
        for (_, entry) in self.entries.drain() {
            let error = if entry.line.is_some() { unwritten.clone() } else { SendError::Failed(why.clone()) };
            // A holder that has gone wants no answer.
            let _ = entry.tell.send(Told::Lost(error));
        }
        self.unwritten.clear();
        self.state = state;
        (self.last_sign, self.answered) = (None, false);
    }

    /// Whether the process has answered anything since it was started.
    pub(super) fn has_answered(&self) -> bool {
        self.answered
    }

    /// The time of a message that came at `begun` is over. What that means for it; the process hangs when it has said nothing at
    /// all since, and had the time to start.
    pub(super) fn overdue(&mut self, transmission: Uuid, number: u64, begun: Instant) -> SendError {
        let patience = if self.answered { Duration::ZERO } else { START };
        self.hanging |= self.last_sign.is_some_and(|sign| sign <= begun && sign.elapsed() >= patience);
        let entry = self.entries.get(&transmission).filter(|entry| entry.number == number);
        if entry.is_some_and(|entry| entry.line.is_some()) {
            return SendError::TryLater(Reason::new("it did not take the message in time"));
        }
        SendError::TimedOut(Reason::new("it did not answer in time"))
    }

    /// Whether the process hangs.
    pub(super) fn hangs(&self) -> bool {
        self.hanging
    }

    /// Whether it is left alone for so long that something else is better offered.
    pub(super) fn rests_long(&self) -> bool {
        match self.state {
            State::Up => false,
            State::Resting { pause, .. } => pause >= LONG,
            State::Ended => true,
        }
    }
}
