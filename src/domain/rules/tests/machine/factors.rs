//! Steps about tokens, what they pay for, and what ends them.

use super::{
    ledger::{Entry, Ledger, Life},
    play::{Named, Play},
    step::Pick,
};
use crate::domain::{
    address::Address,
    assurance::{Assurance, Demand},
    challenge::ChallengeKind,
    channel::Channel,
    event::{Event, EventKind},
    id::ChallengeId,
    rules::{
        protect::{Clearance, Objection, Proof},
        settle::{Outcome, Settled},
    },
    testing::{Scene, operation, token_of},
};

impl Play {
    /// Presents a token, or none, and compares the answers.
    pub(super) fn clear(
        &mut self,
        id: Option<ChallengeId>,
        asks: Assurance,
        number: u8,
    ) -> Result<Clearance, Objection> {
        let expected = self.ledger.clear(id, asks, number);
        let (demand, proof) = (Demand::of(asks), Proof::token(id.map(token_of)));
        let answer = self.scene.ask(|account, terms| account.clear(terms, demand, &operation(number), &proof));
        assert_eq!(answer, expected);
        answer
    }

    pub(super) fn enrol(&mut self, address: &Address, payer: Option<Pick>, number: u8) {
        let presented = payer.and_then(|payer| self.find(payer));
        self.transition(Named::default(), |play| {
            if play.scene.account.address_to_enrol(address.channel(), Some(address.clone())).is_err() {
                return;
            }
            let Ok(cleared) = play.clear(presented, Assurance::Token, number) else { return };
            let new = play.scene.new_challenge(1);
            let expected = play.ledger.enrol(address, cleared.paid_by());
            let asked = address.clone();
            let answer = play.scene.ask(|account, terms| account.enrol(terms, &new, asked, cleared, operation(number)));
            assert_eq!(answer, expected);
            if answer.is_ok() {
                play.write(&new, ChallengeKind::Address, address.clone(), 1).payer = cleared.paid_by();
                if let Some(payer) = cleared.paid_by() {
                    play.witness.used(payer);
                }
            }
        });
    }

    pub(super) fn drop_pending(&mut self, channel: Channel) {
        self.transition(Named::default(), |play| {
            let now = play.scene.now;
            let chosen = |entry: &Entry| {
                entry.kind == ChallengeKind::Address && entry.channel() == channel && entry.is_open(now)
            };
            let pending = play.ledger.entries.iter().any(chosen);
            play.ledger.void_where(chosen);
            assert_eq!(play.scene.account.drop_pending(channel, now, "withdrawn"), pending);
        });
    }

    pub(super) fn remove(&mut self, channel: Channel, payer: Option<Pick>, number: u8) {
        let presented = payer.and_then(|payer| self.find(payer));
        self.transition(Named::default(), |play| {
            if play.scene.account.active(channel).is_none() {
                return;
            }
            let Ok(cleared) = play.clear(presented, Assurance::Token, number) else { return };
            let removed = play.ledger.channels.remove(&channel).unwrap();
            play.ledger.void_where(|entry| Some(entry.id) != cleared.paid_by());
            let told = play.scene.account.remove_channel(channel, cleared.paid_by());
            assert_eq!(told.into_iter().map(|notice| notice.address).collect::<Vec<_>>(), [removed]);
            if let Some(payer) = cleared.paid_by() {
                play.witness.used(payer);
                play.ledger.spend(payer);
                play.scene.account.spend(payer);
            }
        });
    }

    pub(super) fn set_address(&mut self, address: &Address) {
        self.transition(Named::default(), |play| {
            if play.ledger.channels.get(&address.channel()) != Some(address) {
                play.ledger.put_in_force(address, true);
            }
            play.scene.ask(|account, terms| account.set_address(terms.now, address.clone()));
        });
    }

    pub(super) fn reserve(&mut self, id: ChallengeId, asks: Assurance, number: u8) {
        self.transition(Named::default(), |play| {
            if let Ok(Clearance::Token(id)) = play.clear(Some(id), asks, number) {
                play.witness.used(id);
                play.ledger.hold(id, play.scene.limits.reservation_lease);
                play.scene.hold(id).unwrap();
            }
        });
    }

    pub(super) fn redeem(&mut self, id: ChallengeId, asks: Assurance, number: u8) {
        self.transition(Named::default(), |play| {
            if let Ok(Clearance::Token(id)) = play.clear(Some(id), asks, number) {
                play.witness.used(id);
                play.ledger.spend(id);
                play.scene.account.spend(id);
            }
        });
    }

    /// The holder of a token comes back, in time or late; nobody else is told how to settle it.
    pub(super) fn settle(&mut self, id: ChallengeId, outcome: Outcome, expected: fn(&mut Ledger, ChallengeId)) {
        let entry = self.ledger.entry(id);
        if entry.life != Life::Solved || entry.token.is_none_or(|token| token.held_until.is_none() || token.spent) {
            return;
        }
        self.transition(Named { challenge: Some(id), key: None }, |play| {
            expected(&mut play.ledger, id);
            assert_eq!(play.scene.settle(id, outcome), Settled::Done);
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

    pub(super) fn log_out(&mut self, session: u8) {
        self.transition(Named::default(), |play| {
            play.ledger.void_where(|entry| entry.session == session);
            let ended = Some(Scene::session(session));
            play.scene.account.void_where("its session was closed", |challenge| challenge.access_token == ended);
        });
    }
}
