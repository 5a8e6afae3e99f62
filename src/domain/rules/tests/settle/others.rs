//! Whoever does not hold the token.

use super::{Case, Saw, TABLE, WHEN};
use crate::domain::{
    id::ReservationId,
    rules::settle::{Outcome, Settled},
};

/// Who speaks without holding the token.
#[derive(Clone, Copy, Debug)]
enum Other {
    Stranger,
    /// Its outcome was not known, and the same operation was tried again.
    Overtaken,
    /// Gave the token back, which nobody holds now.
    Released,
    /// Gave the token back, which another operation holds now.
    ReleasedAndFollowed,
}

impl Other {
    /// The token as it is then, and the one who speaks.
    fn speaks(self, idempotent: bool, bound: bool) -> (Case, ReservationId) {
        let mut case = Case::held(idempotent, bound);
        let first = case.holder;
        let outcome = if matches!(self, Self::Overtaken) { Outcome::Unknown { over: true } } else { Outcome::NoEffect };
        match self {
            Self::Stranger => return (case, ReservationId::from_uuid(uuid::Uuid::from_bytes([9; 16]))),
            Self::Overtaken | Self::Released | Self::ReleasedAndFollowed => case.scene.settle(case.token, outcome),
        };
        if !matches!(self, Self::Released) {
            case.holder = case.scene.hold_for(case.token, 1, idempotent).unwrap();
        }
        (case, first)
    }
}

#[test]
fn whoever_does_not_hold_the_token_changes_nothing_whatever_it_saw_and_whenever() {
    let saws = || TABLE.iter().flat_map(|(saws, idempotent, _)| saws.iter().map(|saw: &Saw| (*saw, *idempotent)));
    for who in [Other::Stranger, Other::Overtaken, Other::Released, Other::ReleasedAndFollowed] {
        for ((saw, idempotent), bound) in saws().flat_map(|saw| [(saw, false), (saw, true)]) {
            let Some(outcome) = saw.outcome() else { continue };
            if matches!(who, Other::Overtaken) && !idempotent {
                continue; // nobody overtakes where nothing is repeated
            }
            for when in WHEN {
                let (mut case, speaker) = who.speaks(idempotent, bound);
                case.comes(when);
                let before = case.scene.account.clone();
                let cell = format!("{who:?} saw {saw:?}, idempotent {idempotent}, {when:?}");
                assert_eq!(case.scene.settle_by(case.token, speaker, outcome), Settled::NotHeld, "{cell}");
                assert_eq!(case.scene.account, before, "{cell}");
            }
        }
    }
}
