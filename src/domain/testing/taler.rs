//! Taler's flow in a scene: ids offered, sent, confirmed and shown as proofs, as the service's listener does it.

use super::{Scene, operation, token_of};
use crate::domain::{
    assurance::{Assurance, Demand},
    channel::Channel,
    id::ChallengeId,
    refusal::Refusal,
    rules::{
        attempt::AttemptOutcome,
        protect::{Clearance, Objection, Proof},
        request::NewChallenge,
        transmission::HandOver,
    },
    taler::TalerId,
};

impl Scene {
    /// What an id says that is offered now, with an operation. Nothing is stored of it.
    pub(crate) fn offer(&self, channel: Channel, number: u8) -> TalerId {
        TalerId {
            username: self.account.username.clone(),
            account: self.account.id,
            challenge: ChallengeId::new(self.now, &self.chance),
            epoch: self.account.epoch,
            channel,
            operation: operation(number),
            expires_at: self.now.plus(self.limits.ticket_lifetime),
            session: Some(Self::session(1)),
            summary: None,
        }
    }

    /// Begins the sending of an id's challenge, its first or a further one.
    pub(crate) fn transmit(&mut self, id: &TalerId) -> Result<(), Refusal> {
        let new = NewChallenge { id: id.challenge, ..self.new_challenge(1) };
        self.ask(|account, terms| account.transmit_taler(terms, id, &new))
    }

    /// Tries a TAN at Taler's endpoint.
    pub(crate) fn try_taler(&mut self, id: &TalerId, raw: &str) -> Result<AttemptOutcome, Refusal> {
        self.account.refuse_unsent_taler(id.challenge)?;
        Ok(self.attempt(id.challenge, raw))
    }

    /// An id whose message was handed over.
    pub(crate) fn sent_taler(&mut self, channel: Channel, number: u8) -> TalerId {
        let id = self.offer(channel, number);
        self.transmit(&id).unwrap();
        self.record(id.challenge, HandOver::Sent);
        id
    }

    /// An id whose challenge is solved.
    pub(crate) fn solved_taler(&mut self, channel: Channel, number: u8) -> TalerId {
        let id = self.sent_taler(channel, number);
        let tan = self.tan(id.challenge);
        assert!(matches!(self.try_taler(&id, &tan), Ok(AttemptOutcome::Solved { bound: true, .. })));
        id
    }

    /// Shows ids with an operation that asks for a bound proof.
    pub(crate) fn show(&mut self, ids: &[&TalerId], number: u8) -> Result<Clearance, Objection> {
        let taler = ids.iter().map(|id| token_of(id.challenge)).collect();
        let proof = Proof { taler, ..Proof::default() };
        self.ask(|account, terms| account.clear(terms, Demand::of(Assurance::Bound), &operation(number), &proof))
    }
}
