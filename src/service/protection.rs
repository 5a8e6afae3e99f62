//! The service's own protected operations: what proof they ask for, and the ticket that says for what.

use super::{Failure, Service};
use crate::domain::{
    account::{Account, Terms},
    caller::AccessToken,
    operation::OperationDigest,
    refusal::{Refusal, Requirement},
    rules::protect::{Clearance, Objection},
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
