//! What becomes of a one-shot token: held, spent, released, or with an outcome that is not known (`api.md` section 6).
//!
//! | what the holder saw | not idempotent | idempotent |
//! |---|---|---|
//! | 2xx, 3xx | spent | spent |
//! | 4xx but 408, 425, 429; could not be connected to | released | released |
//! | 5xx, 408, 425, 429 | void at once | tried again at once, under the same key |
//! | a hang-up, a time-out | void at once | tried again when the lease is over, under the same key |
//! | nothing: the holder died | void when the lease is over | tried again when the lease is over, under the same key |
//!
//! What is tried again has an earlier try whose outcome is not known. That this one had no effect says nothing of that:
//! a bank core may refuse a repeat because the first is still at work. So it stays as it is, under the same key.
//!
//! Only the latest holder settles. It may do so late, which settles an outcome that was not known.

use std::time::Duration;

use crate::domain::{
    account::{Account, Terms},
    challenge::{Reservation, State, TokenStanding},
    event::{Event, EventKind},
    id::{ChallengeId, ReservationId},
    operation::OperationDigest,
    refusal::Refusal,
    rules::protect::Clearance,
};

/// What the side that held a token knows of its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Succeeded,
    /// It certainly had no effect.
    NoEffect,
    /// Not known.
    Unknown {
        /// Whether nothing of it can still be at work: the answer came, and was complete.
        over: bool,
    },
}

impl Outcome {
    /// What a status line says (RFC 9110 section 15): 408, 425 and 429 may come from something on the way that had
    /// passed the request on. An interim one is no complete answer: the work goes on behind it.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            100..=199 => Self::Unknown { over: false },
            200..=399 => Self::Succeeded,
            408 | 425 | 429 => Self::Unknown { over: true },
            400..=499 => Self::NoEffect,
            _ => Self::Unknown { over: true },
        }
    }
}

/// What a settlement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// As said, now or before.
    Done,
    /// The hold was released, or another request holds the token now: nothing was changed.
    NotHeld,
}

/// A hold that is about to begin.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    /// Its id.
    pub reservation: ReservationId,
    /// How long its holder is waited for.
    pub lease: Duration,
    /// What for.
    pub operation: OperationDigest,
    /// Whether a repeat under the same key does nothing twice.
    pub idempotent: bool,
}

impl Account {
    /// Holds a token for an operation that is not over with this transition. Refuses one that is not free to be held,
    /// whatever was decided before: while an outcome is not known, for anything but the same work again, which keeps its
    /// `Idempotency-Key`.
    pub fn hold(&mut self, terms: &Terms<'_>, id: ChallengeId, holding: &Holding) -> Result<Reservation, Refusal> {
        let challenge = self.challenge_mut(id)?;
        let first = match challenge.token_standing(terms.now) {
            TokenStanding::Dead => return Err(Refusal::TokenInvalid),
            TokenStanding::Held { retry_after } => return Err(Refusal::TokenReserved { retry_after }),
            TokenStanding::Unsettled(lapsed) if lapsed.operation != holding.operation || !holding.idempotent => {
                return Err(Refusal::TokenInvalid);
            }
            TokenStanding::Unsettled(lapsed) => lapsed.first,
            TokenStanding::Free => holding.reservation,
        };
        let reservation = Reservation {
            id: holding.reservation,
            until: terms.now.plus(holding.lease),
            operation: holding.operation,
            first,
            idempotent: holding.idempotent,
            told: false,
        };
        challenge.reservation = Some(reservation);
        self.note(Event::of(EventKind::TokenReserved).about(id).with("reservation", reservation.id.to_string()));
        Ok(reservation)
    }

    /// The operation that was cleared succeeded within this transition.
    pub fn pay(&mut self, cleared: Clearance) {
        if let Clearance::Token(id) = cleared {
            self.spend(id);
        }
    }

    /// The operation succeeded within this transition: its token is spent.
    pub fn spend(&mut self, id: ChallengeId) {
        let Ok(challenge) = self.challenge_mut(id) else { return };
        if matches!(challenge.state, State::Solved(Some(_))) {
            challenge.state = State::Spent;
            self.note(Event::of(EventKind::TokenSpent).about(id));
        }
    }

    /// Tells the trail that a holder said nothing until its lease ran out. Of no effect on the token: its standing
    /// follows from the time.
    pub fn tell_lapse(&mut self, terms: &Terms<'_>, id: ChallengeId) {
        let Ok(challenge) = self.challenge_mut(id) else { return };
        let unsettled = matches!(challenge.state, State::Solved(Some(_)));
        let held = challenge.reservation.as_mut().filter(|held| unsettled && !held.told && held.until <= terms.now);
        if let Some(held) = held {
            held.told = true;
            let event = Event::of(EventKind::TokenLapsed).about(id).with("reservation", held.id.to_string());
            self.note(event);
        }
    }

    /// Settles what a hold began. A token that was voided meanwhile is spent all the same when its operation succeeded:
    /// the trail says what happened, and a success is never undone.
    pub fn settle(
        &mut self,
        terms: &Terms<'_>,
        id: ChallengeId,
        reservation: ReservationId,
        outcome: Outcome,
    ) -> Settled {
        let Ok(challenge) = self.challenge_mut(id) else { return Settled::NotHeld };
        let Some(held) = challenge.reservation.as_mut().filter(|held| held.id == reservation) else {
            return Settled::NotHeld;
        };
        let kind = match (challenge.state, outcome) {
            (State::Spent, _) => return Settled::Done,
            (_, Outcome::Succeeded) => {
                challenge.state = State::Spent;
                EventKind::TokenSpent
            }
            (_, Outcome::NoEffect) if held.id == held.first => {
                challenge.reservation = None;
                EventKind::TokenReleased
            }
            (_, outcome) => {
                let known = *held;
                if outcome != (Outcome::Unknown { over: false }) || !held.idempotent {
                    held.until = held.until.min(terms.now);
                }
                held.told = true;
                if *held == known {
                    return Settled::Done; // the trail has it
                }
                EventKind::TokenUnsettled
            }
        };
        self.note(Event::of(kind).about(id).with("reservation", reservation.to_string()));
        Settled::Done
    }
}
