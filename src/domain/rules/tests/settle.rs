//! What becomes of a held token, cell by cell: what its holder saw, when the holder says so, and what follows.

use crate::domain::{
    challenge::Phase,
    rules::settle::{Outcome, Settled},
};

mod case;
mod others;
mod tries;

use case::Case;

/// What a holder saw of its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saw {
    /// A complete answer of that status.
    Answer(u16),
    NeverReached,
    HungUp,
    TimedOut,
    /// Nothing any more.
    Died,
}
use Saw::{Answer, Died, HungUp, NeverReached, TimedOut};

/// Where a token stands afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Spent,
    /// Given back: any operation, under a new key.
    Free,
    /// The same operation again, under the same key, at once.
    Again,
    /// The same when the lease is over.
    Later,
    /// Nothing before the lease is over, and nothing then.
    Lapses,
    /// Its outcome is not known, and nothing is done twice.
    Unsure,
    /// Given back after it ran out.
    RanOut,
    /// Ran out before the same operation was tried again.
    TooLate,
    /// Void, its outcome not known.
    Void,
    /// Void, and what it was held for had no effect.
    VoidFree,
}
use End::{Again, Free, Lapses, Later, RanOut, Spent, TooLate, Unsure, Void, VoidFree};

/// When the holder says what it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    InTheLease,
    AfterTheLease,
    AfterTheTokenRanOut,
    AfterItWasVoided,
    AfterItWasSpent,
}
const WHEN: [When; 5] =
    [When::InTheLease, When::AfterTheLease, When::AfterTheTokenRanOut, When::AfterItWasVoided, When::AfterItWasSpent];

const SUCCESS: &[Saw] = &[Answer(200), Answer(204), Answer(299), Answer(300), Answer(303), Answer(399)];
const NO_EFFECT: &[Saw] = &[
    Answer(400),
    Answer(401),
    Answer(403),
    Answer(404),
    Answer(407),
    Answer(409),
    Answer(410),
    Answer(424),
    Answer(426),
    Answer(428),
    Answer(430),
    Answer(451),
    Answer(499),
    NeverReached,
];
const COMPLETE: &[Saw] =
    &[Answer(408), Answer(425), Answer(429), Answer(500), Answer(503), Answer(504), Answer(599), Answer(600)];
const INCOMPLETE: &[Saw] = &[HungUp, TimedOut, Answer(100), Answer(101), Answer(199)];

type Row = (&'static [Saw], bool, [End; 5]);

/// What the holder saw, whether a repeat does nothing twice, and where the token stands by when the holder says so.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    //                   in the lease, after it, after the token ran out, was voided, was spent
    (SUCCESS,    false, [Spent,        Spent,    Spent,                   Spent,      Spent]),
    (SUCCESS,    true,  [Spent,        Spent,    Spent,                   Spent,      Spent]),
    (NO_EFFECT,  false, [Free,         Free,     RanOut,                  VoidFree,   Spent]),
    (NO_EFFECT,  true,  [Free,         Free,     RanOut,                  VoidFree,   Spent]),
    (COMPLETE,   false, [Unsure,       Unsure,   Unsure,                  Void,       Spent]),
    (COMPLETE,   true,  [Again,        Again,    TooLate,                 Void,       Spent]),
    (INCOMPLETE, false, [Unsure,       Unsure,   Unsure,                  Void,       Spent]),
    (INCOMPLETE, true,  [Later,        Again,    TooLate,                 Void,       Spent]),
    (&[Died],    false, [Lapses,       Unsure,   Unsure,                  Void,       Spent]),
    (&[Died],    true,  [Later,        Again,    TooLate,                 Void,       Spent]),
];

impl Saw {
    fn outcome(self) -> Option<Outcome> {
        match self {
            Answer(status) => Some(Outcome::of_status(status)),
            NeverReached => Some(Outcome::NoEffect),
            HungUp | TimedOut => Some(Outcome::Unknown { over: false }),
            Died => None,
        }
    }
}

impl End {
    fn phase(self) -> Phase {
        match self {
            Spent => Phase::Spent,
            Free | Again | Later | Lapses => Phase::Solved,
            RanOut | TooLate => Phase::Expired,
            Unsure | Void | VoidFree => Phase::Void,
        }
    }

    /// What the holder is answered when it then says that it was done, that it had no effect, that it is not known; and
    /// where the token stands then. `in_time`: before it ran out.
    fn further(self, idempotent: bool, in_time: bool) -> [(Settled, End); 3] {
        let unknown = if !idempotent {
            Unsure
        } else if in_time {
            Again
        } else {
            TooLate
        };
        match self {
            Spent => [(Settled::Done, Spent); 3],
            Free | RanOut | VoidFree => [(Settled::NotHeld, self); 3],
            Void => [(Settled::Done, Spent), (Settled::Done, VoidFree), (Settled::Done, Void)],
            Again | Later | Lapses | Unsure | TooLate => {
                let given_back = if in_time { Free } else { RanOut };
                [(Settled::Done, Spent), (Settled::Done, given_back), (Settled::Done, unknown)]
            }
        }
    }
}

#[test]
fn each_cell_of_the_table_is_as_it_says() {
    let mut cells = 0;
    for (saws, idempotent, ends) in TABLE {
        for (saw, bound) in saws.iter().flat_map(|saw| [(*saw, false), (*saw, true)]) {
            for (when, end) in WHEN.into_iter().zip(*ends) {
                let cell = format!("{saw:?}, idempotent {idempotent}, bound {bound}, {when:?}");
                let mut case = Case::held(*idempotent, bound);
                case.comes(when);
                assert_eq!(case.says(saw), saw.outcome().map(|_| Settled::Done), "{cell}");
                case.stands(end, &cell);
                cells += 1;
                let said = [Outcome::Succeeded, Outcome::NoEffect, Outcome::Unknown { over: true }];
                let in_time = when != When::AfterTheTokenRanOut;
                for (outcome, (answer, then)) in said.into_iter().zip(end.further(*idempotent, in_time)) {
                    let cell = format!("{cell}, then {outcome:?}");
                    case.asked(|case| {
                        assert_eq!(case.scene.settle_by(case.token, case.holder, outcome), answer, "{cell}");
                        case.stands(then, &cell);
                    });
                }
            }
        }
    }
    assert_eq!(cells, 2 * 2 * 5 * (SUCCESS.len() + NO_EFFECT.len() + COMPLETE.len() + INCOMPLETE.len() + 1));
}

#[test]
fn every_status_line_says_what_the_contract_says() {
    for status in 100..=999 {
        let expected = match status {
            200..=399 => Outcome::Succeeded,
            408 | 425 | 429 | 500..=999 => Outcome::Unknown { over: true },
            400..=499 => Outcome::NoEffect,
            100..=199 => Outcome::Unknown { over: false },
            other => unreachable!("{other}"),
        };
        assert_eq!(Outcome::of_status(status), expected, "{status}");
    }
}
