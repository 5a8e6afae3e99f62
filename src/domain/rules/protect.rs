//! Whether a protected operation may begin (`api.md` section 6; PSD2 RTS art. 5(1)(b)–(d)). What becomes of the token
//! that it came with stands in [`settle`](super::settle).

use std::time::Duration;

use crate::domain::{
    account::{Account, Terms},
    assurance::{Assurance, Demand},
    challenge::{Challenge, ChallengeKind, State, TokenStanding},
    event::{Event, EventKind},
    id::{AccessTokenId, ChallengeId},
    operation::OperationDigest,
    secret::SecretHash,
};

/// What a request brings to prove itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// The hash of the one-shot token that came with it.
    pub token: Option<SecretHash>,
    /// The hashes of the ids of Taler's challenges that came with it.
    pub taler: Vec<SecretHash>,
    /// The session that asks: it may be stepped up.
    pub session: Option<AccessTokenId>,
}

impl Proof {
    /// A one-shot token or nothing.
    #[must_use]
    pub const fn token(presented: Option<SecretHash>) -> Self {
        Self { token: presented, taler: Vec::new(), session: None }
    }
}

/// Why an operation may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clearance {
    /// Nothing is asked for: no active channel, an operator, a stepped-up session where that is enough.
    NotNeeded,
    /// The token of this solved challenge.
    Token(ChallengeId),
}

impl Clearance {
    /// The challenge whose token pays.
    #[must_use]
    pub const fn paid_by(self) -> Option<ChallengeId> {
        match self {
            Self::NotNeeded => None,
            Self::Token(id) => Some(id),
        }
    }
}

/// Why it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// No proof, or none that suffices. A token that came stays as it is; one of Taler's challenges that was solved for
    /// another operation is void from now on, and this must be written.
    Required,
    /// The token proves nothing.
    Invalid,
    /// The token was bound to another operation, and is void from now on: this must be written.
    WrongOperation,
    /// Another request holds the token.
    Reserved {
        /// Until when at the most.
        retry_after: Duration,
    },
}

impl Account {
    /// Whether the operation may begin. An account without any active channel passes, unless the operation asks for
    /// one, and its token is ignored.
    pub fn clear(
        &mut self,
        terms: &Terms<'_>,
        demand: Demand,
        operation: &OperationDigest,
        proof: &Proof,
    ) -> Result<Clearance, Objection> {
        if demand.assurance == Assurance::None || (!self.is_protected() && !demand.enrolled) {
            return Ok(Clearance::NotNeeded);
        }
        if !self.is_protected() {
            return Err(Objection::Required);
        }
        if demand.assurance == Assurance::Session && self.stepped_up(terms.now, proof.session) >= Some(demand.strength)
        {
            return Ok(Clearance::NotNeeded);
        }
        match proof.token {
            Some(presented) => {
                let holder = self.token_holder(ChallengeKind::Token, presented).ok_or(Objection::Invalid)?;
                self.clear_token(terms, demand, operation, holder)
            }
            None => self.clear_taler(terms, demand, operation, &proof.taler),
        }
    }

    /// Of Taler's challenges, one that is solved for this operation suffices; any other proves nothing and is asked for
    /// again (`api.md` section 6c).
    fn clear_taler(
        &mut self,
        terms: &Terms<'_>,
        demand: Demand,
        operation: &OperationDigest,
        presented: &[SecretHash],
    ) -> Result<Clearance, Objection> {
        let mut objection = Objection::Required;
        for presented in presented {
            let Some(holder) = self.token_holder(ChallengeKind::Taler, *presented) else { continue };
            match self.clear_token(terms, demand, operation, holder) {
                Ok(clearance) => return Ok(clearance),
                Err(reserved @ Objection::Reserved { .. }) => objection = reserved,
                Err(_) => {}
            }
        }
        Err(objection)
    }

    fn clear_token(
        &mut self,
        terms: &Terms<'_>,
        demand: Demand,
        operation: &OperationDigest,
        id: ChallengeId,
    ) -> Result<Clearance, Objection> {
        let challenge = self.challenge(id).map_err(|_| Objection::Invalid)?;
        let unsettled = match challenge.token_standing(terms.now) {
            TokenStanding::Dead => return Err(Objection::Invalid),
            TokenStanding::Held { retry_after } => return Err(Objection::Reserved { retry_after }),
            TokenStanding::Unsettled(lapsed) => Some(lapsed.operation),
            TokenStanding::Free => None,
        };
        let (bound, channel) = (challenge.operation.is_some(), challenge.channel());
        let counts = challenge.counts_from.is_none_or(|from| from <= terms.now);
        if challenge.operation.or(unsettled).is_some_and(|bound_to| bound_to != *operation) {
            self.void(id, "the token came with another operation");
            self.note(Event::of(EventKind::TokenMismatched).about(id));
            return Err(Objection::WrongOperation);
        }
        let insufficient = demand.assurance == Assurance::Bound && (!bound || !counts);
        // A channel that the bank has switched off proves nothing, whatever was solved on it before.
        if insufficient || !terms.policy.serves(channel) || terms.strengths.of(channel) < demand.strength {
            return Err(Objection::Required);
        }
        // Who asks now must know as well that a repeat does nothing twice.
        if unsettled.is_some() && !demand.idempotent {
            return Err(Objection::Invalid);
        }
        Ok(Clearance::Token(id))
    }

    /// The challenge that yielded a token. Looks at every one, so that the time tells nothing.
    fn token_holder(&self, kind: ChallengeKind, presented: SecretHash) -> Option<ChallengeId> {
        let of_kind = self.challenges.iter().filter(|challenge| challenge.kind == kind);
        of_kind.fold(None, |found, challenge: &Challenge| match challenge.state {
            State::Solved(Some(token)) if token.hash == presented => Some(challenge.id),
            _ => found,
        })
    }
}
