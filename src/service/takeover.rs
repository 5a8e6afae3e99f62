//! What a crash left: sendings whose holder died are taken over with the same TAN under the same id.

use super::{Failure, Service, sending};
use crate::{
    domain::rules::transmission::TakenOver,
    storage::{
        claims::LapsedClaim,
        datastore::{Author, Wanted},
    },
};

/// Sendings looked at in one go.
const BATCH: i64 = 100;

impl Service {
    /// Takes over what dead holders left, and returns how many sendings that were. One that cannot be taken over now
    /// is logged and left for the next time.
    pub async fn take_over_lapsed(&self) -> Result<usize, Failure> {
        let now = self.store().now().await?;
        let lapsed = self.store().lapsed_claims(now, BATCH).await?;
        let found = lapsed.len();
        for claim in lapsed {
            if let Err(failure) = self.take_over(&claim).await {
                tracing::warn!(challenge = %claim.challenge, error = %failure, "a sending could not be taken over; it is tried again");
            }
        }
        Ok(found)
    }

    async fn take_over(&self, claim: &LapsedClaim) -> Result<(), Failure> {
        let place = self.place(claim.channel).await?;
        let lease = sending::lease(&place.outlet);
        let taken = self.store().transact(
            Wanted::challenge(&claim.username, claim.challenge),
            Author::durable("worker"),
            |account, now| {
                let terms = self.terms(now);
                match account.take_over(&terms, claim.challenge, lease) {
                    Some(TakenOver::ToSend) => self.dispatch(account, &terms, claim.challenge).map(Some),
                    Some(TakenOver::Dropped) | None => Ok(None),
                }
            },
        );
        let Some(dispatch) = taken.await?.transpose()?.flatten() else { return Ok(()) };
        tracing::info!(challenge = %claim.challenge, channel = %claim.channel.name(), "a sending whose holder died is taken over");
        let service = self.clone();
        self.spawn(async move { service.hand_over(place, dispatch).await });
        Ok(())
    }

    /// Keeps the partitions of the coming weeks ready.
    pub async fn prepare_partitions(&self) -> Result<(), Failure> {
        let now = self.store().now().await?;
        let made = self.store().prepare_partitions(now).await?;
        if made > 0 {
            tracing::info!(made, "partitions of coming weeks were made");
        }
        Ok(())
    }
}
