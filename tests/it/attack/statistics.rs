//! Whether two kinds of reply can be told apart by the time they take, on a machine that others share.
//!
//! What else the machine does comes and goes in the course of milliseconds to seconds. So the two kinds are mixed at
//! random within short blocks, and are compared within each block alone, by what noise moves least: the median and the
//! lower quartile. A difference is telling when both say so in nearly every block, and when it is large enough to be of
//! use to somebody who measures from further away than this test does.

/// A difference smaller than this is told by nobody over a network, in microseconds.
const LEAST: f64 = 50.0;
/// The same as a share of the whole.
const LEAST_SHARE: f64 = 0.10;
/// In so many of a hundred blocks one kind is to be the slower.
const NEARLY_ALL: usize = 85;

/// Replies of two kinds within one block, in microseconds.
#[derive(Default)]
pub struct Block {
    pub one: Vec<f64>,
    pub other: Vec<f64>,
}

/// What was found.
#[derive(Debug)]
pub struct Finding {
    /// The typical reply, in microseconds.
    pub typical: f64,
    /// How much longer the other kind takes: the median over the blocks, by either measure.
    pub by_median: f64,
    pub by_quartile: f64,
    /// In how many of a hundred blocks it takes longer.
    pub slower: usize,
}

impl Finding {
    pub fn is_telling(&self) -> bool {
        let enough = LEAST.max(LEAST_SHARE * self.typical);
        let one_way = self.slower >= NEARLY_ALL || self.slower <= 100 - NEARLY_ALL;
        let same_sign = self.by_median.signum() == self.by_quartile.signum();
        one_way && same_sign && self.by_median.abs() > enough && self.by_quartile.abs() > enough
    }
}

pub fn compared(blocks: &[Block]) -> Finding {
    let by = |percent| -> Vec<f64> {
        blocks.iter().map(|block| quantile(&block.other, percent) - quantile(&block.one, percent)).collect()
    };
    let (medians, quartiles) = (by(50), by(25));
    let slower = medians.iter().zip(&quartiles).filter(|(median, quartile)| **median + **quartile > 0.0).count();
    let typical: Vec<f64> = blocks.iter().map(|block| quantile(&block.one, 50)).collect();
    Finding {
        typical: quantile(&typical, 50),
        by_median: quantile(&medians, 50),
        by_quartile: quantile(&quartiles, 50),
        slower: slower * 100 / blocks.len(),
    }
}

fn quantile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * percent / 100]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Dice;

    /// Replies on a machine that is now quiet, now not: of a base, with a long tail, the other kind so much slower.
    fn blocks(seed: u64, base: f64, more: f64) -> Vec<Block> {
        let mut dice = Dice::new(seed);
        let mut share = || f64::from(u32::try_from(dice.below(1_000_000)).unwrap()) / 1e6;
        let mut blocks = Vec::new();
        for _ in 0..30 {
            let (mut block, burden) = (Block::default(), 1.0 + 2.0 * share());
            for _ in 0..34 {
                let mut reply = |more: f64| {
                    let hiccup = if share() > 0.9 { 5_000.0 * share() } else { 0.0 };
                    burden * (base + more + 0.4 * base * share()) + hiccup
                };
                block.one.push(reply(0.0));
                block.other.push(reply(more));
            }
            blocks.push(block);
        }
        blocks
    }

    #[test]
    fn a_planted_difference_is_found_under_noise_and_none_is_found_where_there_is_none() {
        for seed in 1..40 {
            let (none, some) = (compared(&blocks(seed, 600.0, 0.0)), compared(&blocks(seed, 600.0, 180.0)));
            assert!(!none.is_telling(), "{seed}: {none:?}");
            assert!(some.is_telling(), "{seed}: {some:?}");
            let mirrored = compared(&blocks(seed, 600.0, -180.0));
            assert!(mirrored.is_telling(), "{seed}: {mirrored:?}");
        }
    }

    #[test]
    fn a_difference_that_is_of_no_use_is_not_telling() {
        assert!(!compared(&blocks(3, 100.0, 15.0)).is_telling(), "too few microseconds");
        assert!(!compared(&blocks(3, 5_000.0, 100.0)).is_telling(), "too small a share");
    }
}
