//! The transport that sends nothing: it keeps what it was given, for tests, benches and rehearsals.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{Envelope, MessageBody, SendError, Sender};

/// What a [`Recording`] has seen and what it was told to do.
#[derive(Default)]
struct Tape {
    sent: Vec<Arc<Envelope>>,
    attempts: usize,
    held: usize,
    holds: bool,
    next_failures: VecDeque<SendError>,
    failure: Option<SendError>,
}

/// Keeps every message that it was given. It never sleeps, fails only when told to, and can hold messages back.
/// Clones share one tape.
#[derive(Clone)]
pub struct Recording {
    tape: Arc<Mutex<Tape>>,
    /// Moves on with every change of the tape.
    changed: Arc<watch::Sender<()>>,
    timeout: Duration,
}

impl Default for Recording {
    fn default() -> Self {
        Self { tape: Arc::default(), changed: Arc::new(watch::Sender::new(())), timeout: Duration::from_secs(10) }
    }
}

impl Recording {
    /// An empty one that lets everything through.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This one, with another answer to [`Sender::timeout`] (10 s). It does not give up by itself.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What was handed over, oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<Arc<Envelope>> {
        self.on_tape(|tape| tape.sent.clone())
    }

    /// What was handed over since it was last taken, oldest first; forgets it.
    #[must_use]
    pub fn take_sent(&self) -> Vec<Arc<Envelope>> {
        self.on_tape(|tape| std::mem::take(&mut tape.sent))
    }

    /// The newest message to `address`, written as [`crate::domain::address::Address::reveal`] writes it.
    #[must_use]
    pub fn last_to(&self, address: &str) -> Option<Arc<Envelope>> {
        self.on_tape(|tape| tape.sent.iter().rev().find(|envelope| envelope.address.reveal() == address).cloned())
    }

    /// How many hand-overs were begun, those that failed, that are held and that were given up among them.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.on_tape(|tape| tape.attempts)
    }

    /// The next hand-over fails with `error`; told twice, the next two do.
    pub fn fail_next(&self, error: SendError) {
        self.change(|tape| tape.next_failures.push_back(error));
    }

    /// Every hand-over fails with `error`, and [`Sender::readiness`] says so, until [`Recording::recover`].
    pub fn fail_always(&self, error: SendError) {
        self.change(|tape| tape.failure = Some(error));
    }

    /// Ends all failures that were asked for.
    pub fn recover(&self) {
        self.change(|tape| {
            tape.failure = None;
            tape.next_failures.clear();
        });
    }

    /// From now on hand-overs wait, before they succeed or fail, for [`Recording::release`].
    pub fn hold(&self) {
        self.change(|tape| tape.holds = true);
    }

    /// Lets the held ones go on, and those to come pass.
    pub fn release(&self) {
        self.change(|tape| tape.holds = false);
    }

    /// Waits until `count` messages are held at this moment, or more.
    pub async fn until_held(&self, count: usize) {
        self.until(|tape| tape.held >= count).await;
    }

    /// Waits until `count` messages stand on the tape, or more.
    pub async fn until_sent(&self, count: usize) {
        self.until(|tape| tape.sent.len() >= count).await;
    }

    async fn carry(&self, envelope: &Envelope) -> Result<(), SendError> {
        self.change(|tape| tape.attempts += 1);
        let held = Held::begin(self);
        self.until(|tape| !tape.holds).await;
        drop(held);
        let failure = self.on_tape(|tape| tape.next_failures.pop_front().or_else(|| tape.failure.clone()));
        if let Some(error) = failure {
            return Err(error);
        }
        self.change(|tape| tape.sent.push(Arc::new(copy(envelope))));
        Ok(())
    }

    async fn until(&self, reached: impl Fn(&Tape) -> bool) {
        let mut changes = self.changed.subscribe();
        while !self.on_tape(|tape| reached(tape)) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut Tape)) {
        self.on_tape(change);
        self.changed.send_replace(());
    }

    /// A panic elsewhere leaves the tape whole: nothing here can fail half-way.
    fn on_tape<T>(&self, look: impl FnOnce(&mut Tape) -> T) -> T {
        look(&mut self.tape.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sender for Recording {
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.carry(envelope))
    }

    fn readiness(&self) -> Result<(), String> {
        self.on_tape(|tape| tape.failure.as_ref().map_or(Ok(()), |error| Err(error.to_string())))
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// Counts a message as held, also when its sender gives it up.
struct Held<'a>(&'a Recording);

impl<'a> Held<'a> {
    fn begin(recording: &'a Recording) -> Self {
        recording.change(|tape| tape.held += 1);
        Self(recording)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.change(|tape| tape.held = tape.held.saturating_sub(1));
    }
}

/// A body cannot be cloned, so that no secret is by accident; here it is on purpose.
fn copy(envelope: &Envelope) -> Envelope {
    Envelope {
        transmission: envelope.transmission,
        channel: envelope.channel,
        kind: envelope.kind,
        account: envelope.account.clone(),
        language: envelope.language.clone(),
        subject: envelope.subject.clone(),
        address: envelope.address.clone(),
        body: MessageBody::new(envelope.body.reveal().to_owned()),
        html: envelope.html.as_ref().map(|html| MessageBody::new(html.reveal().to_owned())),
        expected_digits: envelope.expected_digits,
    }
}
