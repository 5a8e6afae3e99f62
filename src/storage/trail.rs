//! The audit trail read back: listed newest first, and held against its MACs.

mod listing;
mod verify;

pub use listing::{Entry, Position, Selection};
pub use verify::Verdict;
