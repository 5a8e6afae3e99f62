//! What the trail is to be told when time has run out: holds that nobody settled, and refusals that were counted.

use super::Service;
use crate::{
    domain::{account::Account, username::Username},
    service::Failure,
    storage::datastore::{Author, Wanted},
};

/// Looked at in one go.
const BATCH: i64 = 100;

impl Service {
    /// Tells the trail of holds that lapsed and of refusals that repeated; returns how many accounts that concerned.
    pub async fn tell_lapses(&self) -> Result<usize, Failure> {
        let now = self.store().now().await?;
        let holds = self.store().lapsed_holds(now, BATCH).await?;
        for hold in &holds {
            let wanted = Wanted::challenge(&hold.username, hold.challenge);
            let told = self.store().transact(wanted, Author::durable("worker"), |account, now| {
                account.tell_lapse(&self.terms(now), hold.challenge);
            });
            told.await?;
        }
        let refused = self.store().refusals_due(now, BATCH).await?;
        for username in &refused {
            self.tell_repeats(username).await?;
        }
        Ok(holds.len() + refused.len())
    }

    async fn tell_repeats(&self, username: &Username) -> Result<(), Failure> {
        let wanted = Wanted::account(username);
        self.store().transact(wanted, Author::durable("worker"), Account::tell_repeats).await?;
        Ok(())
    }
}
