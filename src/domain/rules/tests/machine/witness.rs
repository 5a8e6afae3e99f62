//! Counts what was seen from outside: answers, and nothing of the rules' state.

use std::collections::{HashMap, HashSet};

use super::tokens::Held;
use crate::domain::{
    channel::{Channel, Strengths},
    event::{Event, EventKind},
    id::ChallengeId,
    limits::Limits,
    rules::{attempt::AttemptOutcome, settle::Outcome},
    testing::secs,
    time::Timestamp,
};

#[derive(Debug, Default)]
pub(super) struct Witness {
    /// Comparisons at each TAN that was ever sent.
    compared: HashMap<(ChallengeId, String), u16>,
    /// Codes that were right, and when.
    codes: Vec<(String, Timestamp)>,
    /// Right answers to each challenge.
    accepted: HashMap<ChallengeId, u16>,
    /// The operations that each token was held for, in their order, and whether one was said to have had no effect.
    held: HashMap<ChallengeId, Vec<Held>>,
    /// Tokens that came with another operation.
    mismatched: HashSet<ChallengeId>,
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
        (id, channel, tan, typed): (ChallengeId, Channel, Option<&str>, &str),
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
        let compared = self.compared.entry((id, tan.unwrap_or_default().to_owned())).or_default();
        *compared += 1;
        assert!(*compared <= limits.attempts_per_tan, "more tries at a TAN than it stands");
        match tan {
            Some(tan) => assert_eq!(right, tan == typed, "the TAN of the latest message, and no other, is right"),
            None if right => self.took(channel, typed, now, matches!(outcome, AttemptOutcome::Solved { .. })),
            None => {}
        }
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

    /// A code of a device or a recovery code was right: never twice, a device's while it can be shown. That a new device
    /// shows what another has shown is chance.
    fn took(&mut self, channel: Channel, typed: &str, now: Timestamp, as_proof: bool) {
        let again = self.codes.iter().filter(|(code, _)| as_proof && code == typed);
        let young = |at: Timestamp| channel == Channel::Recovery || now.since(at) <= secs(90);
        assert!(again.into_iter().all(|(_, at)| !young(*at)), "a code was taken twice");
        self.codes.push((typed.to_owned(), now));
    }

    /// Devices are gone: in these plays one may come back with the same secret, as none does in the world.
    pub(super) fn removed_devices(&mut self) {
        self.codes.retain(|(code, _)| code.len() > 6);
    }

    fn unfail(&mut self) {
        self.failed.clear();
        self.run = 0;
    }

    pub(super) fn unblocked(&mut self) {
        self.blocked_until = None;
        self.unfail();
    }

    /// A token may begin an operation.
    pub(super) fn cleared(&self, id: ChallengeId) {
        assert!(!self.spent.contains(&id), "a spent token began an operation");
        assert!(!self.mismatched.contains(&id), "a token that came with another operation began one");
        assert_eq!(self.accepted.get(&id), Some(&1), "a token without a right answer");
    }

    /// A token is held.
    pub(super) fn held(&mut self, id: ChallengeId, held: Held, now: Timestamp) {
        let before = self.held.entry(id).or_default();
        assert!(before.last().is_none_or(|last| last.given_back || now >= last.until), "two holders at once");
        let mut unsure = before.iter().filter(|earlier| !earlier.given_back).peekable();
        let key = unsure.peek().map_or(held.holder, |first| first.key);
        assert_eq!(held.key, key, "the key of the work that is not settled, and else a new one");
        for earlier in unsure {
            assert!(held.idempotent && earlier.idempotent, "something may be done twice");
            assert_eq!((earlier.operation, earlier.key), (held.operation, held.key), "another work");
        }
        before.push(held);
    }

    /// An operation succeeds within one transition.
    pub(super) fn done(&self, id: ChallengeId) {
        let before = self.held.get(&id).map_or(&[][..], Vec::as_slice);
        assert!(before.iter().all(|earlier| earlier.given_back), "something may be done twice");
    }

    /// The holder of a token says what became of its work.
    pub(super) fn said(&mut self, id: ChallengeId, outcome: Outcome, now: Timestamp) {
        let last = self.held.get_mut(&id).and_then(|held| held.last_mut()).unwrap();
        match outcome {
            Outcome::Unknown { over: false } if last.idempotent => {}
            _ => last.until = last.until.min(now),
        }
    }

    /// What was written to the trail of a token.
    pub(super) fn read(&mut self, event: &Event) {
        match (event.kind, event.challenge) {
            (EventKind::TokenSpent, Some(id)) => assert!(self.spent.insert(id), "a token was spent twice"),
            (EventKind::TokenReleased, Some(id)) => {
                assert!(!self.spent.contains(&id), "a spent token was given back");
                let last = self.held.get_mut(&id).and_then(|held| held.last_mut()).unwrap();
                assert_eq!(last.key, last.holder, "a later try says nothing of the earlier one");
                last.given_back = true;
            }
            (EventKind::TokenMismatched, Some(id)) => {
                self.mismatched.insert(id);
            }
            _ => {}
        }
    }
}
