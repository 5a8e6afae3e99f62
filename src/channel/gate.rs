//! How much of a transport runs at once.
//!
//! Every transmission is admitted before it is claimed in the database, so that a refusal here has changed nothing.
//! Who finds all places taken waits in a line of bounded length for a bounded time; nobody else waits.

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

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
    /// Of a message that nobody waits for: its part of the places.
    _aside: Option<OwnedSemaphorePermit>,
}

/// The gate of an outlet.
pub(super) struct Gate {
    places: Arc<Semaphore>,
    /// The places that messages may take for which nobody waits: half of them, so that the others never wait for such alone.
    aside: Arc<Semaphore>,
    line: Semaphore,
    in_line: usize,
    patience: Duration,
}

impl Gate {
    pub(super) fn new(settings: GateSettings) -> Self {
        let (at_once, in_line) = (usize::from(settings.at_once.get()), usize::from(settings.waiting));
        Self {
            places: Arc::new(Semaphore::new(at_once)),
            aside: Arc::new(Semaphore::new((at_once / 2).max(1))),
            line: Semaphore::new(in_line),
            in_line,
            patience: settings.patience,
        }
    }

    pub(super) fn admit_now(&self) -> Option<Admission> {
        Arc::clone(&self.places).try_acquire_owned().ok().map(|place| Admission { _place: place, _aside: None })
    }

    pub(super) fn admit_aside_now(&self) -> Option<Admission> {
        let aside = Arc::clone(&self.aside).try_acquire_owned().ok()?;
        self.admit_now().map(|admission| Admission { _aside: Some(aside), ..admission })
    }

    /// Outside the line, whose length is for those who are waited for.
    pub(super) async fn admit_aside(&self) -> Result<Admission, Busy> {
        let both = async {
            let aside = Arc::clone(&self.aside).acquire_owned().await?;
            let place = Arc::clone(&self.places).acquire_owned().await?;
            Ok::<_, AcquireError>(Admission { _place: place, _aside: Some(aside) })
        };
        match timeout(self.patience, both).await {
            Ok(Ok(admission)) => Ok(admission),
            Ok(Err(_)) | Err(_) => Err(self.busy()),
        }
    }

    pub(super) async fn admit(&self) -> Result<Admission, Busy> {
        if let Some(admission) = self.admit_now() {
            return Ok(admission);
        }
        let _in_line = self.line.try_acquire().map_err(|_| self.busy())?;
        match timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(Admission { _place: place, _aside: None }),
            Ok(Err(_)) | Err(_) => Err(self.busy()),
        }
    }

    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) fn waiting(&self) -> usize {
        self.in_line.saturating_sub(self.line.available_permits())
    }

    fn busy(&self) -> Busy {
        Busy { retry_after: self.patience.max(Duration::from_secs(1)) }
    }
}
