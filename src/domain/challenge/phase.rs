//! What the world is told of how far a challenge has come: its state, with what follows from the time and the counts.

use super::{Challenge, State, TokenStanding};
use crate::domain::time::Timestamp;

/// The wire's `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The right TAN would be accepted.
    Open,
    /// Solved, and its token unspent.
    Solved,
    /// Its token was spent.
    Spent,
    /// Out of time, or its token ran out unspent.
    Expired,
    /// Its TAN stands no further try; a fresh one may be sent.
    Exhausted,
    /// Ended by the customer.
    Aborted,
    /// Ended by something else.
    Void,
}

impl Phase {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Solved => "solved",
            Self::Spent => "spent",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Aborted => "aborted",
            Self::Void => "void",
        }
    }
}

impl Challenge {
    /// Where it stands for the world.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> Phase {
        match self.state {
            State::Open if self.attempts_left == 0 => Phase::Exhausted,
            State::Open if now >= self.tan_expires_at => Phase::Expired,
            State::Open => Phase::Open,
            State::Solved(None) => Phase::Solved,
            State::Solved(Some(_)) if self.token_standing(now) != TokenStanding::Dead => Phase::Solved,
            State::Solved(Some(_)) if self.reservation.is_some_and(|held| !held.idempotent) => Phase::Void,
            State::Solved(Some(_)) => Phase::Expired,
            State::Spent => Phase::Spent,
            State::Aborted => Phase::Aborted,
            State::Void => Phase::Void,
        }
    }
}
