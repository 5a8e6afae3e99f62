//! Sendings whose holder died, for the worker.

use uuid::Uuid;

use super::{columns, datastore::Datastore, error::StoreError, moment::Moment, sql};
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

impl Datastore {
    /// Up to `limit` sendings whose lease has run out, the oldest first.
    pub async fn lapsed_claims(&self, now: Timestamp, limit: i64) -> Result<Vec<LapsedClaim>, StoreError> {
        let rows = self.query(sql::CHALLENGE_LAPSED, &[&Moment(now), &limit]).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok(LapsedClaim {
                username: Username::stored(row.try_get("username")?),
                challenge: ChallengeId::from_uuid(row.try_get::<_, Uuid>("challenge_id")?),
                channel: columns::channel(row.try_get("channel")?)?,
            })
        };
        rows.iter().map(read).collect()
    }
}
