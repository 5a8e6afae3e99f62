//! The audit trail read back: listed newest first, and held against its MACs and against checkpoints.

mod heads;
mod listing;
mod verify;

pub use heads::Gainsaid;
pub use listing::{Entry, Position, Selection};
pub use verify::Verdict;
