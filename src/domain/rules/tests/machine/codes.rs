//! The ledger's recovery codes, and the step that makes them.

use super::{
    ledger::Ledger,
    play::{Named, Play},
    step::{Guess, Pick},
};
use crate::domain::{
    assurance::Assurance,
    channel::Channel,
    notice::{Notice, NoticeKind},
    testing::Scene,
    time::Timestamp,
};

/// The codes as they were shown, those that were used struck out.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    codes: Vec<String>,
    struck: Vec<String>,
    pub(super) counts: Option<Timestamp>,
}

impl Sheet {
    pub(super) fn left(&self) -> usize {
        self.codes.len()
    }
}

impl Ledger {
    /// Takes a code of the sheet. Returns from when on it counts, and whom to tell.
    pub(super) fn strike(&mut self, text: &str) -> Option<(Option<Timestamp>, Vec<Notice>)> {
        let told = self.told(NoticeKind::RecoveryCodeUsed);
        let sheet = self.sheet.as_mut()?;
        let at = sheet.codes.iter().position(|code| code == text)?;
        let code = sheet.codes.remove(at);
        sheet.struck.push(code);
        Some((sheet.counts, told))
    }

    /// What a customer, or a thief, types where a recovery code is asked for.
    pub(super) fn typed_recovery(&self, guess: Guess) -> String {
        let (sheet, none) = (self.sheet.as_ref(), "aaaa-bbbb-cccc".to_owned());
        let unused = |at: usize| sheet.and_then(|sheet| sheet.codes.get(at % sheet.left().max(1)));
        let struck = sheet.and_then(|sheet| sheet.struck.last());
        match guess {
            Guess::Right => unused(0).cloned().unwrap_or(none),
            Guess::Wrong => none,
            Guess::Old => struck.or(self.dead_codes.last()).cloned().unwrap_or(none),
            Guess::OfAnother(Pick(any)) if any % 2 == 1 => {
                self.dead_codes.get(any % self.dead_codes.len().max(1)).cloned().unwrap_or(none)
            }
            Guess::OfAnother(Pick(any)) => unused(any).cloned().unwrap_or(none),
            Guess::NoCandidate => "123456".to_owned(),
        }
    }
}

impl Play {
    pub(super) fn make_codes(&mut self, payer: Option<Pick>, session: u8) {
        let presented = payer.and_then(|payer| self.find(payer));
        self.transition(Named::default(), |play| {
            let Ok(cleared) = play.clear_own(presented, Assurance::Token, 1) else { return };
            let expected = play.ledger.refuse_enrolment(Channel::Recovery);
            let answer = play.scene.ask(|account, terms| account.refuse_enrolment(terms, Channel::Recovery));
            assert_eq!(answer, expected);
            if answer.is_err() {
                return;
            }
            let set = play.scene.next_set();
            let codes = play.scene.codes_of(&set);
            play.ledger.begin_protection(Some(session));
            let sheet = Sheet { codes, struck: Vec::new(), counts: play.ledger.counting_from_now() };
            if let Some(old) = play.ledger.sheet.replace(sheet) {
                play.ledger.void_all(cleared.paid_by());
                play.ledger.dead_codes.extend(old.codes);
            }
            if let Some(payer) = cleared.paid_by() {
                play.ledger.spend(payer);
            }
            let told = play.scene.account.make_recovery_codes(set, cleared, Some(Scene::session(session)));
            assert_eq!(told, play.ledger.told(NoticeKind::RecoveryCodesMade));
            play.paid(cleared);
        });
    }

    /// As many codes are left as on the ledger's sheet.
    pub(super) fn check_codes(&self) {
        assert_eq!(self.scene.account.recovery_codes_left(), self.ledger.sheet.as_ref().map(Sheet::left));
    }
}
