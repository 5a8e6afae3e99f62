//! The audit trail held against its MACs, link by link.

use std::collections::BTreeMap;

use tokio_postgres::Row;
use uuid::Uuid;

use crate::domain::{
    event::Link,
    id::{AccountId, ChallengeId},
    keys::KeyId,
};
use crate::storage::{
    columns::{bytes32, natural},
    datastore::Datastore,
    error::StoreError,
    moment::Moment,
    sql,
};

/// Events read at once.
const BATCH: i64 = 5_000;

/// What verifying found.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every event follows from the one before, up to each account's own word.
    Whole {
        /// How many events there are.
        events: u64,
    },
    /// The first event that does not, or that a checkpoint gainsays.
    Broken {
        /// Whose chain; the account's id where its row is gone.
        username: String,
        /// Its number in the chain.
        sequence: i64,
        /// What is wrong with it.
        trouble: &'static str,
    },
}

/// How far all chains were followed.
struct Walk {
    at: (Uuid, i64),
    events: u64,
    followed: Option<Followed>,
}

/// How far a chain was followed.
struct Followed {
    account: Uuid,
    /// `None`: the account's row is gone.
    username: Option<String>,
    sequence: i64,
    mac: [u8; 32],
    claimed_sequence: i64,
    claimed_mac: Vec<u8>,
}

impl Followed {
    fn start(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            account: row.try_get("account_id")?,
            username: row.try_get("username")?,
            sequence: 0,
            mac: [0; 32],
            claimed_sequence: row.try_get::<_, Option<i64>>("event_sequence")?.unwrap_or_default(),
            claimed_mac: row.try_get::<_, Option<Vec<u8>>>("event_mac")?.unwrap_or_default(),
        })
    }

    fn broken(&self, sequence: i64, trouble: &'static str) -> Verdict {
        let username = self.username.clone().unwrap_or_else(|| self.account.to_string());
        Verdict::Broken { username, sequence, trouble }
    }

    /// The account's own word must be where the chain ends.
    fn end(&self) -> Option<Verdict> {
        if self.username.is_none() {
            return Some(self.broken(self.sequence, "its account is gone"));
        }
        if self.sequence < self.claimed_sequence {
            return Some(self.broken(self.sequence + 1, "it is missing: the chain was cut off"));
        }
        let agrees = self.sequence == self.claimed_sequence && self.mac.as_slice() == self.claimed_mac.as_slice();
        (!agrees).then(|| self.broken(self.sequence, "the account names another end of its chain"))
    }
}

impl Datastore {
    /// Follows every chain, or one account's, in batches.
    pub async fn verify_trail(&self, only: Option<AccountId>) -> Result<Verdict, StoreError> {
        // Before every number that could have been slipped in, so that a chain that does not begin with 1 is seen.
        let start = (only.map_or(Uuid::nil(), AccountId::as_uuid), i64::MIN);
        let mut walk = Walk { at: start, events: 0, followed: None };
        loop {
            let rows = self.chain_behind(walk.at).await?;
            let of_account = |row: &Row| only.is_none_or(|only| row.get::<_, Uuid>("account_id") == only.as_uuid());
            let taken = rows.iter().take_while(|row| of_account(row)).count();
            if let Some(broken) = self.walk_on(&mut walk, rows.iter().take(taken))? {
                return Ok(broken);
            }
            if rows.is_empty() || taken < rows.len() {
                break;
            }
        }
        if let Some(broken) = walk.followed.as_ref().and_then(Followed::end) {
            return Ok(broken);
        }
        Ok(self.missing_chain(only).await?.unwrap_or(Verdict::Whole { events: walk.events }))
    }

    fn walk_on<'r>(&self, walk: &mut Walk, rows: impl Iterator<Item = &'r Row>) -> Result<Option<Verdict>, StoreError> {
        for row in rows {
            let account: Uuid = row.try_get("account_id")?;
            // When the rows go over to another account, the chain followed so far must have come to its end.
            let ended = walk.followed.take_if(|chain| chain.account != account);
            if let Some(broken) = ended.as_ref().and_then(Followed::end) {
                return Ok(Some(broken));
            }
            let chain = match &mut walk.followed {
                Some(chain) => chain,
                None => walk.followed.insert(Followed::start(row)?),
            };
            if let Some(broken) = self.follow(chain, row)? {
                return Ok(Some(broken));
            }
            walk.events += 1;
            walk.at = (account, chain.sequence);
        }
        Ok(None)
    }

    async fn chain_behind(&self, (account, sequence): (Uuid, i64)) -> Result<Vec<Row>, StoreError> {
        self.query(sql::EVENT_CHAIN, &[&account, &sequence, &BATCH]).await
    }

    async fn missing_chain(&self, only: Option<AccountId>) -> Result<Option<Verdict>, StoreError> {
        let rows = self.query(sql::EVENT_BARE_ACCOUNTS, &[&only.map(AccountId::as_uuid)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let username = row.try_get("username")?;
        Ok(Some(Verdict::Broken { username, sequence: 1, trouble: "it is missing: the whole chain is gone" }))
    }

    fn follow(&self, chain: &mut Followed, row: &Row) -> Result<Option<Verdict>, StoreError> {
        let sequence: i64 = row.try_get("sequence")?;
        // The account's own word as of this batch: it may have gone on since the chain's first event was read.
        chain.claimed_sequence = row.try_get::<_, Option<i64>>("event_sequence")?.unwrap_or_default();
        chain.claimed_mac = row.try_get::<_, Option<Vec<u8>>>("event_mac")?.unwrap_or_default();
        if sequence != chain.sequence + 1 {
            return Ok(Some(chain.broken(chain.sequence + 1, "it is missing")));
        }
        let stored = bytes32(row.try_get("mac")?)?;
        if self.recomputed(row, &chain.mac)? != Some(stored) {
            return Ok(Some(chain.broken(sequence, "it was changed, or does not follow from the one before")));
        }
        chain.sequence = sequence;
        chain.mac = stored;
        Ok(None)
    }

    /// The MAC that the event should have; `None` when no key of the ring can have made it.
    fn recomputed(&self, row: &Row, previous: &[u8; 32]) -> Result<Option<[u8; 32]>, StoreError> {
        let Ok(details) = serde_json::from_str::<BTreeMap<String, String>>(row.try_get("details")?) else {
            return Ok(None);
        };
        let sorted: Vec<(&str, &str)> = details.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let link = Link {
            key: KeyId(natural(row.try_get("key_id")?)?),
            account: AccountId::from_uuid(row.try_get("account_id")?),
            sequence: row.try_get("sequence")?,
            at: row.try_get::<_, Moment>("at")?.0,
            kind: row.try_get("kind")?,
            actor: row.try_get("actor")?,
            challenge: row.try_get::<_, Option<Uuid>>("challenge_id")?.map(ChallengeId::from_uuid),
            details: &sorted,
        };
        Ok(link.mac(self.ring(), previous).ok())
    }
}
