//! What goes out and what comes back, counted per channel and prefix: for operators, and for the guard against SMS
//! pumping. What counts as what stands here; a count is a statistic, and no decision about an account depends on it.

use std::{
    collections::BTreeMap,
    ops::{Add, AddAssign},
    time::Duration,
};

use super::{
    account::Account,
    challenge::Challenge,
    channel::Channel,
    event::{Event, EventKind},
    factor::ActiveChannel,
    id::ChallengeId,
    limits::Limits,
    meter,
    time::Timestamp,
};

mod milestone;
#[cfg(test)]
mod tests;

pub use milestone::{Carriage, Milestone};

/// The time that is counted in one: five minutes.
pub const BUCKET: Duration = Duration::from_mins(5);
/// Cells that one instance counts before it writes them; what comes beyond is counted without its prefix.
const MOST_CELLS: usize = 10_000;

/// What became of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages with a TAN that were handed over.
    pub sent: u64,
    /// Messages that could not be handed over.
    pub failed: u64,
    /// Challenges that were solved.
    pub solved: u64,
    /// Tokens that were spent.
    pub spent: u64,
    /// Blocks that a wrong try began.
    pub blocked: u64,
}

/// Counts of the last hour and of the last day, to the five minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Of the buckets that begin within the last 60 minutes.
    pub hour: Counts,
    /// Of those within the last 24 hours.
    pub day: Counts,
}

/// Messages, and how many of them were solved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Messages that were handed over.
    pub sent: u64,
    /// Challenges that were solved by them.
    pub solved: u64,
}

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// When its five minutes begin.
    pub bucket: Timestamp,
    /// The channel.
    pub channel: Channel,
    /// The prefix of the telephone number; empty for a mailbox.
    pub prefix: String,
}

/// What is counted in a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of it.
    pub counts: Counts,
    /// The part of it that went to addresses that have not been in force for `prefix_trusted_after`.
    pub young: Share,
}

/// What was counted and is not written yet: bounded, whoever sends to however many prefixes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Cell, Count>);

/// What an account's counts depend on and a transition may change.
pub struct Before {
    channels: Vec<ActiveChannel>,
    begun: Vec<(ChallengeId, Timestamp)>,
}

/// The beginning of the five minutes, by UTC, that a moment is in.
#[must_use]
pub fn bucket_of(at: Timestamp) -> Timestamp {
    let length = i64::try_from(BUCKET.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.as_micros() - at.as_micros().rem_euclid(length))
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            sent: self.sent.saturating_add(other.sent),
            failed: self.failed.saturating_add(other.failed),
            solved: self.solved.saturating_add(other.solved),
            spent: self.spent.saturating_add(other.spent),
            blocked: self.blocked.saturating_add(other.blocked),
        }
    }
}

impl Add for Figures {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { hour: self.hour + other.hour, day: self.day + other.day }
    }
}

impl Add for Share {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { sent: self.sent.saturating_add(other.sent), solved: self.solved.saturating_add(other.solved) }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.counts = self.counts + other.counts;
        self.young = self.young + other.young;
    }
}

impl Tally {
    /// Adds to a cell; to its channel's without a prefix when there are too many.
    pub fn add(&mut self, mut cell: Cell, count: Count) {
        if self.0.len() >= MOST_CELLS && !self.0.contains_key(&cell) {
            cell.prefix.clear();
        }
        *self.0.entry(cell).or_default() += count;
    }

    /// Every cell with its count, sorted.
    pub fn cells(&self) -> impl Iterator<Item = (&Cell, &Count)> {
        self.0.iter()
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds all of another one.
    pub fn add_all(&mut self, other: Self) {
        for (cell, count) in other.0 {
            self.add(cell, count);
        }
    }
}

impl Before {
    /// What is to be kept of an account before a decision changes it.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let begun = |challenge: &Challenge| {
            let at = challenge.claim.map(|claim| claim.claimed_at).or(challenge.transmitted_at)?;
            Some((challenge.id, at))
        };
        Self { channels: account.channels.clone(), begun: account.challenges.iter().filter_map(begun).collect() }
    }

    /// What a transition at `now` comes to, by the events that it writes.
    #[must_use]
    pub fn counted(&self, after: &Account, now: Timestamp, limits: &Limits) -> Vec<(Cell, Count)> {
        after.events.iter().filter_map(|event| self.counted_of(event, after, now, limits)).collect()
    }

    fn counted_of(&self, event: &Event, after: &Account, now: Timestamp, limits: &Limits) -> Option<(Cell, Count)> {
        let counts = counts_of(event.kind)?;
        let named = if event.kind == EventKind::AccountBlocked { tried(&after.events)? } else { event.challenge? };
        let challenge = after.challenge(named).ok()?;
        // A message and its solution count in the same five minutes: those in which its sending began.
        let at = match event.kind {
            EventKind::TransmissionSent | EventKind::TransmissionFailed | EventKind::ChallengeSolved => {
                self.begun_at(challenge)
            }
            _ => now,
        };
        let young = if self.is_trusted(challenge, at, limits) {
            Share::default()
        } else {
            Share { sent: counts.sent, solved: counts.solved }
        };
        let prefix = challenge.address().and_then(meter::prefix_of).unwrap_or_default();
        Some((Cell { bucket: bucket_of(at), channel: challenge.channel(), prefix }, Count { counts, young }))
    }

    fn begun_at(&self, challenge: &Challenge) -> Timestamp {
        let begun = self.begun.iter().find(|(id, _)| *id == challenge.id);
        begun.map_or(challenge.requested_at, |(_, at)| *at)
    }

    /// Whether the address had been in force for `prefix_trusted_after` at that moment.
    fn is_trusted(&self, challenge: &Challenge, at: Timestamp, limits: &Limits) -> bool {
        let active = self.channels.iter().find(|active| Some(&active.address) == challenge.address());
        active.is_some_and(|active| active.since.plus(limits.prefix_trusted_after) <= at)
    }
}

/// What one event counts as.
fn counts_of(kind: EventKind) -> Option<Counts> {
    let none = Counts::default();
    match kind {
        EventKind::TransmissionSent => Some(Counts { sent: 1, ..none }),
        EventKind::TransmissionFailed => Some(Counts { failed: 1, ..none }),
        EventKind::ChallengeSolved => Some(Counts { solved: 1, ..none }),
        EventKind::TokenSpent => Some(Counts { spent: 1, ..none }),
        EventKind::AccountBlocked => Some(Counts { blocked: 1, ..none }),
        _ => None,
    }
}

/// The challenge of the wrong try that a transition writes.
fn tried(events: &[Event]) -> Option<ChallengeId> {
    let wrong = |event: &&Event| matches!(event.kind, EventKind::ChallengeWrong | EventKind::ChallengeExhausted);
    events.iter().find(wrong)?.challenge
}
