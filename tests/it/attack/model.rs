//! What `limits.md` allows a guesser, written down a second time and without a look at the code.

use std::{collections::HashMap, time::Duration};

const DAY: Duration = Duration::from_hours(24);

/// The numbers of `limits.md` that bound guessing.
#[derive(Clone, Copy)]
pub struct Allowance {
    pub attempts_per_tan: usize,
    pub consecutive_failures: usize,
    pub block: Duration,
    pub block_max: Duration,
    pub total_failures: usize,
}

impl Allowance {
    pub const DEFAULT: Self = Self {
        attempts_per_tan: 3,
        consecutive_failures: 5,
        block: Duration::from_mins(15),
        block_max: DAY,
        total_failures: 100,
    };

    /// How long the next block is when so many went before.
    fn block_after(&self, blocks: usize) -> Duration {
        (0..blocks).fold(self.block, |length, _| (length * 2).min(self.block_max)).min(self.block_max)
    }

    /// The most wrong TANs in any stretch of time of that length, when nothing is solved in it: a whole run at its very
    /// beginning, and one more whenever a block is over, or a day later with the doubling forgotten. Which of the two is
    /// the quicker way depends, so the soonest beginning of each run is sought over both.
    pub fn most_within(&self, length: Duration) -> usize {
        let runs = self.total_failures.div_ceil(self.consecutive_failures);
        // The soonest beginning of the next run, by how many blocks count for the doubling.
        let (mut soonest, mut begun) = (vec![Some(Duration::ZERO)], 0);
        while begun < runs && soonest.iter().flatten().any(|at| *at <= length) {
            begun += 1;
            let over = |blocks: usize, at: Duration| at + self.block_after(blocks);
            let on = soonest.iter().enumerate().map(|(blocks, at)| at.map(|at| over(blocks, at)));
            let waited = on.clone().flatten().min().map(|ended| ended + DAY);
            soonest = std::iter::once(waited).chain(on).collect();
        }
        (begun * self.consecutive_failures).min(self.total_failures)
    }
}

/// One TAN that was compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Since the beginning.
    pub at: Duration,
    /// The challenge, and how many TANs it had before this one.
    pub tan: (String, usize),
    pub right: bool,
    /// How strong its channel is: 0 informs, 1 is a possession.
    pub strength: u8,
    /// Whether being right ends the counts: not where a new address is proven.
    pub clears: bool,
}

/// Follows an account from its first comparison on, and complains of the first that should not have been made.
pub struct Judge {
    allowance: Allowance,
    tries: HashMap<(String, usize), usize>,
    in_a_row: usize,
    total: usize,
    strongest: Option<u8>,
    blocks: usize,
    /// When the latest block ends or ended; [`Duration::MAX`] is never.
    blocked_until: Option<Duration>,
    /// Every wrong one since something was cleared.
    wrongs: Vec<Duration>,
    /// Every block: when it began, and how long it lasts.
    pub begun: Vec<(Duration, Option<Duration>)>,
}

impl Judge {
    pub fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            tries: HashMap::new(),
            in_a_row: 0,
            total: 0,
            strongest: None,
            blocks: 0,
            blocked_until: None,
            wrongs: Vec::new(),
            begun: Vec::new(),
        }
    }

    pub fn compared(&mut self, comparison: &Comparison) {
        let blocked = self.blocked_until.is_some_and(|until| comparison.at < until);
        assert!(!blocked, "compared during a block: {comparison:?}, blocked until {:?}", self.blocked_until);
        let tries = self.tries.entry(comparison.tan.clone()).or_default();
        assert!(*tries < self.allowance.attempts_per_tan, "one TAN, too many tries: {comparison:?}");
        if comparison.right {
            *tries = usize::MAX; // and none after that
            self.solved(comparison);
        } else {
            *tries += 1;
            self.failed(comparison);
        }
    }

    /// An operator ended everything.
    pub fn unblocked(&mut self) {
        let begun = std::mem::take(&mut self.begun);
        *self = Self { tries: std::mem::take(&mut self.tries), begun, ..Self::new(self.allowance) };
    }

    fn solved(&mut self, comparison: &Comparison) {
        if comparison.clears && self.strongest.is_some_and(|strongest| comparison.strength >= strongest) {
            (self.in_a_row, self.total, self.strongest) = (0, 0, None);
            self.wrongs.clear();
        }
    }

    fn failed(&mut self, comparison: &Comparison) {
        let at = comparison.at;
        self.in_a_row += 1;
        self.total += 1;
        self.strongest = self.strongest.max(Some(comparison.strength));
        assert!(self.in_a_row <= self.allowance.consecutive_failures, "too many in a row: {comparison:?}");
        assert!(self.total <= self.allowance.total_failures, "too many in all: {comparison:?}");
        self.wrongs.push(at);
        for (place, from) in self.wrongs.iter().enumerate() {
            let (count, within) = (self.wrongs.len() - place, at.saturating_sub(*from));
            let most = self.allowance.most_within(within);
            assert!(count <= most, "{count} within {within:?}, and {most} are allowed: {comparison:?}");
        }
        if self.total == self.allowance.total_failures {
            self.block(at, None);
        } else if self.in_a_row == self.allowance.consecutive_failures {
            if self.blocked_until.is_some_and(|ended| at >= ended + DAY) {
                self.blocks = 0;
            }
            self.block(at, Some(self.allowance.block_after(self.blocks)));
        }
    }

    fn block(&mut self, at: Duration, length: Option<Duration>) {
        self.in_a_row = 0;
        self.blocks += 1;
        self.blocked_until = Some(length.map_or(Duration::MAX, |length| at + length));
        self.begun.push((at, length));
    }
}

#[test]
fn the_allowance_is_that_of_the_defaults() {
    let defaults = Allowance::DEFAULT;
    let hours = |hours| defaults.most_within(Duration::from_hours(hours));
    assert_eq!(defaults.most_within(Duration::from_secs(899)), 5);
    assert_eq!(defaults.most_within(Duration::from_mins(15)), 10);
    assert_eq!((hours(1), hours(24), hours(24 * 365)), (15, 35, 100));
}

#[test]
fn the_judge_complains_of_each_kind_of_excess() {
    let wrong = |at: u64, challenge: &str| Comparison {
        at: Duration::from_secs(at),
        tan: (challenge.to_owned(), 0),
        right: false,
        strength: 1,
        clears: true,
    };
    let complains = |all: &[Comparison]| {
        let (last, before) = all.split_last().unwrap();
        let mut judge = Judge::new(Allowance::DEFAULT);
        for comparison in before {
            judge.compared(comparison);
        }
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge.compared(last))).is_err()
    };
    let five: Vec<_> = ["a", "a", "a", "b", "b"].map(|challenge| wrong(0, challenge)).into();
    let and = |last: Comparison| [five.clone(), vec![last]].concat();
    assert!(complains(&[five[0].clone(), five[1].clone(), five[2].clone(), five[0].clone()]), "one TAN");
    assert!(complains(&and(wrong(899, "c"))) && !complains(&and(wrong(900, "c"))), "a block");
    let right = Comparison { right: true, ..wrong(0, "a") };
    assert!(complains(&[five[0].clone(), right.clone(), right]), "one TAN is right once");
}
