//! Events as operators read them: newest first, a piece at a time, each piece a statement of its own that begins where
//! the last one ended. No transaction is kept open between two of them, and what is written meanwhile moves nothing.

use std::collections::BTreeMap;

use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    domain::{
        event::EventKind,
        id::{AccountId, ChallengeId},
        time::Timestamp,
    },
    storage::{datastore::Datastore, error::StoreError, moment::Moment, sql},
};

/// Before the first moment that an event can have.
const EVER: Timestamp = Timestamp::from_micros(i64::MIN);

/// Where an event stands among all of them, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// When it was written.
    pub at: Timestamp,
    /// Whose chain it is in.
    pub account: AccountId,
    /// Its number there.
    pub sequence: i64,
}

impl Position {
    /// Before the newest event.
    pub const NEWEST: Self =
        Self { at: Timestamp::NEVER, account: AccountId::from_uuid(Uuid::max()), sequence: i64::MAX };
}

/// Which events are wanted; what is `None` is not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of this account alone.
    pub account: Option<AccountId>,
    /// Of this kind alone.
    pub kind: Option<EventKind>,
    /// Written then or later.
    pub since: Option<Timestamp>,
}

/// An event as it is read. What it says was never more than names and masked addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// The account's name; its id where the account's own row is gone.
    pub account: String,
    /// What happened: a name, maybe of a kind that only another release knows.
    pub kind: String,
    /// Who caused it.
    pub actor: String,
    /// Which challenge it concerns.
    pub challenge: Option<ChallengeId>,
    /// More about it, by name.
    pub details: BTreeMap<String, String>,
}

impl Datastore {
    /// At most `limit` of the selected events behind `behind`, newest first.
    pub async fn events(&self, selection: &Selection, behind: Position, limit: i64) -> Result<Vec<Entry>, StoreError> {
        let Position { at, account, sequence } = behind;
        let (at, before, since) = (Moment(at), account.as_uuid(), Moment(selection.since.unwrap_or(EVER)));
        let kind = selection.kind.map(EventKind::name);
        let rows = match (selection.account, kind) {
            (Some(account), kind) => {
                let account = account.as_uuid();
                self.query(sql::EVENT_NEWEST_OF_ACCOUNT, &[&sequence, &since, &limit, &kind, &account]).await?
            }
            (None, Some(kind)) => {
                let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                    [&at, &before, &sequence, &since, &limit, &kind];
                self.query(sql::EVENT_NEWEST_OF_KIND, &parameters).await?
            }
            (None, None) => self.query(sql::EVENT_NEWEST, &[&at, &before, &sequence, &since, &limit]).await?,
        };
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<Entry, StoreError> {
    let account: Uuid = row.try_get("account_id")?;
    Ok(Entry {
        position: Position {
            at: row.try_get::<_, Moment>("at")?.0,
            account: AccountId::from_uuid(account),
            sequence: row.try_get("sequence")?,
        },
        account: row.try_get::<_, Option<String>>("username")?.unwrap_or_else(|| account.to_string()),
        kind: row.try_get("kind")?,
        actor: row.try_get("actor")?,
        challenge: row.try_get::<_, Option<Uuid>>("challenge_id")?.map(ChallengeId::from_uuid),
        details: details(row.try_get("details")?),
    })
}

/// What somebody has bent is still listed: one row must not hide the others.
fn details(text: &str) -> BTreeMap<String, String> {
    serde_json::from_str(text)
        .unwrap_or_else(|_| BTreeMap::from([("unreadable".to_owned(), "verify the trail".to_owned())]))
}
