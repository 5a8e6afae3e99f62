//! The service as attackers see it: they have credentials, many clients and all the time in the world. What they got is
//! judged by `limits.md` alone, never by the code that is attacked.

mod alike;
mod chores;
mod detours;
mod fleet;
mod guesser;
mod guessing;
mod guessing_ways;
mod known_number;
mod limits;
mod limits_at_once;
mod lock_out;
mod messages;
mod model;
mod notices;
mod oracle;
mod oracle_time;
mod statistics;
mod stopwatch;
mod thief;
mod trail;
mod witness;

pub use fleet::Fleet;

use crate::app::Wish;

/// A service with these limits.
fn wish(limits: &str) -> Wish {
    Wish { more: format!("[limits]\n{limits}"), ..Wish::default() }
}

/// Chance that a test can repeat: xorshift (Marsaglia), from a seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() >> 11).unwrap() % bound
    }

    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for place in (1..all.len()).rev() {
            all.swap(place, self.below(place + 1));
        }
    }

    /// Eight digits: a guess.
    pub fn tan(&mut self) -> String {
        format!("{:08}", self.roll() % 100_000_000)
    }
}
