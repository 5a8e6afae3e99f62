//! Whether a protected operation may begin, and what becomes of the token that it came with
//! (`api.md` section 6; PSD2 RTS art. 5(1)(b)–(d)).

use std::time::Duration;

use crate::domain::{
    account::{Account, Terms},
    challenge::{Challenge, Reservation, State},
    event::{Event, EventKind},
    id::{ChallengeId, ReservationId},
    operation::OperationDigest,
    refusal::Refusal,
    secret::SecretHash,
};

/// What proof an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// A one-shot token.
    Token,
    /// A one-shot token that is bound to this very request.
    Bound,
}

impl Assurance {
    /// The name on the wire and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Bound => "bound",
        }
    }

    /// The assurance of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Token, Self::Bound].into_iter().find(|assurance| assurance.name() == name)
    }
}

/// Why an operation may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clearance {
    /// Nothing is asked for: no active channel, or an operator.
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
    /// No proof, or none that suffices; a token that came stays as it is.
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
    /// Whether the operation may begin. An account without any active channel passes, and its token is ignored.
    pub fn clear(
        &mut self,
        terms: &Terms<'_>,
        assurance: Assurance,
        operation: &OperationDigest,
        presented: Option<SecretHash>,
    ) -> Result<Clearance, Objection> {
        if self.channels.is_empty() {
            return Ok(Clearance::NotNeeded);
        }
        let presented = presented.ok_or(Objection::Required)?;
        let challenge = self.token_holder(presented).ok_or(Objection::Invalid)?;
        let (id, bound_to) = (challenge.id, challenge.operation);
        refuse_token(terms, challenge)?;
        match (bound_to, assurance) {
            (Some(bound_to), _) if bound_to != *operation => {
                self.void(id, "the token came with another operation");
                self.note(Event::of(EventKind::TokenMismatched).about(id));
                Err(Objection::WrongOperation)
            }
            (None, Assurance::Bound) => Err(Objection::Required),
            _ => Ok(Clearance::Token(id)),
        }
    }

    /// Looks at every token, whichever it is, so that the time tells nothing.
    fn token_holder(&self, presented: SecretHash) -> Option<&Challenge> {
        self.challenges.iter().fold(None, |found, challenge| match challenge.state {
            State::Solved(Some(token)) if token.hash == presented => Some(challenge),
            _ => found,
        })
    }

    /// Holds a token for an operation that is not over with this transition. Refuses one that is not free to be held,
    /// whatever was decided before.
    pub fn hold(
        &mut self,
        terms: &Terms<'_>,
        id: ChallengeId,
        reservation: ReservationId,
        lease: Duration,
    ) -> Result<(), Refusal> {
        let challenge = self.challenge_mut(id)?;
        refuse_token(terms, challenge).map_err(|objection| match objection {
            Objection::Reserved { retry_after } => Refusal::TokenReserved { retry_after },
            _ => Refusal::TokenInvalid,
        })?;
        if let State::Solved(Some(token)) = &mut challenge.state {
            token.reservation = Some(Reservation { id: reservation, until: terms.now.plus(lease) });
            self.note(Event::of(EventKind::TokenReserved).about(id));
        }
        Ok(())
    }

    /// The operation that was cleared succeeded within this transition.
    pub fn pay(&mut self, cleared: Clearance) {
        if let Clearance::Token(id) = cleared {
            self.spend(id);
        }
    }

    /// The operation succeeded: its token is spent, and the time it took does not matter any more.
    pub fn spend(&mut self, id: ChallengeId) {
        let Ok(challenge) = self.challenge_mut(id) else { return };
        if matches!(challenge.state, State::Solved(Some(_))) {
            challenge.state = State::Spent;
            self.note(Event::of(EventKind::TokenSpent).about(id));
        }
    }

    /// The operation certainly had no effect: its token is free again, until it runs out.
    pub fn release(&mut self, id: ChallengeId) {
        let Ok(challenge) = self.challenge_mut(id) else { return };
        if let State::Solved(Some(token)) = &mut challenge.state
            && token.reservation.take().is_some()
        {
            self.note(Event::of(EventKind::TokenReleased).about(id));
        }
    }
}

/// Objects to a token that is not free: in use, or proving nothing.
fn refuse_token(terms: &Terms<'_>, challenge: &Challenge) -> Result<(), Objection> {
    let State::Solved(Some(token)) = challenge.state else { return Err(Objection::Invalid) };
    match token.reservation {
        Some(held) if terms.now < held.until => Err(Objection::Reserved { retry_after: held.until.since(terms.now) }),
        None if token.is_alive(terms.now) => Ok(()),
        // Run out; or its holder died and the outcome is not known, unless the holder's work is taken up and settled.
        _ => Err(Objection::Invalid),
    }
}
