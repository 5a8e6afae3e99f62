//! What the ledger knows of sessions: which are stepped up, by how much, until when.

use super::{
    ledger::Ledger,
    play::{Named, Play},
    step::Pick,
};
use crate::domain::{
    assurance::Assurance,
    channel::Strength,
    event::{Event, EventKind},
    id::ChallengeId,
    testing::{Scene, secs},
    time::Timestamp,
};

/// Every session that there is.
const SESSIONS: std::ops::Range<u8> = 1..5;

/// A session that proved itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raised {
    session: u8,
    until: Timestamp,
    strength: Strength,
}

impl Ledger {
    /// What a session has shown of itself.
    pub(super) fn shown_by(&self, session: Option<u8>) -> Option<Strength> {
        let raised = self.raised.iter().rev().find(|raised| Some(raised.session) == session)?;
        (self.now < raised.until).then_some(raised.strength)
    }

    fn raise(&mut self, session: u8, ends: Timestamp, payer: Option<ChallengeId>) -> Timestamp {
        let strength = payer.map_or(Strength::Inform, |payer| self.strengths.of(self.entry(payer).channel()));
        let until = ends.min(self.now.plus(self.limits.step_up_lifetime));
        self.raised.push(Raised { session, until, strength });
        if let Some(payer) = payer {
            self.spend(payer);
        }
        until
    }
}

impl Play {
    pub(super) fn step_up(&mut self, session: u8, left: u64, payer: Option<Pick>) {
        let presented = payer.and_then(|payer| self.find(payer));
        self.transition(Named::default(), |play| {
            let Ok(cleared) = play.clear_own(presented, Assurance::Token, 1) else { return };
            let ends = play.scene.now.plus(secs(left));
            let expected = play.ledger.raise(session, ends, cleared.paid_by());
            let until = play.scene.ask(|account, terms| account.step_up(terms, Scene::session(session), ends, cleared));
            assert_eq!(until, expected);
            play.paid(cleared);
        });
    }

    pub(super) fn log_out(&mut self, session: u8) {
        self.transition(Named::default(), |play| {
            play.ledger.void_where(|entry| entry.session == session);
            play.ledger.raised.retain(|raised| raised.session != session);
            play.scene.account.close_session(Scene::session(session));
            play.scene.account.note(Event::of(EventKind::SessionClosed));
        });
    }

    /// Each session has shown what the ledger says, and no session that is none has.
    pub(super) fn check_sessions(&self) {
        let (account, now) = (&self.scene.account, self.scene.now);
        for session in SESSIONS {
            let shown = account.stepped_up(now, Some(Scene::session(session)));
            assert_eq!(shown, self.ledger.shown_by(Some(session)), "{session}");
        }
        assert_eq!(account.stepped_up(now, None), None);
    }
}
