//! Protected operations of a bank core: begun on behalf of the side that stands in front of it (`api.md` section 6).
//!
//! What becomes of them stands in [`settlement`](super::settlement).

use super::{Failure, Service, no_account};
use crate::{
    domain::{
        account::{Account, Terms},
        assurance::{Demand, OnMissing},
        caller::{AccessToken, Passage},
        challenge::Reservation,
        id::{ChallengeId, ReservationId},
        operation::OperationDigest,
        refusal::Refusal,
        rules::{
            protect::{Clearance, Objection, Proof},
            settle::Holding,
        },
        summary::Approval,
        time::Timestamp,
        username::Username,
    },
    storage::datastore::{Author, Wanted},
};

/// One request to a bank core, as the side that saw it describes it.
#[derive(Clone, Debug)]
pub struct CoreOperation<'a> {
    /// Whose it is.
    pub username: &'a Username,
    /// Which request exactly.
    pub digest: OperationDigest,
    /// What it asks for.
    pub demand: Demand,
    /// What the customer is shown.
    pub summary: Option<Approval>,
    /// What came with it.
    pub proof: Proof,
    /// How a missing proof is asked for.
    pub on_missing: OnMissing,
}

/// An operation that may go on, or what has to be solved first.
#[derive(Debug)]
pub enum Cleared {
    /// Nothing is asked for: nothing is held, and nothing is to be settled.
    NotNeeded,
    /// A token is held for it; the holder settles it.
    Held(Hold),
    /// It is not begun; one of these has to be solved.
    Challenged(Vec<TalerChallenge>),
}

/// A challenge in Taler's flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalerChallenge {
    /// Its sealed id: url-safe.
    pub id: String,
    /// The channel's name on the wire.
    pub tan_channel: &'static str,
    /// The masked address.
    pub tan_info: String,
}

/// A token that is held for an operation.
#[derive(Clone, Debug)]
pub struct Hold {
    /// Whose token it is.
    pub username: Username,
    /// The challenge that yielded it.
    pub challenge: ChallengeId,
    /// Which hold.
    pub reservation: ReservationId,
    /// What names the work at the bank core: the same for each try, another after a release.
    pub idempotency_key: String,
    /// Whether the token was bound to this very operation.
    pub bound: bool,
    /// When the lease runs out.
    pub expires_at: Timestamp,
    /// Who holds, for the trail.
    pub(super) actor: String,
}

impl Service {
    /// Begins the bank core's protected operation of that name for one of its customers. `reads`: its method changes
    /// nothing. A refusal means that nothing was begun.
    pub async fn begin_operation(
        &self,
        caller: &AccessToken,
        name: &str,
        reads: bool,
        operation: &CoreOperation<'_>,
    ) -> Result<Cleared, Failure> {
        let passage = caller.may_begin(name, reads, operation.username).map_err(|_| Refusal::Forbidden)?;
        // It stands for a proof: that it was ended at another instance is not to be found out seconds later.
        if passage == Passage::Unproven && !self.store().has_access_token(caller.id).await? {
            return Err(Failure::Unauthenticated);
        }
        let actor = caller.actor();
        let begun = self.decide_operation(&actor, operation, |account, terms| {
            // A token that needs no proof does not stand for an account that could give none.
            if passage == Passage::Unproven && (account.is_protected() || !operation.demand.enrolled) {
                // Made when nothing was asked for, it does not outdo what protects the account now.
                let passes = caller.proven || !account.is_protected();
                return passes.then_some(Cleared::NotNeeded).ok_or_else(|| Refusal::Forbidden.into());
            }
            let proof = Proof { session: Some(caller.id), ..operation.proof.clone() };
            match account.clear(terms, operation.demand, &operation.digest, &proof) {
                Ok(clearance) => {
                    let held = self.hold(account, terms, &actor, operation, clearance)?;
                    Ok(held.map_or(Cleared::NotNeeded, Cleared::Held))
                }
                Err(objection) => self.ask(account, terms, Some(caller), operation, objection).map(Cleared::Challenged),
            }
        });
        begun.await?.unwrap_or_else(|| Err(no_account(caller)))
    }

    /// Loads, decides and writes, as [`reverting`](super::reverting) says. `None`: there is no such account.
    pub(super) async fn decide_operation<T>(
        &self,
        actor: &str,
        operation: &CoreOperation<'_>,
        mut decide: impl FnMut(&mut Account, &Terms<'_>) -> Result<T, Failure>,
    ) -> Result<Option<Result<T, Failure>>, Failure> {
        let decided = self.store().transact(
            Wanted::account(operation.username),
            Author::durable(actor),
            super::reverting(|account, now| decide(account, &self.terms(now))),
        );
        let decided = decided.await?;
        super::measure(decided.as_ref());
        Ok(decided)
    }

    /// Holds the token that clears the operation; `None`: it is cleared without one.
    pub(super) fn hold(
        &self,
        account: &mut Account,
        terms: &Terms<'_>,
        actor: &str,
        operation: &CoreOperation<'_>,
        clearance: Clearance,
    ) -> Result<Option<Hold>, Failure> {
        let Clearance::Token(id) = clearance else { return Ok(None) };
        let holding = Holding {
            reservation: ReservationId::new(terms.now, self.chance()),
            lease: terms.limits.reservation_lease,
            operation: operation.digest,
            idempotent: operation.demand.idempotent,
        };
        let Reservation { id: reservation, until, first, .. } = account.hold(terms, id, &holding)?;
        Ok(Some(Hold {
            username: account.username.clone(),
            challenge: id,
            reservation,
            idempotency_key: first.to_string(),
            bound: account.challenge(id)?.operation.is_some(),
            expires_at: until,
            actor: actor.to_owned(),
        }))
    }

    /// Asks for the proof that is missing, in the way that the operation wants; any other objection is a refusal.
    pub(super) fn ask(
        &self,
        account: &Account,
        terms: &Terms<'_>,
        caller: Option<&AccessToken>,
        operation: &CoreOperation<'_>,
        objection: Objection,
    ) -> Result<Vec<TalerChallenge>, Failure> {
        if operation.on_missing == OnMissing::Challenge && objection == Objection::Required {
            let challenges = self.offer_taler(account, terms, caller, operation)?;
            if !challenges.is_empty() {
                return Ok(challenges);
            }
        }
        let (demand, summary) = (operation.demand, operation.summary.as_ref());
        Err(self.objected(account, terms, demand, operation.digest, summary, objection))
    }
}
