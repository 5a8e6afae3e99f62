//! Tokens in a scene: presented, held and settled.

use super::{Scene, operation, token_of};
use crate::domain::{
    assurance::{Assurance, Demand},
    id::{ChallengeId, ReservationId},
    refusal::Refusal,
    rules::{
        protect::{Clearance, Objection, Proof},
        settle::{Holding, Outcome, Settled},
    },
};

impl Scene {
    /// Presents the token of that challenge with an operation.
    pub(crate) fn clear(&mut self, id: ChallengeId, asks: Assurance, number: u8) -> Result<Clearance, Objection> {
        self.clear_for(id, Demand::of(asks), number)
    }

    pub(crate) fn clear_for(&mut self, id: ChallengeId, demand: Demand, number: u8) -> Result<Clearance, Objection> {
        let proof = Proof::token(Some(token_of(id)));
        self.ask(|account, terms| account.clear(terms, demand, &operation(number), &proof))
    }

    /// Holds a token for operation 1, which is not repeated.
    pub(crate) fn hold(&mut self, id: ChallengeId) -> Result<ReservationId, Refusal> {
        self.hold_for(id, 1, false)
    }

    pub(crate) fn hold_for(&mut self, id: ChallengeId, number: u8, idempotent: bool) -> Result<ReservationId, Refusal> {
        let holding = Holding {
            reservation: ReservationId::new(self.now, &self.chance),
            lease: self.limits.reservation_lease,
            operation: operation(number),
            idempotent,
        };
        self.ask(|account, terms| account.hold(terms, id, &holding)).map(|held| held.id)
    }

    /// Settles the latest hold on a token.
    pub(crate) fn settle(&mut self, id: ChallengeId, outcome: Outcome) -> Settled {
        let Some(held) = self.challenge(id).reservation else { return Settled::NotHeld };
        self.settle_by(id, held.id, outcome)
    }

    pub(crate) fn settle_by(&mut self, id: ChallengeId, holder: ReservationId, outcome: Outcome) -> Settled {
        self.ask(|account, terms| account.settle(terms, id, holder, outcome))
    }
}
