//! What a protected operation asks for, and the ticket that says for what; and the service's own ones.

use super::{Failure, Service};
use crate::domain::{
    account::{Account, Terms},
    assurance::{Assurance, Demand},
    caller::AccessToken,
    language::Language,
    operation::OperationDigest,
    refusal::{Refusal, Requirement},
    rules::protect::{Clearance, Objection, Proof},
    secret::SecretHash,
    summary::{Approval, Summary},
    ticket::Ticket,
};

/// A request that may turn out to be protected: which one exactly, and the proof that came with it.
#[derive(Clone, Debug)]
pub struct ProtectedRequest {
    /// The digest of account, method, path with query, and body.
    pub operation: OperationDigest,
    /// The hash of the one-shot token that came with it.
    pub presented: Option<SecretHash>,
    /// The language that the client prefers of those that are spoken here.
    pub language: Option<Language>,
}

/// What cannot be shown as it is cannot be approved (`api.md` section 6).
const NOT_TO_BE_SHOWN: Refusal = Refusal::Parameter {
    name: "address",
    trouble: "It is too long to be shown whole to the customer who has to approve it, or has characters that cannot be shown.",
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
        self.clear_at(account, terms, caller, request, Demand::of(Assurance::None), summary)
    }

    /// The same for one that asks for at least as much as that.
    pub(super) fn clear_at(
        &self,
        account: &mut Account,
        terms: &Terms<'_>,
        caller: &AccessToken,
        request: &ProtectedRequest,
        least: Demand,
        summary: &str,
    ) -> Result<Clearance, Failure> {
        if caller.needs_no_tan() {
            return Ok(Clearance::NotNeeded);
        }
        caller.may_begin_own_operation().map_err(|_| Refusal::Forbidden)?;
        if !is_shown_as_it_is(summary) {
            return Err(NOT_TO_BE_SHOWN.into());
        }
        let demand = account.own_demand(terms, self.0.parts.own_operations).and_as_much_as(least);
        let proof = Proof::token(request.presented);
        account.clear(terms, demand, &request.operation, &proof).map_err(|objection| {
            let approval = Approval::of(summary);
            self.objected(account, terms, demand, request.operation, Some(&approval), objection)
        })
    }

    /// What a caller is told whose operation may not begin.
    pub(super) fn objected(
        &self,
        account: &Account,
        terms: &Terms<'_>,
        demand: Demand,
        operation: OperationDigest,
        summary: Option<&Approval>,
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
        summary: Option<&Approval>,
    ) -> Result<Requirement, Failure> {
        let ticket = Ticket {
            account: account.id,
            operation,
            expires_at: terms.now.plus(terms.limits.ticket_lifetime),
            summary: summary.cloned(),
        };
        Ok(Requirement {
            assurance: demand.assurance.name(),
            ticket: ticket.seal(self.ring(), self.chance())?,
            summary: summary.map(|summary| account.masked_text(summary.whole())),
            channels: account.offered(terms, demand),
        })
    }
}

/// Nothing of an address may become a blank: what is shown would be another one, and could not be found to be masked.
fn is_shown_as_it_is(summary: &str) -> bool {
    Summary::of(summary).is_ok_and(|shown| shown.as_str() == summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_would_be_shown_otherwise_is_not_shown_at_all() {
        let by_email = |address: &str| is_shown_as_it_is(&format!("send TANs by email to {address}"));
        assert!(by_email("alice+tan#1@example.com"));
        for address in ["a\u{200B}b@example.com", "a\u{202E}b@example.com", &"x".repeat(140)] {
            assert!(!by_email(address), "{address:?}");
        }
    }
}
