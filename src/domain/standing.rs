//! How an account stands with its wrong tries: the count in a row, blocks that double, and the end of patience
//! (`limits.md`: `consecutive_failures`, `block`, `block_max`, `total_failures`; PSD2 RTS art. 4(3)(b)).

use std::time::Duration;

use super::{channel::Strength, limits::Limits, time::Timestamp};

/// A block is forgotten for the doubling when a day has gone by since it ended.
const DOUBLING_FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

/// The counters of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Wrong tries in a row since the last success or block.
    pub failures: u16,
    /// Wrong tries with no challenge solved between, over all blocks.
    pub total_failures: u16,
    /// The strongest channel that those tries were made on.
    pub failed_strength: Option<Strength>,
    /// Blocks so far, each twice as long as the one before.
    pub blocks: u16,
    /// When the latest block ends or ended; [`Timestamp::NEVER`] when only an operator ends it.
    pub blocked_until: Option<Timestamp>,
}

/// What a wrong try led to, beside being counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consequence {
    /// The block that began with it.
    pub block: Option<Block>,
    /// Three quarters of `total_failures` are reached: the customer is warned (RTS art. 4(4)).
    pub warned: bool,
}

/// A block that began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its end, or [`Timestamp::NEVER`].
    pub until: Timestamp,
    /// Whether it is the first of its doubling: the one the customer is told of.
    pub first: bool,
}

impl Standing {
    /// How long the account is still blocked; `None` when it is not. A block without end counts as `block_max`.
    #[must_use]
    pub fn blocked_for(&self, now: Timestamp, limits: &Limits) -> Option<Duration> {
        let until = self.blocked_until.filter(|until| *until > now)?;
        Some(if until.is_never() { limits.block_max } else { until.since(now) })
    }

    /// Counts a wrong try made on a channel of that strength.
    pub fn fail(&mut self, strength: Strength, now: Timestamp, limits: &Limits) -> Consequence {
        self.failures = self.failures.saturating_add(1);
        self.total_failures = self.total_failures.saturating_add(1);
        self.failed_strength = self.failed_strength.max(Some(strength));
        let block = if self.total_failures >= limits.total_failures {
            Some(self.block(Timestamp::NEVER))
        } else if self.failures >= limits.consecutive_failures {
            self.forget_doubling(now);
            Some(self.block(now.plus(block_length(self.blocks, limits))))
        } else {
            None
        };
        Consequence { block, warned: self.total_failures == three_quarters(limits.total_failures) }
    }

    fn forget_doubling(&mut self, now: Timestamp) {
        if self.blocked_until.is_some_and(|ended| now >= ended.plus(DOUBLING_FORGOTTEN_AFTER)) {
            self.blocks = 0;
        }
    }

    fn block(&mut self, until: Timestamp) -> Block {
        let first = self.blocks == 0;
        self.failures = 0;
        self.blocks = self.blocks.saturating_add(1);
        self.blocked_until = Some(until);
        Block { until, first }
    }

    /// A challenge was solved on a channel of that strength: the counts end when it is at least as strong as the
    /// channels that failed. The doubling goes on. Returns whether a count ended.
    pub fn succeed(&mut self, strength: Strength) -> bool {
        let clears = self.failed_strength.is_some_and(|failed| strength >= failed);
        if clears {
            self.failures = 0;
            self.total_failures = 0;
            self.failed_strength = None;
        }
        clears
    }

    /// An operator ends every block and count.
    pub fn unblock(&mut self) {
        *self = Self::default();
    }
}

fn block_length(blocks: u16, limits: &Limits) -> Duration {
    let doublings = u32::from(blocks).min(31);
    limits.block.saturating_mul(1 << doublings).min(limits.block_max)
}

fn three_quarters(total: u16) -> u16 {
    total - total / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSSESSION: Strength = Strength::Possession;

    fn start() -> Timestamp {
        Timestamp::from_seconds(1_000_000)
    }

    fn fail_times(standing: &mut Standing, times: u16, now: Timestamp) -> Consequence {
        let limits = Limits::default();
        (0..times).map(|_| standing.fail(POSSESSION, now, &limits)).last().unwrap()
    }

    #[test]
    fn the_fifth_wrong_try_in_a_row_begins_a_block() {
        let (mut standing, limits) = (Standing::default(), Limits::default());
        assert_eq!(fail_times(&mut standing, 4, start()), Consequence::default());
        assert_eq!(standing.blocked_for(start(), &limits), None);
        assert_eq!(
            standing.fail(POSSESSION, start(), &limits),
            Consequence { block: Some(Block { until: start().plus(limits.block), first: true }), warned: false }
        );
        assert_eq!(standing.blocked_for(start(), &limits), Some(limits.block));
        assert_eq!(standing.blocked_for(start().plus(limits.block), &limits), None);
    }

    #[test]
    fn each_further_block_is_twice_as_long_up_to_a_day_and_a_quiet_day_resets_it() {
        let (mut standing, limits) = (Standing::default(), Limits::default());
        let mut now = start();
        let mut lengths = Vec::new();
        for _ in 0..9 {
            fail_times(&mut standing, 5, now);
            lengths.push(standing.blocked_for(now, &limits).unwrap().as_secs() / 60);
            now = standing.blocked_until.unwrap();
        }
        assert_eq!(lengths, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        now = now.plus(Duration::from_hours(24));
        fail_times(&mut standing, 5, now);
        assert_eq!(standing.blocked_for(now, &limits), Some(limits.block));
    }

    #[test]
    fn the_hundredth_wrong_try_blocks_until_an_operator_unblocks_and_the_customer_was_warned_before() {
        let (mut standing, limits) = (Standing::default(), Limits::default());
        let mut now = start();
        let mut warned_at = None;
        while standing.blocked_until != Some(Timestamp::NEVER) {
            if standing.fail(POSSESSION, now, &limits).warned {
                warned_at = Some(standing.total_failures);
            }
            now = standing.blocked_until.filter(|until| !until.is_never()).unwrap_or(now);
        }
        assert_eq!(standing.total_failures, 100);
        assert_eq!(warned_at, Some(75));
        assert_eq!(standing.blocked_for(now, &limits), Some(limits.block_max));
        standing.unblock();
        assert_eq!(standing, Standing::default());
    }

    #[test]
    fn only_a_channel_as_strong_as_those_that_failed_clears_the_count() {
        let mut standing = Standing::default();
        fail_times(&mut standing, 3, start());
        assert!(!standing.succeed(Strength::Inform));
        assert_eq!((standing.failures, standing.total_failures), (3, 3));
        assert!(standing.succeed(POSSESSION));
        assert_eq!((standing.failures, standing.total_failures), (0, 0));
        standing.fail(Strength::Inform, start(), &Limits::default());
        assert!(standing.succeed(Strength::Inform));
    }
}
