//! What is old goes: challenges that closed longer ago than `retain`, access tokens that ran out, windows that count
//! nothing. Step by step, so that nobody waits; what is alive stays, and the trail is never touched.

use std::time::Duration;

use uuid::Uuid;

use super::{Failure, Service};
use crate::{
    domain::{
        event::{Event, EventKind},
        limits::Limits,
        time::Timestamp,
    },
    storage::retention::{ChallengeCutoff, ChallengeKey, Page},
};

const DAY: Duration = Duration::from_hours(24);

/// Whether a sweep removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepMode {
    /// What is old goes.
    Remove,
    /// What is old is counted.
    Rehearse,
}

/// What a sweep removed so far, or would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Challenges, those of dropped partitions among them.
    pub challenges: u64,
    /// Access tokens.
    pub access_tokens: u64,
    /// Windows over transmissions.
    pub windows: u64,
    /// Partitions of challenges, dropped whole.
    pub partitions: u64,
}

/// Where a sweep stands.
enum Stage {
    Partitions,
    Challenges(ChallengeKey),
    AccessTokens(Uuid),
    Windows(Vec<u8>),
    Over,
}

/// A sweep under way. Several at once, of any instances, do no harm.
pub struct Sweep {
    mode: SweepMode,
    actor: String,
    stage: Stage,
    removed: Removed,
}

impl Sweep {
    /// A sweep that has yet to begin, in the name of `actor`.
    #[must_use]
    pub fn new(mode: SweepMode, actor: &str) -> Self {
        // Whole weeks first: what goes with them need not be removed row by row. A rehearsal counts rows alone.
        let stage = match mode {
            SweepMode::Remove => Stage::Partitions,
            SweepMode::Rehearse => Stage::Challenges(Default::default()),
        };
        Self { mode, actor: actor.to_owned(), stage, removed: Removed::default() }
    }

    /// What it removed so far, or would.
    #[must_use]
    pub const fn removed(&self) -> Removed {
        self.removed
    }

    fn rehearses(&self) -> bool {
        self.mode == SweepMode::Rehearse
    }
}

impl Service {
    /// Does the next small step of a sweep; `false` when it has come to its end, which is then in the trail if something
    /// was removed. A step that failed can be done again.
    pub async fn sweep_on(&self, sweep: &mut Sweep) -> Result<bool, Failure> {
        let now = self.store().now().await?;
        let cutoff = cutoff(self.limits(), now);
        let rehearse = sweep.rehearses();
        match &sweep.stage {
            Stage::Partitions => match self.store().drop_old_partition(cutoff).await? {
                Some(challenges) => {
                    sweep.removed.partitions += 1;
                    sweep.removed.challenges += challenges;
                }
                None => sweep.stage = Stage::Challenges(Default::default()),
            },
            Stage::Challenges(after) => {
                let Page { removed, next } = self.store().sweep_challenges(cutoff, *after, rehearse).await?;
                sweep.removed.challenges += removed;
                sweep.stage = next.map_or(Stage::AccessTokens(Uuid::nil()), Stage::Challenges);
            }
            Stage::AccessTokens(after) => {
                let Page { removed, next } = self.store().sweep_access_tokens(now.minus(DAY), *after, rehearse).await?;
                sweep.removed.access_tokens += removed;
                sweep.stage = next.map_or(Stage::Windows(Vec::new()), Stage::AccessTokens);
            }
            Stage::Windows(after) => {
                let Page { removed, next } = self.store().sweep_windows(now.minus(DAY), after, rehearse).await?;
                sweep.removed.windows += removed;
                sweep.stage = next.map_or(Stage::Over, Stage::Windows);
            }
            Stage::Over => {
                self.end_sweep(sweep).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes to the trail what a sweep removed, also of one that is not gone on with.
    pub async fn end_sweep(&self, sweep: &Sweep) -> Result<(), Failure> {
        if sweep.rehearses() || sweep.removed == Removed::default() {
            return Ok(());
        }
        let event = Event::of(EventKind::RetentionSwept)
            .with("challenges", sweep.removed.challenges.to_string())
            .with("access_tokens", sweep.removed.access_tokens.to_string())
            .with("windows", sweep.removed.windows.to_string())
            .with("partitions", sweep.removed.partitions.to_string());
        self.note_system_event(&sweep.actor, event).await
    }
}

/// A challenge is closed at the latest when it, its token and a hold on that have run out one after the other; what is
/// kept, is kept from then on. An `Idempotency-Key` stands on its row: `retain` is never less than the day it is good for.
fn cutoff(limits: &Limits, now: Timestamp) -> ChallengeCutoff {
    let closed_before = now.minus(limits.retain);
    let longest = limits.challenge_lifetime + limits.token_lifetime + limits.reservation_lease;
    ChallengeCutoff { begun_before: closed_before.minus(longest), closed_before }
}
