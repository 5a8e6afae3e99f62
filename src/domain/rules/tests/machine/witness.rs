//! Counts what was seen from outside: answers, and nothing of the rules' state.

use std::collections::{HashMap, HashSet};

use crate::domain::{
    channel::{Channel, Strengths},
    event::{Event, EventKind},
    id::ChallengeId,
    limits::Limits,
    rules::attempt::AttemptOutcome,
    time::Timestamp,
};

#[derive(Debug, Default)]
pub(super) struct Witness {
    /// Comparisons at each TAN that was ever sent.
    compared: HashMap<(ChallengeId, String), u16>,
    /// Right answers to each challenge.
    accepted: HashMap<ChallengeId, u16>,
    /// Times that each token began an operation without its being given back.
    uses: HashMap<ChallengeId, u16>,
    /// Tokens that an operation spent.
    spent: HashSet<ChallengeId>,
    /// Channels of the wrong answers since the last success that clears them, over all blocks.
    failed: Vec<Channel>,
    /// How many of those came since the last block.
    run: u16,
    blocked_until: Option<Timestamp>,
}

impl Witness {
    /// An answer to a try at the TAN that the latest message of a challenge says.
    pub(super) fn saw(
        &mut self,
        (id, channel, tan, typed): (ChallengeId, Channel, &str, &str),
        outcome: &AttemptOutcome,
        now: Timestamp,
        (limits, strengths): (&Limits, Strengths),
    ) {
        let (right, consequence) = match outcome {
            AttemptOutcome::Solved { .. } | AttemptOutcome::Activated { .. } => (true, None),
            AttemptOutcome::Wrong { consequence, .. } | AttemptOutcome::LastWrong { consequence, .. } => {
                (false, Some(*consequence))
            }
            _ => return,
        };
        assert!(self.blocked_until.is_none_or(|until| now >= until), "compared during a block");
        let compared = self.compared.entry((id, tan.to_owned())).or_default();
        *compared += 1;
        assert!(*compared <= limits.attempts_per_tan, "more tries at a TAN than it stands");
        assert_eq!(right, tan == typed, "the TAN of the latest message, and no other, is right");
        if right {
            let accepted = self.accepted.entry(id).or_default();
            *accepted += 1;
            assert_eq!(*accepted, 1, "a challenge was solved twice");
            let as_strong = self.failed.iter().all(|failed| strengths.of(*failed) <= strengths.of(channel));
            if matches!(outcome, AttemptOutcome::Solved { .. }) && as_strong {
                self.unfail();
            }
        } else {
            self.failed.push(channel);
            self.run += 1;
            assert!(self.run <= limits.consecutive_failures, "more tries in a row than allowed");
            assert!(
                self.failed.len() <= usize::from(limits.total_failures),
                "more tries than an operator is waited for"
            );
        }
        if let Some(block) = consequence.and_then(|consequence| consequence.block) {
            self.blocked_until = Some(block.until);
            self.run = 0;
        }
    }

    fn unfail(&mut self) {
        self.failed.clear();
        self.run = 0;
    }

    pub(super) fn unblocked(&mut self) {
        self.blocked_until = None;
        self.unfail();
    }

    /// A token began an operation.
    pub(super) fn used(&mut self, id: ChallengeId) {
        let uses = self.uses.entry(id).or_default();
        *uses += 1;
        assert_eq!(*uses, 1, "a token began a second operation");
        assert!(!self.spent.contains(&id), "a spent token began an operation");
        assert_eq!(self.accepted.get(&id), Some(&1), "a token without a right answer");
    }

    /// What was written to the trail of a token.
    pub(super) fn read(&mut self, event: &Event) {
        match (event.kind, event.challenge) {
            (EventKind::TokenSpent, Some(id)) => assert!(self.spent.insert(id), "a token was spent twice"),
            (EventKind::TokenReleased, Some(id)) => {
                assert!(!self.spent.contains(&id), "a spent token was given back");
                self.uses.remove(&id);
            }
            _ => {}
        }
    }
}
