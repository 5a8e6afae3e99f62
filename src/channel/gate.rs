//! How much of a transport runs at once.
//!
//! Every transmission is admitted before it is claimed in the database, so that a refusal here has changed nothing.
//! Who finds all places taken waits in a line of bounded length for a bounded time; nobody else waits.

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{Envelope, SendError, Sender};

/// The bounds of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateSettings {
    /// How many messages are handed over at once.
    pub at_once: NonZeroU16,
    /// How many more may wait for their turn; 0: nobody waits.
    pub waiting: u16,
    /// How long one of them waits at most.
    pub patience: Duration,
}

impl Default for GateSettings {
    /// Sixteen at once, 256 waiting, five seconds.
    fn default() -> Self {
        const AT_ONCE: NonZeroU16 = NonZeroU16::MIN.saturating_add(15);
        Self { at_once: AT_ONCE, waiting: 256, patience: Duration::from_secs(5) }
    }
}

/// The transport has no place left for now; nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many messages are being handed over at this moment")]
pub struct Busy {
    /// When a new try is worth while; at least a second.
    pub retry_after: Duration,
}

/// The right to hand over one message; dropping it gives the place to the next in line.
#[must_use = "dropping it gives the place away"]
pub struct Admission {
    _place: OwnedSemaphorePermit,
}

/// A transport behind its gate.
pub struct Outlet {
    sender: Arc<dyn Sender>,
    places: Arc<Semaphore>,
    line: Semaphore,
    patience: Duration,
}

impl Outlet {
    /// `sender` behind a gate of its own.
    #[must_use]
    pub fn new(sender: Arc<dyn Sender>, settings: GateSettings) -> Self {
        Self {
            sender,
            places: Arc::new(Semaphore::new(usize::from(settings.at_once.get()))),
            line: Semaphore::new(usize::from(settings.waiting)),
            patience: settings.patience,
        }
    }

    /// A place, if one is free at this moment and nobody waits for it.
    #[must_use]
    pub fn admit_now(&self) -> Option<Admission> {
        Arc::clone(&self.places).try_acquire_owned().ok().map(|place| Admission { _place: place })
    }

    /// Waits for a place, first come, first served. To be called before the transmission is claimed.
    pub async fn admit(&self) -> Result<Admission, Busy> {
        if let Some(admission) = self.admit_now() {
            return Ok(admission);
        }
        let _in_line = self.line.try_acquire().map_err(|_| self.busy())?;
        match timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(Admission { _place: place }),
            Ok(Err(_)) | Err(_) => Err(self.busy()),
        }
    }

    /// Hands `envelope` over in the place of `admission` (one of this outlet), which is given up afterwards, also
    /// when the future is dropped.
    pub async fn send(&self, admission: Admission, envelope: &Envelope) -> Result<(), SendError> {
        let sent = self.sender.send(envelope).await;
        drop(admission);
        sent
    }

    /// The longest that [`Outlet::send`] may take; a claim's lease is longer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.sender.timeout()
    }

    /// Whether the transport could be tried now; see [`Sender::readiness`].
    pub fn readiness(&self) -> Result<(), String> {
        self.sender.readiness()
    }

    fn busy(&self) -> Busy {
        Busy { retry_after: self.patience.max(Duration::from_secs(1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        channel::{MessageBody, MessageKind, Reason, Recording},
        domain::{address::Address, channel::Channel, username::Username},
    };

    fn envelope() -> Envelope {
        Envelope {
            transmission: uuid::Uuid::nil(),
            channel: Channel::Sms,
            kind: MessageKind::Tan,
            account: Username::parse("alice").unwrap(),
            language: "en".to_owned(),
            subject: String::new(),
            address: Address::parse(Channel::Sms, "+41791234567").unwrap(),
            body: MessageBody::new("12345678".to_owned()),
            expected_digits: 8,
        }
    }

    fn outlet(recording: &Recording, at_once: u16, waiting: u16) -> Arc<Outlet> {
        let settings =
            GateSettings { at_once: NonZeroU16::new(at_once).unwrap(), waiting, patience: Duration::from_secs(5) };
        Arc::new(Outlet::new(Arc::new(recording.clone()), settings))
    }

    fn hand_over(outlet: &Arc<Outlet>) -> tokio::task::JoinHandle<Result<Result<(), SendError>, Busy>> {
        let outlet = Arc::clone(outlet);
        tokio::spawn(async move { Ok(outlet.send(outlet.admit().await?, &envelope()).await) })
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_sent_at_once_and_the_line_has_an_end() {
        let recording = Recording::new();
        recording.hold();
        let outlet = outlet(&recording, 2, 3);
        let within: Vec<_> = (0..5).map(|_| hand_over(&outlet)).collect();
        recording.until_held(2).await;
        while outlet.line.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let beyond = outlet.admit().await.err();
        assert_eq!(beyond, Some(Busy { retry_after: Duration::from_secs(5) }));
        assert_eq!(recording.attempts(), 2, "those in line have not begun");
        recording.release();
        for sent in within {
            assert_eq!(sent.await.unwrap(), Ok(Ok(())));
        }
        assert_eq!(recording.sent().len(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_and_the_place_in_line_is_free_again() {
        let recording = Recording::new();
        let outlet = outlet(&recording, 1, 1);
        let first = outlet.admit().await.unwrap();
        assert!(outlet.admit().await.is_err(), "after the patience, which passes at once here");
        let second = hand_over(&outlet);
        while outlet.line.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        drop(first);
        assert_eq!(second.await.unwrap(), Ok(Ok(())));
    }

    #[tokio::test]
    async fn nobody_waits_where_no_line_is_allowed() {
        let outlet = outlet(&Recording::new(), 1, 0);
        let _first = outlet.admit().await.unwrap();
        assert!(outlet.admit().await.is_err());
    }

    #[tokio::test]
    async fn a_failure_and_a_dropped_send_give_the_place_back() {
        let recording = Recording::new();
        let outlet = outlet(&recording, 1, 0);
        recording.fail_next(SendError::TryLater(Reason::default()));
        let failed = outlet.send(outlet.admit().await.unwrap(), &envelope()).await;
        assert_eq!(failed, Err(SendError::TryLater(Reason::default())));
        recording.hold();
        let held = hand_over(&outlet);
        recording.until_held(1).await;
        held.abort();
        assert!(held.await.unwrap_err().is_cancelled());
        recording.release();
        assert_eq!(hand_over(&outlet).await.unwrap(), Ok(Ok(())));
        assert_eq!((recording.attempts(), recording.sent().len()), (3, 1));
        assert_eq!(recording.last_to("+41791234567").unwrap().body.reveal(), "12345678");
    }

    #[tokio::test]
    async fn a_recording_that_always_fails_is_not_ready_until_it_recovers() {
        let recording = Recording::new();
        let outlet = outlet(&recording, 1, 0);
        recording.fail_always(SendError::Misconfigured(Reason::new("no key")));
        assert_eq!(outlet.readiness(), Err("the transport is misconfigured: no key".to_owned()));
        for _ in 0..2 {
            assert!(outlet.send(outlet.admit().await.unwrap(), &envelope()).await.is_err());
        }
        recording.recover();
        assert_eq!(outlet.readiness(), Ok(()));
        assert_eq!(outlet.send(outlet.admit().await.unwrap(), &envelope()).await, Ok(()));
    }
}
