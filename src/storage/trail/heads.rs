//! Where chains end, for checkpoints, and what the trail says to the ends that a checkpoint names.

use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    domain::{checkpoint::Head, id::AccountId, time::Timestamp},
    storage::{columns::bytes32, datastore::Datastore, error::StoreError, moment::Moment, sql},
};

/// An event that a checkpoint names, and the trail does not have as it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Gainsaid {
    /// The account's name; its id where its row is gone.
    pub username: String,
    /// The number of the first event that is missing or is another.
    pub sequence: i64,
    /// What is wrong with it.
    pub trouble: &'static str,
}

impl Datastore {
    /// The ends of the chains of at most `limit` accounts behind `behind`, in the order of their ids. The chain of what belongs
    /// to no account comes before them all, and is not among them.
    pub async fn heads_behind(&self, behind: AccountId, limit: i64) -> Result<Vec<Head>, StoreError> {
        let rows = self.query(sql::ACCOUNT_HEADS_BEHIND, &[&behind.as_uuid(), &limit]).await?;
        rows.iter().map(read_head).collect()
    }

    /// The ends of the chains of these accounts; none for one whose chain is empty.
    pub async fn heads_of(&self, accounts: &[AccountId]) -> Result<Vec<Head>, StoreError> {
        let accounts: Vec<Uuid> = accounts.iter().map(|account| account.as_uuid()).collect();
        self.query(sql::ACCOUNT_HEADS, &[&accounts]).await?.iter().map(read_head).collect()
    }

    /// The accounts whose chains have an event at `from` or later and before `to`.
    pub async fn accounts_changed(&self, from: Timestamp, to: Timestamp) -> Result<Vec<AccountId>, StoreError> {
        let rows = self.query(sql::EVENT_CHANGED_ACCOUNTS, &[&Moment(from), &Moment(to)]).await?;
        rows.iter().map(|row| Ok(AccountId::from_uuid(row.try_get("account_id")?))).collect()
    }

    /// Waits until all that was read so far is on the database's disk: what a checkpoint names must outlive a crash.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.query(sql::SCHEMA_SETTLE, &[]).await.map(|_| ())
    }

    /// The first of these ends that the trail does not have; `None` when it has them all.
    pub async fn gainsay(&self, heads: &[Head]) -> Result<Option<Gainsaid>, StoreError> {
        let accounts: Vec<Uuid> = heads.iter().map(|head| head.account.as_uuid()).collect();
        let sequences: Vec<i64> = heads.iter().map(|head| head.sequence).collect();
        let rows = self.query(sql::EVENT_HELD_AGAINST, &[&accounts, &sequences]).await?;
        for (row, head) in rows.iter().zip(heads) {
            if let Some(gainsaid) = gainsaid(row, head)? {
                return Ok(Some(gainsaid));
            }
        }
        Ok(None)
    }
}

fn read_head(row: &Row) -> Result<Head, StoreError> {
    Ok(Head {
        account: AccountId::from_uuid(row.try_get("account_id")?),
        sequence: row.try_get("event_sequence")?,
        mac: bytes32(row.try_get("event_mac")?)?,
    })
}

fn gainsaid(row: &Row, head: &Head) -> Result<Option<Gainsaid>, StoreError> {
    let found: Option<&[u8]> = row.try_get("mac")?;
    let last = row.try_get::<_, Option<i64>>("last")?.unwrap_or(0);
    let (sequence, trouble) = match found {
        Some(mac) if mac == head.mac.as_slice() => return Ok(None),
        Some(_) => (head.sequence, "it is another than a checkpoint names"),
        None if last < head.sequence => {
            (last.saturating_add(1), "it is missing, and a checkpoint names it or a later one")
        }
        None => (head.sequence, "it is missing, and a checkpoint names it"),
    };
    let username: Option<String> = row.try_get("username")?;
    Ok(Some(Gainsaid { username: username.unwrap_or_else(|| head.account.to_string()), sequence, trouble }))
}
