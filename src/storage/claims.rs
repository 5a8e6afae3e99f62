//! What time has run out for, for the worker: sendings and holds whose holder died, and refusals to be told of.

use uuid::Uuid;

use super::{datastore::Datastore, error::StoreError, moment::Moment, sql};
use crate::domain::{channel::Channel, id::ChallengeId, time::Timestamp, username::Username};

/// A sending to be taken over.
pub struct LapsedClaim {
    /// Whose.
    pub username: Username,
    /// Of which challenge.
    pub challenge: ChallengeId,
    /// On which channel.
    pub channel: Channel,
}

/// A hold whose lapse is to be told of.
pub struct LapsedHold {
    /// Whose.
    pub username: Username,
    /// On the token of which challenge.
    pub challenge: ChallengeId,
}

impl Datastore {
    /// Up to `limit` holds whose lease has run out and of which the trail does not tell yet, the oldest first.
    pub async fn lapsed_holds(&self, now: Timestamp, limit: i64) -> Result<Vec<LapsedHold>, StoreError> {
        let rows = self.query(sql::CHALLENGE_LAPSED_HOLDS, &[&Moment(now), &limit]).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok(LapsedHold {
                username: Username::stored(row.try_get("username")?),
                challenge: ChallengeId::from_uuid(row.try_get::<_, Uuid>("challenge_id")?),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Up to `limit` accounts of whose refusals the trail is to be told, the longest due first.
    pub async fn refusals_due(&self, now: Timestamp, limit: i64) -> Result<Vec<Username>, StoreError> {
        let rows = self.query(sql::ACCOUNT_REFUSALS_DUE, &[&Moment(now), &limit]).await?;
        rows.iter().map(|row| Ok(Username::stored(row.try_get("username")?))).collect()
    }

    /// Up to `limit` sendings of a channel whose lease has run out, the oldest first.
    pub async fn lapsed_claims(
        &self,
        channel: Channel,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<LapsedClaim>, StoreError> {
        let rows = self.query(sql::CHALLENGE_LAPSED, &[&Moment(now), &limit, &channel.name()]).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok(LapsedClaim {
                username: Username::stored(row.try_get("username")?),
                challenge: ChallengeId::from_uuid(row.try_get::<_, Uuid>("challenge_id")?),
                channel,
            })
        };
        rows.iter().map(read).collect()
    }
}
