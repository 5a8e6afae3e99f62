//! A circuit breaker that those who ask at the same time share: who gives no answers is left in peace. What an opening or a
//! closing means, and who is told of it, is its owner's business.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::{Duration, Instant};

use crate::domain::breaker::{Breaker, Change, Ending, Leave, Patience, Resting};

/// Failures in a row, and how long nobody is asked then.
const PATIENCE: Patience = Patience { failures: 5, first: Duration::from_secs(5), longest: Duration::from_mins(1) };

/// The breaker, on the monotonic clock: five failures in a row open it for five seconds, each probe that fails for twice as
/// long, up to a minute.
pub struct SharedBreaker {
    breaker: Mutex<Breaker>,
    start: Instant,
}

impl Default for SharedBreaker {
    /// A closed one.
    fn default() -> Self {
        Self { breaker: Mutex::new(Breaker::new(PATIENCE)), start: Instant::now() }
    }
}

impl SharedBreaker {
    /// Whether everybody is let through.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.lock().is_closed()
    }

    /// Leave to ask once.
    pub fn admit(&self) -> Result<Permit<'_>, Resting> {
        let leave = self.lock().admit(self.start.elapsed())?;
        Ok(Permit { shared: self, leave: Some(leave) })
    }

    fn settle(&self, leave: Leave, outcome: Ending) -> Change {
        self.lock().settle(leave, outcome, self.start.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to ask once. Dropped without an outcome, nobody waited for it to the end.
#[must_use = "dropped, nobody waited for the outcome"]
pub struct Permit<'a> {
    shared: &'a SharedBreaker,
    leave: Option<Leave>,
}

impl Permit<'_> {
    /// Says what became of it; returns what that changed.
    #[must_use]
    pub fn settle(mut self, outcome: Ending) -> Change {
        self.leave.take().map_or(Change::None, |leave| self.shared.settle(leave, outcome))
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(leave) = self.leave.take() {
            self.shared.settle(leave, Ending::GivenUp);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_dropped_lets_the_next_one_try() {
        let breaker = SharedBreaker::default();
        for _ in 0..5 {
            _ = breaker.admit().ok().unwrap().settle(Ending::Failed);
        }
        assert!(!breaker.is_closed());
        assert!(breaker.admit().is_err());
        tokio::time::advance(Duration::from_secs(5)).await;
        drop(breaker.admit().ok().unwrap());
        let probe = breaker.admit().ok().unwrap();
        assert!(breaker.admit().is_err(), "one at a time");
        assert_eq!(probe.settle(Ending::Answered), Change::Closed);
        assert!(breaker.admit().is_ok());
    }
}
