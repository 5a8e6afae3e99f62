//! The keys of a transport whose program runs all the time.

use super::{super::section::Section, Program};

/// More processes at once than any machine needs for messages.
const MOST_PROCESSES: usize = 16;

/// A program that runs all the time and is told of each message in a line of JSON.
pub struct Persistent {
    /// The program.
    pub program: Program,
    /// How many of it run at once; 1 to 16.
    pub processes: usize,
}

impl Persistent {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let processes = section.within("processes", 1, 1..=MOST_PROCESSES);
        Program::read(section).map(|program| Self { program, processes })
    }
}
