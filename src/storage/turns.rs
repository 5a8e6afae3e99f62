//! Requests for one account queue here, briefly and bounded, before they take a connection, so that one hot account
//! cannot empty the pool.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::StoreError;
use crate::domain::username::Username;

/// Lanes: accounts that share one wait for each other without need, so there are many more than connections.
const LANES: usize = 4096;
/// Requests that may wait in one lane.
const WAITING: usize = 256;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

struct Lane {
    turn: Semaphore,
    waiting: AtomicUsize,
}

/// The queues of all accounts.
pub(super) struct Turns {
    lanes: Vec<Lane>,
    hasher: RandomState,
}

/// Leaves the count of those who wait, also when the wait is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turns {
    pub(super) fn new() -> Self {
        let lane = |_| Lane { turn: Semaphore::new(1), waiting: AtomicUsize::new(0) };
        Self { lanes: (0..LANES).map(lane).collect(), hasher: RandomState::new() }
    }

    /// Waits for the account's turn; it lasts until the permit is dropped.
    pub(super) async fn take(&self, username: &Username) -> Result<SemaphorePermit<'_>, StoreError> {
        let hash = usize::try_from(self.hasher.hash_one(username) % LANES as u64).unwrap_or_default();
        let lane = self.lanes.get(hash).ok_or(StoreError::Crowded)?;
        if lane.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            lane.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreError::Crowded);
        }
        let _waiting = Waiting(&lane.waiting);
        match tokio::time::timeout(PATIENCE, lane.turn.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(StoreError::Crowded),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_account_has_one_turn_at_a_time_and_a_bounded_queue() {
        let (turns, alice) = (Turns::new(), Username::parse("alice").unwrap());
        let held = turns.take(&alice).await.unwrap();
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(turns.take(&alice))).collect();
        for wait in &mut waiting {
            assert!(futures_util::poll!(wait).is_pending());
        }
        assert!(matches!(turns.take(&alice).await, Err(StoreError::Crowded)));
        drop(waiting);
        drop(held);
        assert!(turns.take(&alice).await.is_ok());
    }
}
