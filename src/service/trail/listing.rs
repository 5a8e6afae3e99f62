//! The trail as operators read it: a page, or all of it a piece at a time.

use super::{Entry, Failure, Position, Service};
use crate::{
    domain::{
        caller::{AccessToken, Deed},
        event::EventKind,
        refusal::Refusal,
        time::Timestamp,
        username::Username,
    },
    service::{Part, permit},
    storage::trail::Selection,
};

/// Events that an export has in memory at once.
const BATCH: u32 = 1000;

/// Which events are wanted; what is `None` is not asked for.
#[derive(Clone, Default)]
pub struct EventQuery {
    /// Of this account alone; [`Username::system`] names what belongs to no account.
    pub account: Option<Username>,
    /// Of this kind alone.
    pub kind: Option<EventKind>,
    /// Written then or later.
    pub since: Option<Timestamp>,
    /// Older than the event that stands here; `None`: from the newest on.
    pub behind: Option<Position>,
}

/// Events that are read a piece at a time, newest first. Between two pieces nothing is held in the database; what was
/// there when the export began comes exactly once, whatever is written meanwhile.
pub struct Export {
    service: Service,
    selection: Selection,
    behind: Position,
    /// How many are still wanted; `None`: all.
    left: Option<u32>,
    ended: bool,
}

impl Service {
    /// At most `limit` events, newest first, for operators; an account that there never was is refused.
    pub async fn list_events(
        &self,
        caller: &AccessToken,
        query: &EventQuery,
        limit: u32,
    ) -> Result<Part<Entry, Position>, Failure> {
        let selection = self.select_events(caller, query).await?;
        let behind = query.behind.unwrap_or(Position::NEWEST);
        let found = self.store().events(&selection, behind, i64::from(limit) + 1).await?;
        Ok(Part::of(found, limit, |entry| entry.position))
    }

    /// All events that the query asks for, or `limit` of them, for operators.
    pub async fn export_events(
        &self,
        caller: &AccessToken,
        query: &EventQuery,
        limit: Option<u32>,
    ) -> Result<Export, Failure> {
        let selection = self.select_events(caller, query).await?;
        let behind = query.behind.unwrap_or(Position::NEWEST);
        Ok(Export { service: self.clone(), selection, behind, left: limit, ended: false })
    }

    async fn select_events(&self, caller: &AccessToken, query: &EventQuery) -> Result<Selection, Failure> {
        permit(caller, Deed::Operate, &Username::system())?;
        let account = match &query.account {
            Some(username) => Some(self.account_of_trail(username).await?),
            None => None,
        };
        if query.behind.is_some_and(|place| account.is_some_and(|account| account != place.account)) {
            let trouble = "It is of a list with another \"account\": send back the filters that it came with.";
            return Err(Refusal::Parameter { name: "cursor", trouble }.into());
        }
        Ok(Selection { account, kind: query.kind, since: query.since })
    }
}

impl Export {
    /// The next piece; `None` when there is no more. After a failure there is none that could be trusted.
    pub async fn piece(&mut self) -> Result<Option<Vec<Entry>>, Failure> {
        let wanted = self.left.map_or(BATCH, |left| left.min(BATCH));
        if self.ended || wanted == 0 {
            return Ok(None);
        }
        let entries = self.service.store().events(&self.selection, self.behind, i64::from(wanted)).await?;
        let found = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        self.ended = found < wanted;
        self.left = self.left.map(|left| left.saturating_sub(found));
        let Some(last) = entries.last() else { return Ok(None) };
        self.behind = last.position;
        Ok(Some(entries))
    }
}
