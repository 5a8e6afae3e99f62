//! Lists for operators, part by part. A part begins behind a position, never after a number of rows, so that nothing is
//! left out or shown twice while rows come and go.

use super::{AccountListing, Failure, Service, no_account, permit};
use crate::{
    domain::{
        caller::{AccessToken, Deed},
        channel::Channel,
        id::ChallengeId,
        username::Username,
        view::ChallengeRecord,
    },
    storage::{accounts::Page, datastore::Wanted, history::Place},
};

/// Part of a list.
pub struct Part<T, P> {
    /// Its rows, in their order.
    pub rows: Vec<T>,
    /// Where the next part begins; `None` at the end of the list.
    pub next: Option<P>,
}

impl<T, P> Part<T, P> {
    /// A part of `limit` rows out of those that were found, of which one more was asked for.
    pub(super) fn of(mut found: Vec<T>, limit: u32, place: impl FnOnce(&T) -> P) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(place);
        Self { rows: found, next }
    }
}

/// Which accounts are wanted.
pub struct WantedAccounts<'a> {
    /// What their names begin with; empty for all.
    pub filter: &'a str,
    /// The name behind which they begin; `None`: with the first.
    pub behind: Option<&'a Username>,
    /// How many are passed over.
    pub offset: u32,
    /// How many at most.
    pub limit: u32,
}

impl Service {
    /// Accounts by name, for operators.
    pub async fn list_accounts(
        &self,
        caller: &AccessToken,
        wanted: &WantedAccounts<'_>,
    ) -> Result<Part<AccountListing, Username>, Failure> {
        permit(caller, Deed::Operate, &Username::system())?;
        let now = self.store().now().await?;
        let WantedAccounts { filter, behind, offset, limit } = *wanted;
        let page = Page { filter, behind, limit: i64::from(limit) + 1, offset: i64::from(offset) };
        let found = self.store().list(&page).await?;
        let row = |account: crate::storage::accounts::Listed| AccountListing {
            username: account.username,
            contact: account.contact,
            clear: true,
            channels: self.in_order(&account.channels),
            language: account.language,
            blocked_until: account.blocked_until.filter(|until| *until > now),
        };
        Ok(Part::of(found.into_iter().map(row).collect(), limit, |account| account.username.clone()))
    }

    /// Each of these channels once, in the order in which they are offered: an account has several devices of one.
    fn in_order(&self, channels: &[Channel]) -> Vec<Channel> {
        self.0.parts.policy.preference.into_iter().filter(|channel| channels.contains(channel)).collect()
    }

    /// An account's challenges, newest first, from before a place in its history back: for operators who look into a
    /// complaint. So a deleted account's are shown too, and those that were removed for their age are left out.
    pub async fn list_challenges(
        &self,
        caller: &AccessToken,
        username: &Username,
        before: Option<Place>,
        limit: u32,
    ) -> Result<Part<ChallengeRecord, Place>, Failure> {
        permit(caller, Deed::Operate, username)?;
        let found = self.store().challenges_of(username, before, i64::from(limit) + 1).await?;
        let Part { rows, next } = Part::of(found, limit, |(place, _)| *place);
        let ids: Vec<ChallengeId> = rows.into_iter().map(|(_, id)| id).collect();
        let records = self.store().look(Wanted { also: &ids, ..Wanted::account(username) }, |account, now| {
            let there = ids.iter().filter_map(|id| account.challenge(*id).ok());
            there.map(|challenge| account.operators_view(challenge, &self.terms(now))).collect()
        });
        Ok(Part { rows: records.await?.ok_or_else(|| no_account(caller))?, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_where_the_next_one_begins_only_when_there_is_more() {
        let part = |found: &[u32], limit| {
            let part = Part::of(found.to_vec(), limit, |row| *row);
            (part.rows, part.next)
        };
        assert_eq!(part(&[7, 8, 9], 2), (vec![7, 8], Some(8)));
        assert_eq!(part(&[7, 8], 2), (vec![7, 8], None));
        assert_eq!(part(&[], 2), (vec![], None));
    }
}
