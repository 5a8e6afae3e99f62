//! The keys of a transport whose program runs all the time.

use super::{super::section::Section, Program};

/// A program that runs all the time and is told of each message in a line of JSON.
pub struct Persistent {
    /// The program.
    pub program: Program,
}

impl Persistent {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        Program::read(section).map(|program| Self { program })
    }
}
