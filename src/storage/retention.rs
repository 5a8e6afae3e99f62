//! What is old goes: page by page along primary keys, each page a transaction of its own, or a week of challenges at once.
//! Accounts and the trail are never touched here.

use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::{datastore::Datastore, error::StoreError, moment::Moment, sql};
use crate::domain::{id::first_uuid_of, time::Timestamp};

/// From when on challenges are kept.
#[derive(Clone, Copy, Debug)]
pub struct ChallengeCutoff {
    /// None that began from then on is looked at.
    pub begun_before: Timestamp,
    /// Of the others, none that could still be used from then on goes.
    pub closed_before: Timestamp,
}

/// Where a walk along a primary key stands: behind this key.
pub type ChallengeKey = (Uuid, Uuid);

/// What one page came to.
#[derive(Debug)]
pub struct Page<K> {
    /// Rows removed or, in a rehearsal, to be removed.
    pub removed: u64,
    /// Where the next page begins; `None` behind the last.
    pub next: Option<K>,
}

impl<K> Page<K> {
    fn read(rows: &[Row], key: impl Fn(&Row) -> Result<K, tokio_postgres::Error>) -> Result<Self, StoreError> {
        let Some(row) = rows.first() else { return Ok(Self { removed: 0, next: None }) };
        Ok(Self { removed: count(row.try_get("removed")?), next: Some(key(row)?) })
    }
}

impl Datastore {
    /// Drops one week of challenges that is closed as a whole; how many there were. `None` when there is no such week, or
    /// when it cannot be done without making others wait.
    pub async fn drop_old_partition(&self, cutoff: ChallengeCutoff) -> Result<Option<u64>, StoreError> {
        let times: [&(dyn ToSql + Sync); 2] = [&Moment(cutoff.begun_before), &Moment(cutoff.closed_before)];
        let rows = self.query(sql::CHALLENGE_DROP_PARTITION, &times).await?;
        let removed: Option<i64> = rows.first().map(|row| row.try_get("removed")).transpose()?.flatten();
        Ok(removed.map(count))
    }

    /// One page of challenges.
    pub async fn sweep_challenges(
        &self,
        cutoff: ChallengeCutoff,
        after: ChallengeKey,
        rehearse: bool,
    ) -> Result<Page<ChallengeKey>, StoreError> {
        let (before, closed) = (first_uuid_of(cutoff.begun_before), Moment(cutoff.closed_before));
        let rows =
            self.query_planned_anew(sql::CHALLENGE_SWEEP, &[&after.0, &after.1, &before, &closed, &rehearse]).await?;
        Page::read(&rows, |row| Ok((row.try_get("last_challenge")?, row.try_get("last_account")?)))
    }

    /// One page of access tokens, of which those that ran out before `ended_before` go.
    pub async fn sweep_access_tokens(
        &self,
        ended_before: Timestamp,
        after: Uuid,
        rehearse: bool,
    ) -> Result<Page<Uuid>, StoreError> {
        let rows =
            self.query_planned_anew(sql::ACCESS_TOKEN_SWEEP, &[&after, &Moment(ended_before), &rehearse]).await?;
        Page::read(&rows, |row| row.try_get("last_token"))
    }

    /// One page of windows, of which those without a send since `idle_since` go: no limit counts older ones.
    pub async fn sweep_windows(
        &self,
        idle_since: Timestamp,
        after: &[u8],
        rehearse: bool,
    ) -> Result<Page<Vec<u8>>, StoreError> {
        let rows = self.query_planned_anew(sql::WINDOW_SWEEP, &[&after, &Moment(idle_since), &rehearse]).await?;
        Page::read(&rows, |row| row.try_get("last_meter"))
    }
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}
