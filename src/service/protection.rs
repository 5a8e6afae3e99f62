//! The service's own protected operations: what proof they ask for, and the ticket that says for what.

use super::{Failure, Service};
use crate::domain::{
    account::{Account, Terms},
    caller::AccessToken,
    operation::OperationDigest,
    refusal::{Refusal, Requirement},
    rules::protect::{Clearance, Objection},
    secret::SecretHash,
    summary::Summary,
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
        if caller.needs_no_tan() {
            return Ok(Clearance::NotNeeded);
        }
        caller.may_begin_own_operation().map_err(|_| Refusal::Forbidden)?;
        if !is_shown_as_it_is(summary) {
            return Err(NOT_TO_BE_SHOWN.into());
        }
        let assurance = self.0.parts.own_operations;
        account.clear(terms, assurance, &request.operation, request.presented).or_else(|objection| {
            Err(match objection {
                Objection::Required => return self.require(account, terms, request, summary),
                Objection::Invalid => Refusal::TokenInvalid,
                Objection::WrongOperation => Refusal::TokenWrongOperation,
                Objection::Reserved { retry_after } => Refusal::TokenReserved { retry_after },
            }
            .into())
        })
    }

    fn require(
        &self,
        account: &Account,
        terms: &Terms<'_>,
        request: &ProtectedRequest,
        summary: &str,
    ) -> Result<Clearance, Failure> {
        let ticket = Ticket {
            account: account.id,
            operation: request.operation,
            expires_at: terms.now.plus(terms.limits.ticket_lifetime),
            summary: Some(summary.to_owned()),
        };
        let requirement = Requirement {
            assurance: self.0.parts.own_operations.name(),
            ticket: ticket.seal(self.ring(), self.chance())?,
            summary: ticket.summary.map(|summary| account.masked_text(&summary)),
            channels: account.offered(),
        };
        Err(Refusal::TanRequired(Box::new(requirement)).into())
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
