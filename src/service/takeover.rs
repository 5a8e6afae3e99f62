//! What a crash left: sendings whose holder died are taken over with the same TAN under the same id.

use super::{
    Failure, Service,
    sending::{self, Place},
};
use crate::{
    domain::{
        account::{Account, Terms},
        channel::Channel,
        rules::transmission::{HandOver, TakenOver},
    },
    storage::{
        claims::LapsedClaim,
        datastore::{Author, Wanted},
    },
};

/// Sendings of a channel looked at in one go.
const BATCH: i64 = 100;

impl Service {
    /// Takes over what dead holders left, and returns how many sendings that were. One that cannot be taken over now
    /// is logged and left for the next time.
    pub async fn take_over_lapsed(&self) -> Result<usize, Failure> {
        let now = self.store().now().await?;
        let mut lapsed = Vec::new();
        // Each channel's by themselves: those of one that has no place left hide none of another.
        for channel in Channel::ALL.into_iter().filter(|channel| channel.transmits()) {
            lapsed.extend(self.store().lapsed_claims(channel, now, BATCH).await?);
        }
        let found = lapsed.len();
        for claim in lapsed {
            if let Err(failure) = self.take_over(&claim).await {
                tracing::warn!(challenge = %claim.challenge, error = %failure, "a sending could not be taken over; it is tried again");
            }
        }
        Ok(found)
    }

    async fn take_over(&self, claim: &LapsedClaim) -> Result<(), Failure> {
        let Ok(outlet) = self.outlet(claim.channel) else { return self.give_up(claim).await };
        let lease = sending::lease(&outlet);
        // Without a free place it is left for the next time: a channel that is busy does not hold up the others.
        let Some(place) = Place::free_now(outlet) else { return Ok(()) };
        let taken =
            self.conclude_claim(claim, |account, terms| match account.take_over(terms, claim.challenge, lease) {
                Some(TakenOver::ToSend) => self.dispatch(account, terms, claim.challenge).map(Some),
                Some(TakenOver::Dropped) | None => Ok(None),
            });
        let Some(dispatch) = taken.await? else { return Ok(()) };
        tracing::info!(challenge = %claim.challenge, channel = %claim.channel.name(), "a sending whose holder died is taken over");
        metrics::counter!("tanager_transmissions_taken_over_total", "channel" => claim.channel.name()).increment(1);
        let service = self.clone();
        self.spawn(async move { service.hand_over(place, dispatch).await });
        Ok(())
    }

    /// The channel is not configured any more: its message counts as not handed over.
    async fn give_up(&self, claim: &LapsedClaim) -> Result<(), Failure> {
        self.conclude_claim(claim, |account, terms| {
            let lapsed = account.challenge(claim.challenge)?.claim.filter(|held| held.lease_until <= terms.now);
            if let Some(held) = lapsed {
                let unconfigured = HandOver::Failed("its channel is not configured");
                account.record(terms, claim.challenge, held.transmission, unconfigured);
            }
            Ok(())
        })
        .await
    }

    async fn conclude_claim<T: Default>(
        &self,
        claim: &LapsedClaim,
        mut conclude: impl FnMut(&mut Account, &Terms<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let wanted = Wanted::challenge(&claim.username, claim.challenge);
        let settled = self
            .store()
            .transact(wanted, Author::durable("worker"), |account, now| conclude(account, &self.terms(now)));
        settled.await?.unwrap_or_else(|| Ok(T::default()))
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
