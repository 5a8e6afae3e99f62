//! What a protected operation asks for, and the ticket that says for what; and the service's own ones.

use super::{Failure, Service};
use crate::domain::{
    account::{Account, Terms},
    assurance::Demand,
    caller::AccessToken,
    operation::OperationDigest,
    refusal::{Refusal, Requirement},
    rules::protect::{Clearance, Objection, Proof},
    secret::SecretHash,
    ticket::Ticket,
};

/// A request that may turn out to be protected: which one exactly, and the proof that came with it.
#[derive(Clone, Copy, Debug)]
pub struct ProtectedRequest {
    /// The digest of account, method, path with query, and body.
    pub operation: OperationDigest,
    /// The hash of the one-shot token that came with it.
    pub presented: Option<SecretHash>,
}

/// What cannot be shown cannot be approved (`api.md` section 6), in characters.
const LONGEST_SUMMARY: usize = 140;
const TOO_LONG_TO_SHOW: Refusal = Refusal::Parameter {
    name: "address",
    trouble: "It is too long to be shown whole to the customer who has to approve it.",
};

impl Service {
    /// Whether one of the service's own operations may begin. Operators need no TAN; an API token never may.
    pub(super) fn clear(
        &self,
        account: &mut Account,
        terms: &Terms<'_>,
        caller: &AccessToken,
        request: &ProtectedRequest,
        summary: &str,
    ) -> Result<Clearance, Failure> {
        if caller.needs_no_tan() {
            return Ok(Clearance::NotNeeded);
        }
        caller.may_begin_own_operation().map_err(|_| Refusal::Forbidden)?;
        if summary.chars().count() > LONGEST_SUMMARY {
            return Err(TOO_LONG_TO_SHOW.into());
        }
        let demand = Demand::of(self.0.parts.own_operations);
        let proof = Proof::token(request.presented);
        account
            .clear(terms, demand, &request.operation, &proof)
            .map_err(|objection| self.objected(account, terms, demand, request.operation, Some(summary), objection))
    }

    /// What a caller is told whose operation may not begin.
    pub(super) fn objected(
        &self,
        account: &Account,
        terms: &Terms<'_>,
        demand: Demand,
        operation: OperationDigest,
        summary: Option<&str>,
        objection: Objection,
    ) -> Failure {
        let refusal = match objection {
            Objection::Required => match self.require(account, terms, demand, operation, summary) {
                Ok(requirement) => Refusal::TanRequired(Box::new(requirement)),
                Err(failure) => return failure,
            },
            Objection::Invalid => Refusal::TokenInvalid,
            Objection::WrongOperation => Refusal::TokenWrongOperation,
            Objection::Reserved { retry_after } => Refusal::TokenReserved { retry_after },
        };
        refusal.into()
    }

    /// What an operation asks for: a ticket for exactly it, and the channels that can prove it.
    pub(super) fn require(
        &self,
        account: &Account,
        terms: &Terms<'_>,
        demand: Demand,
        operation: OperationDigest,
        summary: Option<&str>,
    ) -> Result<Requirement, Failure> {
        let ticket = Ticket {
            account: account.id,
            operation,
            expires_at: terms.now.plus(terms.limits.ticket_lifetime),
            summary: summary.map(ToOwned::to_owned),
        };
        Ok(Requirement {
            assurance: demand.assurance.name(),
            ticket: ticket.seal(self.ring(), self.chance())?,
            summary: summary.map(|summary| account.masked_text(summary)),
            channels: account.offered_of(terms, demand.strength),
        })
    }
}
