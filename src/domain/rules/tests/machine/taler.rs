//! Taler's challenges: offered as ids of which nothing is stored, sent, solved, and void with all others.

use super::{
    ledger::{Ledger, Life},
    play::{Named, Play},
    step::{Guess, Pick},
};
use crate::domain::{
    assurance::{Assurance, Demand},
    challenge::ChallengeKind,
    channel::{Channel, Strength},
    id::{ChallengeId, TransmissionId},
    refusal::{OfferedChannel, Refusal},
    rules::request::NewChallenge,
    taler::TalerId,
    testing::Scene,
    time::Timestamp,
};

/// An id that was handed out.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) id: TalerId,
    operation: u8,
    session: u8,
    until: Timestamp,
    pub(super) void: bool,
}

/// What a sending is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    First,
    /// The challenge is known, and nothing is sent of it.
    None,
    Again {
        fresh: bool,
    },
}

impl Ledger {
    fn transmit(&mut self, offer: &Offer, transmission: TransmissionId) -> Result<Message, Refusal> {
        let id = offer.id.challenge;
        if self.entries.iter().all(|entry| entry.id != id) {
            let known = !offer.void && self.now < offer.until;
            return known.then_some(()).ok_or(Refusal::TransactionNotFound).and_then(|()| {
                self.refuse_blocked()?;
                if !self.serves(offer.id.channel) {
                    return Err(Refusal::ChannelNotSupported);
                }
                self.refuse_hot(offer.id.channel, |_| false).map(|()| Message::First)
            });
        }
        match self.entry(id).life {
            Life::Solved => return Err(Refusal::ChallengeSolved),
            Life::Aborted | Life::Void => return Err(Refusal::TransactionNotFound),
            Life::Open => self.refuse_blocked()?,
        }
        if self.now >= self.entry(id).ends {
            return Err(Refusal::TransactionNotFound);
        }
        let entry = self.entry(id);
        if !entry.channel().transmits() {
            let limit = "attempts_per_tan";
            let retry_after = entry.ends.since(self.now);
            let exhausted = entry.wrong >= self.limits.attempts_per_tan;
            return if exhausted { Err(Refusal::RateLimited { limit, retry_after }) } else { Ok(Message::None) };
        }
        self.retransmit(id, transmission).map(|fresh| Message::Again { fresh })
    }
}

impl Play {
    pub(super) fn offer(&mut self, channel: Channel, operation: u8, session: u8) -> Option<ChallengeId> {
        self.check_offers();
        self.ledger.serves(channel).then_some(())?;
        let id = TalerId { session: Some(Scene::session(session)), ..self.scene.offer(channel, operation) };
        let (until, challenge) = (self.scene.now.plus(self.scene.limits.ticket_lifetime), id.challenge);
        self.ledger.offers.push(Offer { id, operation, session, until, void: false });
        Some(challenge)
    }

    /// What operations of every kind are offered, at both places.
    fn check_offers(&self) {
        for strength in [Strength::Inform, Strength::Possession] {
            for assurance in [Assurance::Session, Assurance::Token, Assurance::Bound] {
                let demand = Demand { strength, ..Demand::of(assurance) };
                let (account, terms) = (&self.scene.account, &self.scene.terms());
                let channels = |offers: Vec<OfferedChannel>| offers.iter().map(|of| of.channel).collect::<Vec<_>>();
                let expected = self.ledger.offered(demand);
                assert_eq!(channels(account.offered(terms, demand)), expected);
                let known: Vec<_> = expected.iter().copied().filter(|channel| channel.transmits()).collect();
                let expected = if known.is_empty() { expected } else { known };
                assert_eq!(channels(account.offered_to_taler(terms, demand)), expected);
            }
        }
    }

    pub(super) fn transmit_of(&mut self, Pick(back): Pick) {
        let offers = &self.ledger.offers;
        let Some(from_youngest) = back.checked_rem(offers.len()) else { return };
        let id = offers.iter().rev().nth(from_youngest).unwrap().id.challenge;
        self.transmit(id);
    }

    pub(super) fn transmit(&mut self, id: ChallengeId) {
        let offer = self.ledger.offers.iter().find(|offer| offer.id.challenge == id).unwrap().clone();
        self.transition(Named { challenge: Some(id), key: None }, |play| {
            let new = NewChallenge { id, ..play.scene.new_challenge(offer.session) };
            let expected = play.ledger.transmit(&offer, new.sending.unwrap().transmission);
            let answer = play.scene.ask(|account, terms| account.transmit_taler(terms, &offer.id, &new));
            assert_eq!(answer, expected.clone().map(|_| ()));
            match expected {
                Ok(Message::First) => {
                    let by = play.ledger.by(offer.id.channel);
                    play.write(&new, ChallengeKind::Taler, by, offer.session).bound = Some(offer.operation);
                }
                Ok(Message::Again { fresh }) => play.message(id, fresh),
                Ok(Message::None) | Err(_) => {}
            }
        });
    }

    pub(super) fn prove_taler(&mut self, channel: Channel, operation: u8, session: u8) {
        let before = self.ledger.entries.len();
        let Some(id) = self.offer(channel, operation, session) else { return };
        self.transmit(id);
        if self.ledger.entries.len() > before {
            self.record(id, true, false);
            self.attempt(id, Guess::Right);
        }
    }

    /// At which endpoints a challenge is known.
    pub(super) fn known_at(&self, id: ChallengeId) {
        let (entry, account) = (self.ledger.entry(id), &self.scene.account);
        let unknown = Err(Refusal::ChallengeNotFound);
        let (here, there) =
            if entry.kind == ChallengeKind::Taler { (unknown.clone(), Ok(())) } else { (Ok(()), unknown) };
        assert_eq!(account.refuse_taler(id), here);
        let there = if entry.is_unsent() { Err(Refusal::ChallengeNotFound) } else { there };
        assert_eq!(account.refuse_unsent_taler(id), there);
    }
}
