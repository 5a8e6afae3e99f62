//! The ledger's tokens: every hold that there ever was, and whether it was given back.

use std::time::Duration;

use super::ledger::{Entry, Ledger, Life};
use crate::domain::{
    assurance::{Assurance, Demand},
    challenge::ChallengeKind,
    id::{ChallengeId, ReservationId},
    refusal::Refusal,
    rules::{
        protect::{Clearance, Objection},
        settle::{Outcome, Settled},
    },
    time::Timestamp,
};

/// An operation that a token was held for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) holder: ReservationId,
    /// The first of the tries of the same work.
    pub(super) key: ReservationId,
    pub(super) operation: u8,
    pub(super) idempotent: bool,
    pub(super) until: Timestamp,
    pub(super) given_back: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) expires: Timestamp,
    pub(super) holds: Vec<Held>,
    pub(super) spent: bool,
}

impl Token {
    pub(super) const fn new(expires: Timestamp) -> Self {
        Self { expires, holds: Vec::new(), spent: false }
    }

    /// The latest hold, unless it was given back.
    pub(super) fn last(&self) -> Option<&Held> {
        self.holds.last().filter(|held| !held.given_back)
    }
}

/// What a request brings.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) token: Option<ChallengeId>,
    pub(super) taler: Vec<ChallengeId>,
    /// The session that asks.
    pub(super) session: Option<u8>,
}

/// Where a token stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stand {
    Free,
    Held(Duration),
    /// The same work alone.
    Again(Held),
    Dead,
}

impl Entry {
    pub(super) fn stand(&self, now: Timestamp) -> Stand {
        let Some(token) = self.token.as_ref().filter(|token| self.life == Life::Solved && !token.spent) else {
            return Stand::Dead;
        };
        match token.last() {
            Some(held) if now < held.until => Stand::Held(held.until.since(now)),
            _ if now >= token.expires => Stand::Dead,
            Some(held) if held.idempotent => Stand::Again(*held),
            Some(_) => Stand::Dead,
            None => Stand::Free,
        }
    }
}

impl Ledger {
    /// Holds a token that is free for it.
    pub(super) fn hold(&mut self, id: ChallengeId, mut held: Held) -> Held {
        match self.entry(id).stand(self.now) {
            Stand::Free => {}
            Stand::Again(first) => held.key = first.key,
            other => panic!("{other:?} is not free"),
        }
        self.entry_mut(id).token.as_mut().unwrap().holds.push(held);
        held
    }

    /// An operation succeeded within one transition.
    pub(super) fn spend(&mut self, id: ChallengeId) {
        let token = self.entry_mut(id).token.as_mut().unwrap();
        assert!(!token.spent);
        token.spent = true;
    }

    /// A holder, of now or of before, says what became of its work. Its token must have been handed to the rules while
    /// that matters.
    pub(super) fn settle(&mut self, id: ChallengeId, holder: ReservationId, outcome: Outcome) -> Settled {
        let (now, loaded) = (self.now, self.loaded.contains(&id));
        assert!(loaded || !self.entry(id).matters(now, &self.limits), "a token that matters was not loaded");
        let entry = self.entry_mut(id);
        let Some(token) = entry.token.as_mut().filter(|_| loaded) else { return Settled::NotHeld };
        let Some(held) = token.holds.last_mut().filter(|held| held.holder == holder && !held.given_back) else {
            return Settled::NotHeld;
        };
        match outcome {
            _ if token.spent => {}
            Outcome::Succeeded => (token.spent, entry.life) = (true, Life::Solved),
            Outcome::NoEffect if held.key == held.holder => held.given_back = true,
            Outcome::Unknown { over: false } if held.idempotent => {}
            Outcome::NoEffect | Outcome::Unknown { .. } => held.until = held.until.min(now),
        }
        Settled::Done
    }

    pub(super) fn abort(&mut self, id: ChallengeId) -> Result<(), Refusal> {
        let entry = self.entry(id);
        if let Stand::Held(retry_after) = entry.stand(self.now) {
            return Err(Refusal::TokenReserved { retry_after });
        }
        let unspent = entry.token.as_ref().is_some_and(|token| !token.spent);
        if entry.life == Life::Open || entry.life == Life::Solved && unspent {
            self.entry_mut(id).life = Life::Aborted;
        }
        Ok(())
    }

    pub(super) fn clear(&mut self, shown: &Shown, asks: Demand, operation: u8) -> Result<Clearance, Objection> {
        let nobody = self.is_bare();
        let strong_session = self.shown_by(shown.session).is_some_and(|strength| strength >= asks.strength);
        let by_session = asks.assurance == Assurance::Session && strong_session;
        match asks.assurance {
            Assurance::None => return Ok(Clearance::NotNeeded),
            _ if nobody && asks.enrolled => return Err(Objection::Required),
            _ if nobody || by_session => return Ok(Clearance::NotNeeded),
            _ => {}
        }
        if let Some(id) = shown.token {
            let of_kind = self.entry(id).kind == ChallengeKind::Token;
            return if of_kind { self.judge(id, asks, operation) } else { Err(Objection::Invalid) };
        }
        let mut objection = Objection::Required;
        for id in &shown.taler {
            if self.entry(*id).kind != ChallengeKind::Taler {
                continue;
            }
            match self.judge(*id, asks, operation) {
                Ok(clearance) => return Ok(clearance),
                Err(Objection::Reserved { retry_after }) => objection = Objection::Reserved { retry_after },
                Err(_) => {}
            }
        }
        Err(objection)
    }

    fn judge(&mut self, id: ChallengeId, asks: Demand, operation: u8) -> Result<Clearance, Objection> {
        let entry = self.entry(id);
        let earlier = match entry.stand(self.now) {
            Stand::Dead => return Err(Objection::Invalid),
            Stand::Held(retry_after) => return Err(Objection::Reserved { retry_after }),
            Stand::Again(held) => Some(held),
            Stand::Free => None,
        };
        let weak = self.strengths.of(entry.channel()) < asks.strength;
        let young = entry.counts.is_some_and(|from| self.now < from);
        let loose = (entry.bound.is_none() || young) && asks.assurance == Assurance::Bound;
        let serves = |bound: Option<u8>| bound.is_none_or(|bound| bound == operation);
        if !serves(entry.bound) || !serves(earlier.map(|held| held.operation)) {
            self.void(id);
            return Err(Objection::WrongOperation);
        }
        match earlier {
            _ if weak || loose => Err(Objection::Required),
            Some(_) if !asks.idempotent => Err(Objection::Invalid),
            _ => Ok(Clearance::Token(id)),
        }
    }
}
