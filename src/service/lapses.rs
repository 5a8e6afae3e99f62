//! What the trail is to be told when time has run out: holds that nobody settled, and refusals that were counted.

use super::Service;
use crate::{
    domain::{account::Account, username::Username},
    service::Failure,
    storage::{
        claims::LapsedHold,
        datastore::{Author, Wanted},
    },
};

/// Looked at in one go.
const BATCH: i64 = 100;

impl Service {
    /// Tells the trail of holds that lapsed and of refusals that repeated; returns how many accounts that concerned. One
    /// that cannot be written now is logged, left for the next time, and keeps no other from the trail.
    pub async fn tell_lapses(&self) -> Result<usize, Failure> {
        let now = self.store().now().await?;
        let holds = self.store().lapsed_holds(now, BATCH).await?;
        for hold in &holds {
            untold(self.tell_lapse(hold).await);
        }
        let refused = self.store().refusals_due(now, BATCH).await?;
        for username in &refused {
            untold(self.tell_repeats(username).await);
        }
        Ok(holds.len() + refused.len())
    }

    async fn tell_lapse(&self, hold: &LapsedHold) -> Result<(), Failure> {
        let wanted = Wanted::challenge(&hold.username, hold.challenge);
        let told = self.store().transact(wanted, Author::durable("worker"), |account, now| {
            account.tell_lapse(&self.terms(now), hold.challenge);
        });
        told.await?;
        Ok(())
    }

    async fn tell_repeats(&self, username: &Username) -> Result<(), Failure> {
        let wanted = Wanted::account(username);
        self.store().transact(wanted, Author::durable("worker"), Account::tell_repeats).await?;
        Ok(())
    }
}

fn untold(told: Result<(), Failure>) {
    if let Err(failure) = told {
        tracing::warn!(error = %failure, "a lapse could not be told to the trail; it is tried again");
    }
}
