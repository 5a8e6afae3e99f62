//! A circuit breaker that those who ask at the same time share: who gives no answers is left in peace.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::{Duration, Instant};

use crate::domain::breaker::{Breaker, Change, Ending, Leave, Patience, Resting};

/// Failures in a row, and how long nobody is asked then.
const PATIENCE: Patience = Patience { failures: 5, first: Duration::from_secs(5), longest: Duration::from_mins(1) };

/// The breaker, on the monotonic clock.
pub(super) struct SharedBreaker {
    breaker: Mutex<Breaker>,
    start: Instant,
}

impl SharedBreaker {
    pub(super) fn new() -> Self {
        Self { breaker: Mutex::new(Breaker::new(PATIENCE)), start: Instant::now() }
    }

    /// Leave to ask once.
    pub(super) fn admit(&self) -> Result<Permit<'_>, Resting> {
        let leave = self.lock().admit(self.start.elapsed())?;
        Ok(Permit { shared: self, leave: Some(leave) })
    }

    fn settle(&self, leave: Leave, outcome: Ending) {
        let mut breaker = self.lock();
        let change = breaker.settle(leave, outcome, self.start.elapsed());
        metrics::gauge!("tanager_identity_breaker_open").set(if breaker.is_closed() { 0.0 } else { 1.0 });
        drop(breaker);
        match change {
            Change::None => {}
            Change::Opened(rest) => {
                tracing::error!("nobody says who is calling; identity.url is left in peace for {rest:?}");
            }
            Change::Closed => tracing::info!("identity.url answers again"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to ask once. Dropped without an outcome, nobody waited for it to the end.
pub(super) struct Permit<'a> {
    shared: &'a SharedBreaker,
    leave: Option<Leave>,
}

impl Permit<'_> {
    /// What became of it.
    pub(super) fn settle(mut self, outcome: Ending) {
        if let Some(leave) = self.leave.take() {
            self.shared.settle(leave, outcome);
        }
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
        let breaker = SharedBreaker::new();
        for _ in 0..5 {
            breaker.admit().ok().unwrap().settle(Ending::Failed);
        }
        assert!(breaker.admit().is_err());
        tokio::time::advance(Duration::from_secs(5)).await;
        drop(breaker.admit().ok().unwrap());
        let probe = breaker.admit().ok().unwrap();
        assert!(breaker.admit().is_err(), "one at a time");
        probe.settle(Ending::Answered);
        assert!(breaker.admit().is_ok());
    }
}
