//! The keys of a transport that runs a program for each message.

use super::{super::section::Section, Program};

/// A program that is run for each message (`api.md` section 10).
pub struct Script {
    /// The program.
    pub program: Program,
}

impl Script {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        Program::read(section).map(|program| Self { program })
    }
}
