//! What became of a bank core's operation, written down: a token spent, released, or with an outcome that is not known;
//! an account closed.

use std::time::Duration;

use tokio::time::sleep;

use super::{Failure, Service, notices::Posted, operations::Hold};
use crate::{
    domain::{
        account::Account,
        reservation::HeldToken,
        rules::settle::{Outcome, Settled},
        username::Username,
    },
    storage::datastore::{Author, Wanted},
};

/// How long a settlement that could not be written is waited with before it is tried again: twice as long each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest that becomes.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often it is tried again: for about a quarter of an hour.
const TRIES: u32 = 100;

/// What is to be written of an operation that is over.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// Whose operation it was.
    pub username: Username,
    /// The token that was held for it; `None`: none was needed.
    pub hold: Option<Hold>,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether its success closes the account here too.
    pub closes_account: bool,
}

impl Settlement {
    /// Whether anything is to be written at all.
    const fn is_of_consequence(&self) -> bool {
        self.hold.is_some() || self.closes()
    }

    const fn closes(&self) -> bool {
        self.closes_account && matches!(self.outcome, Outcome::Succeeded)
    }
}

impl Service {
    /// Writes what became of an operation. Returns when it is written, or when it could not be: then it is tried again
    /// behind the caller's back, for what happened at the bank core is never undone. What is never written lapses.
    pub async fn conclude(&self, settlement: Settlement) {
        if !settlement.is_of_consequence() {
            return;
        }
        let Err(failure) = self.try_conclude(&settlement).await else { return };
        tracing::error!(error = %failure, "the outcome of an operation could not be written; it is tried again");
        let service = self.clone();
        drop(self.spawn(async move { service.conclude_later(settlement).await }));
    }

    async fn conclude_later(&self, settlement: Settlement) {
        let mut wait = FIRST_WAIT;
        for _ in 0..TRIES {
            if self.0.closing.run_until_cancelled(sleep(wait)).await.is_none() {
                break;
            }
            if self.try_conclude(&settlement).await.is_ok() {
                return;
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        if let Err(failure) = self.try_conclude(&settlement).await {
            tracing::error!(error = %failure, "the outcome of an operation was not written; its token lapses");
        }
    }

    async fn try_conclude(&self, settlement: &Settlement) -> Result<(), Failure> {
        let Settlement { username, hold, outcome, .. } = settlement;
        let actor = hold.as_ref().map_or("gateway", |hold| &hold.actor);
        let wanted =
            hold.as_ref().map_or(Wanted::account(username), |hold| Wanted::challenge(username, hold.challenge));
        let mut posted = Posted::default();
        let deciding = posted.of(|account: &mut Account, now| {
            let terms = self.terms(now);
            let settled = hold.as_ref().map(|hold| account.settle(&terms, hold.challenge, hold.reservation, *outcome));
            if settlement.closes() {
                self.end_account(account, &terms, None);
            }
            settled
        });
        let Some(settled) = self.store().transact(wanted, Author::durable(actor), deciding).await? else {
            return Ok(());
        };
        self.send_posted(posted);
        if settled == Some(Settled::NotHeld) {
            tracing::warn!("an operation ended after its token was released or held by another; its outcome was left");
        }
        if settlement.closes() {
            self.0.identity.forget_all(username);
        }
        Ok(())
    }

    /// Settles a hold for a bank core; `false`: the hold was released, or another has the token now.
    pub(super) async fn settle(&self, held: &HeldToken, actor: &str, outcome: Outcome) -> Result<bool, Failure> {
        let wanted = Wanted::challenge(&held.username, held.challenge);
        let settled = self.store().transact(wanted, Author::durable(actor), |account, now| {
            account.settle(&self.terms(now), held.challenge, held.reservation, outcome)
        });
        Ok(settled.await? == Some(Settled::Done))
    }
}
