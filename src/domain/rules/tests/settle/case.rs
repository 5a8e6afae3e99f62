//! A held token, asked from all sides.

use super::{End, Saw, When};
use crate::domain::{
    assurance::{Assurance, Demand},
    channel::Channel,
    id::{ChallengeId, ReservationId},
    refusal::Refusal,
    rules::{
        protect::{Clearance, Objection},
        settle::{Outcome, Settled},
    },
    testing::Scene,
};
use End::{Again, Free, Lapses, Later, Unsure};

/// A token that was held for operation 1.
pub(super) struct Case {
    pub(super) scene: Scene,
    pub(super) token: ChallengeId,
    pub(super) holder: ReservationId,
    pub(super) idempotent: bool,
    bound: bool,
}

impl Case {
    pub(super) fn held(idempotent: bool, bound: bool) -> Self {
        let mut scene = Scene::enrolled();
        let token = if bound { scene.request_bound(Channel::Sms, 1) } else { scene.request(Channel::Sms) };
        scene.confirm(token);
        let holder = scene.hold_for(token, 1, idempotent).unwrap();
        Self { scene, token, holder, idempotent, bound }
    }

    pub(super) fn comes(&mut self, when: When) {
        match when {
            When::InTheLease => {}
            When::AfterTheLease => self.scene.pass(self.scene.limits.reservation_lease),
            When::AfterTheTokenRanOut => self.scene.pass(self.scene.limits.token_lifetime),
            When::AfterItWasVoided => self.scene.account.void(self.token, "a channel was removed"),
            When::AfterItWasSpent => {
                self.scene.settle(self.token, Outcome::Succeeded);
            }
        }
    }

    pub(super) fn says(&mut self, saw: Saw) -> Option<Settled> {
        saw.outcome().map(|outcome| self.scene.settle_by(self.token, self.holder, outcome))
    }

    /// Asks without leaving a trace.
    pub(super) fn asked<T>(&mut self, question: impl FnOnce(&mut Self) -> T) -> T {
        let (account, now) = (self.scene.account.clone(), self.scene.now);
        let answer = question(self);
        (self.scene.account, self.scene.now) = (account, now);
        answer
    }

    pub(super) fn clear(&mut self, number: u8) -> Result<Clearance, Objection> {
        let demand = Demand { idempotent: self.idempotent, ..Demand::of(Assurance::Token) };
        self.asked(|case| case.scene.clear_for(case.token, demand, number))
    }

    /// The key of the next try of operation 1.
    pub(super) fn next_key(&mut self) -> Result<ReservationId, Refusal> {
        self.asked(|case| {
            let next = case.scene.hold_for(case.token, 1, case.idempotent)?;
            let key = case.scene.challenge(case.token).reservation.unwrap().first;
            assert!(key == next || key == case.holder, "a key of neither");
            Ok(key)
        })
    }

    /// Checks all that can be seen from outside.
    pub(super) fn stands(&mut self, end: End, cell: &str) {
        let (reserved, cleared) = (
            Err(Objection::Reserved { retry_after: self.scene.limits.reservation_lease }),
            Ok(Clearance::Token(self.token)),
        );
        assert_eq!(self.scene.phase(self.token), end.phase(), "{cell}");
        let other_when_free = if self.bound { Err(Objection::WrongOperation) } else { cleared };
        let (same, other) = match end {
            Free => (cleared, other_when_free),
            Again => (cleared, Err(Objection::WrongOperation)),
            Later | Lapses => (reserved, reserved),
            _ => (Err(Objection::Invalid), Err(Objection::Invalid)),
        };
        assert_eq!((self.clear(1), self.clear(2)), (same, other), "{cell}");
        match end {
            Free => assert_ne!(self.next_key(), Ok(self.holder), "{cell}: a new key"),
            Again => assert_eq!(self.next_key(), Ok(self.holder), "{cell}: the same key"),
            Later | Lapses => assert!(matches!(self.next_key(), Err(Refusal::TokenReserved { .. })), "{cell}"),
            _ => assert_eq!(self.next_key(), Err(Refusal::TokenInvalid), "{cell}"),
        }
        if matches!(end, Later | Lapses) {
            let lapsed = if end == Later { Again } else { Unsure };
            self.asked(|case| {
                case.comes(When::AfterTheLease);
                case.stands(lapsed, &format!("{cell}, the lease over"));
            });
        }
    }
}
