//! The back channel: bank cores that hold and settle tokens themselves (`api.md` section 6b).

use super::{
    Failure, Service, no_account,
    operations::{CoreOperation, Hold},
    permit,
};
use crate::{
    domain::{
        account::{Account, Terms},
        caller::{AccessToken, Deed},
        refusal::{OfferedChannel, Refusal},
        reservation::HeldToken,
        rules::{protect::Clearance, settle::Outcome},
        time::Timestamp,
        username::Username,
    },
    storage::datastore::Wanted,
};

/// A token that a bank core holds.
#[derive(Clone, Debug)]
pub struct Reserved {
    /// The sealed id, by which it is settled.
    pub id: String,
    /// The token that is held.
    pub hold: Hold,
}

/// What an operation would ask for.
#[derive(Clone, Debug)]
pub struct AheadOfTime {
    /// Whether a proof would be asked for.
    pub required: bool,
    /// The ticket for exactly that operation.
    pub ticket: String,
    /// The channels that could prove it.
    pub channels: Vec<OfferedChannel>,
    /// When the ticket runs out.
    pub expires_at: Timestamp,
}

impl Service {
    /// Holds a token for an operation; `None`: the account passes without.
    pub async fn reserve(
        &self,
        caller: &AccessToken,
        operation: &CoreOperation<'_>,
    ) -> Result<Option<Reserved>, Failure> {
        self.take(caller, operation, |_, _, _| ()).await
    }

    /// Reserves and commits in one.
    pub async fn redeem(
        &self,
        caller: &AccessToken,
        operation: &CoreOperation<'_>,
    ) -> Result<Option<Reserved>, Failure> {
        self.take(caller, operation, |account, terms, hold| {
            account.settle(terms, hold.challenge, hold.reservation, Outcome::Succeeded);
        })
        .await
    }

    async fn take(
        &self,
        caller: &AccessToken,
        operation: &CoreOperation<'_>,
        and_then: impl Fn(&mut Account, &Terms<'_>, &Hold),
    ) -> Result<Option<Reserved>, Failure> {
        permit(caller, Deed::HoldToken, operation.username)?;
        self.refuse_spelling(operation.username)?;
        let actor = caller.actor();
        let taken = self.decide_operation(&actor, operation, |account, terms| {
            match account.clear(terms, operation.demand, &operation.digest, &operation.proof) {
                Ok(clearance) => {
                    let held = self.hold(account, terms, &actor, operation, clearance)?;
                    if let Some(hold) = &held {
                        and_then(account, terms, hold);
                    }
                    Ok(held)
                }
                Err(objection) => {
                    let (demand, summary) = (operation.demand, operation.summary.as_ref());
                    Err(self.objected(account, terms, demand, operation.digest, summary, objection))
                }
            }
        });
        let held = taken.await?.unwrap_or_else(|| Err(no_account(caller)))?;
        held.map(|hold| self.handed_out(caller, hold)).transpose()
    }

    fn handed_out(&self, caller: &AccessToken, hold: Hold) -> Result<Reserved, Failure> {
        let named = HeldToken {
            holder: caller.id,
            username: hold.username.clone(),
            challenge: hold.challenge,
            reservation: hold.reservation,
        };
        Ok(Reserved { id: named.seal(self.ring(), self.chance())?, hold })
    }

    /// The operation succeeded: its token is spent. The same again is no error; what was released, or overtaken by
    /// another holder, is not found.
    pub async fn commit(&self, caller: &AccessToken, reservation: &str) -> Result<(), Failure> {
        let held = self.held_by(caller, reservation)?;
        let settled = self.settle(&held, &caller.actor(), Outcome::Succeeded).await?;
        settled.then_some(()).ok_or_else(|| Refusal::ReservationNotFound.into())
    }

    /// The operation had no effect: its token is free again. The same again is no error, nor is it after a commit or for
    /// a holder that was overtaken: then nothing is changed.
    pub async fn release(&self, caller: &AccessToken, reservation: &str) -> Result<(), Failure> {
        let held = self.held_by(caller, reservation)?;
        self.settle(&held, &caller.actor(), Outcome::NoEffect).await?;
        Ok(())
    }

    /// A reservation serves the caller alone that made it.
    fn held_by(&self, caller: &AccessToken, reservation: &str) -> Result<HeldToken, Failure> {
        permit(caller, Deed::HoldToken, &Username::system())?;
        let held = HeldToken::open(reservation, self.ring()).filter(|held| held.holder == caller.id);
        held.ok_or_else(|| Refusal::ReservationNotFound.into())
    }

    /// A ticket ahead of time. Nothing is stored.
    pub async fn ticket_ahead(
        &self,
        caller: &AccessToken,
        operation: &CoreOperation<'_>,
    ) -> Result<AheadOfTime, Failure> {
        permit(caller, Deed::HoldToken, operation.username)?;
        self.refuse_spelling(operation.username)?;
        let wanted = Wanted::account(operation.username);
        self.show(caller, Deed::HoldToken, wanted, |account, terms| {
            let passes = account.clone().clear(terms, operation.demand, &operation.digest, &operation.proof);
            let summary = operation.summary.as_ref();
            let requirement = self.require(account, terms, operation.demand, operation.digest, summary)?;
            Ok(AheadOfTime {
                required: passes != Ok(Clearance::NotNeeded),
                ticket: requirement.ticket,
                channels: requirement.channels,
                expires_at: terms.now.plus(terms.limits.ticket_lifetime),
            })
        })
        .await
    }
}
