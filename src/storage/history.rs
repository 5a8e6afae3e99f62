//! The challenges that an account had, found through the events that began them.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{datastore::Datastore, error::StoreError, sql};
use crate::domain::{id::ChallengeId, username::Username};

/// Where a challenge stands in its account's history: the number of the event that began it.
pub type Place = i64;

impl Datastore {
    /// The ids of an account's challenges that were not removed yet, newest first, at most `limit`, and only those that
    /// were begun before the event `before` where one is given. None when there is no such account.
    pub async fn challenges_of(
        &self,
        username: &Username,
        before: Option<Place>,
        limit: i64,
    ) -> Result<Vec<(Place, ChallengeId)>, StoreError> {
        let before = before.unwrap_or(Place::MAX);
        let rows = self.query(sql::CHALLENGE_OF_ACCOUNT, &[&username.as_str(), &before, &limit]).await?;
        let place =
            |row: &Row| Ok((row.try_get("sequence")?, ChallengeId::from_uuid(row.try_get::<_, Uuid>("challenge_id")?)));
        rows.iter().map(place).collect()
    }
}
