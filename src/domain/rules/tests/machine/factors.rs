//! Steps about tokens, what they pay for, and what ends them.

use std::time::Duration;

use super::{
    ledger::{By, Entry},
    play::{Named, Play},
    step::Pick,
    tokens::{Held, Shown},
};
use crate::domain::{
    address::Address,
    assurance::{Assurance, Demand},
    challenge::ChallengeKind,
    channel::Channel,
    event::{Event, EventKind},
    id::{ChallengeId, ReservationId},
    rules::{
        protect::{Clearance, Objection, Proof},
        settle::{Outcome, Settled},
    },
    testing::{Scene, operation, token_of},
};

impl Play {
    /// Presents what a request brings, and compares the answers.
    pub(super) fn clear(&mut self, shown: &Shown, demand: Demand, number: u8) -> Result<Clearance, Objection> {
        let expected = self.ledger.clear(shown, demand, number);
        let taler = shown.taler.iter().copied().map(token_of).collect();
        let proof = Proof { token: shown.token.map(token_of), taler, session: shown.session.map(Scene::session) };
        let answer = self.scene.ask(|account, terms| account.clear(terms, demand, &operation(number), &proof));
        assert_eq!(answer, expected);
        if let Ok(Clearance::Token(id)) = answer {
            self.witness.cleared(id);
        }
        answer
    }

    /// One of the service's own operations, which are never repeated.
    pub(super) fn clear_own(
        &mut self,
        token: Option<ChallengeId>,
        asks: Assurance,
        number: u8,
    ) -> Result<Clearance, Objection> {
        self.clear(&Shown { token, ..Shown::default() }, Demand::of(asks), number)
    }

    fn held(&self, holder: ReservationId, operation: u8, idempotent: bool, lease: Duration) -> Held {
        let until = self.scene.now.plus(lease);
        Held { holder, key: holder, operation, idempotent, until, given_back: false }
    }

    pub(super) fn enrol(&mut self, address: &Address, payer: Option<Pick>, number: u8, session: u8) {
        let presented = payer.and_then(|payer| self.find(payer));
        self.transition(Named::default(), |play| {
            if play.scene.account.address_to_enrol(address.channel(), Some(address.clone())).is_err() {
                return;
            }
            let Ok(cleared) = play.clear_own(presented, Assurance::Token, number) else { return };
            let new = play.scene.new_challenge(session);
            let held = play.held(ReservationId::of_enrolment(new.id), number, false, play.scene.lease);
            let expected = play.ledger.enrol(address, cleared.paid_by().map(|payer| (payer, held)));
            let asked = address.clone();
            let answer = play.scene.ask(|account, terms| account.enrol(terms, &new, asked, cleared, operation(number)));
            assert_eq!(answer, expected);
            if answer.is_ok() {
                play.write(&new, ChallengeKind::Address, By::Message(address.clone()), session).payer =
                    cleared.paid_by();
                if let Some(payer) = cleared.paid_by() {
                    play.witness.held(payer, held, play.scene.now);
                }
            }
        });
    }

    pub(super) fn drop_pending(&mut self, channel: Channel) {
        self.transition(Named::default(), |play| {
            let now = play.scene.now;
            let chosen = |entry: &Entry| entry.is_pending(channel, now);
            let pending = play.ledger.entries.iter().any(chosen);
            play.ledger.void_where(chosen);
            assert_eq!(play.scene.account.drop_pending(channel, now, "withdrawn"), pending);
        });
    }

    pub(super) fn remove(&mut self, channel: Channel, payer: Option<Pick>, number: u8) {
        let presented = payer.and_then(|payer| self.find(payer));
        self.transition(Named::default(), |play| {
            if !play.scene.account.has(channel) {
                return;
            }
            let Ok(cleared) = play.clear_own(presented, Assurance::Token, number) else { return };
            if channel == Channel::Totp {
                play.witness.removed_devices();
            }
            let expected = play.ledger.remove(channel);
            play.ledger.void_all(cleared.paid_by());
            let told = play.scene.account.remove_channel(channel, cleared.paid_by());
            assert_eq!(told, expected);
            play.pay(cleared);
        });
    }

    pub(super) fn set_address(&mut self, address: &Address) {
        self.transition(Named::default(), |play| {
            if play.ledger.channels.get(&address.channel()) != Some(address) {
                play.ledger.put_in_force(address, None);
            }
            // What an operator stands for need not wait, whoever brought it.
            play.ledger.young.remove(&address.channel());
            play.scene.ask(|account, terms| account.set_address(terms.now, address.clone()));
        });
    }

    pub(super) fn reserve(&mut self, shown: &Shown, demand: Demand, number: u8) {
        self.transition(Named::default(), |play| {
            let Ok(Clearance::Token(id)) = play.clear(shown, demand, number) else { return };
            let holder = play.scene.hold_for(id, number, demand.idempotent).unwrap();
            let held = play.held(holder, number, demand.idempotent, play.scene.limits.reservation_lease);
            let held = play.ledger.hold(id, held);
            let key = play.scene.challenge(id).reservation.unwrap().first;
            assert_eq!(key, held.key);
            play.witness.held(id, Held { key, ..held }, play.scene.now);
        });
    }

    pub(super) fn approve(&mut self, channel: Channel, operation: u8, session: u8) {
        self.prove(channel, Some(operation), session);
        if let Some(token) = self.find(Pick(0)) {
            let shown = Shown { token: Some(token), ..Shown::default() };
            self.reserve(&shown, Demand::of(Assurance::Bound), operation);
        }
    }

    /// The same work again, in the way that it came before.
    pub(super) fn again(&mut self, pick: Pick, idempotent: bool) {
        let Some(id) = self.find_held(pick) else { return };
        let entry = self.ledger.entry(id);
        let number = entry.token.as_ref().unwrap().holds.last().unwrap().operation;
        let shown = match entry.kind {
            ChallengeKind::Taler => Shown { taler: vec![id], ..Shown::default() },
            _ => Shown { token: Some(id), ..Shown::default() },
        };
        self.reserve(&shown, Demand { idempotent, ..Demand::of(Assurance::Token) }, number);
    }

    pub(super) fn redeem(&mut self, id: ChallengeId, asks: Assurance, number: u8) {
        self.transition(Named::default(), |play| {
            if let Ok(Clearance::Token(id)) = play.clear_own(Some(id), asks, number) {
                play.witness.done(id);
                play.ledger.spend(id);
                play.scene.account.spend(id);
            }
        });
    }

    /// A holder of a token comes back, in time or late, overtaken or not. Nobody settles for an enrolment.
    pub(super) fn settle(&mut self, id: ChallengeId, back: usize, outcome: Outcome) {
        let holds = self.ledger.entry(id).token.as_ref().map_or(&[][..], |token| &token.holds);
        let stranger = ReservationId::from_uuid(uuid::Uuid::from_bytes([9; 16]));
        let holder = holds.iter().rev().nth(back).map_or(stranger, |held| held.holder);
        if self.ledger.entries.iter().any(|entry| ReservationId::of_enrolment(entry.id) == holder) {
            return;
        }
        self.transition(Named { challenge: Some(id), key: None }, |play| {
            let (before, expected) = (play.scene.account.clone(), play.ledger.settle(id, holder, outcome));
            assert_eq!(play.scene.settle_by(id, holder, outcome), expected);
            match expected {
                Settled::Done => play.witness.said(id, outcome, play.scene.now),
                Settled::NotHeld => assert_eq!(play.scene.account, before, "whoever does not hold changes nothing"),
            }
        });
    }

    pub(super) fn unblock(&mut self) {
        self.transition(Named::default(), |play| {
            play.ledger.unblock();
            play.witness.unblocked();
            play.scene.account.standing.unblock();
            play.scene.account.note(Event::of(EventKind::AccountUnblocked));
        });
    }
}
