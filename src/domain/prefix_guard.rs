//! The guard against SMS pumping: a prefix of which too few messages are solved closes by itself, and single messages
//! probe it after a while (`limits.md`: `prefix_floor` and the rows below it).
//!
//! Half open is no state of its own: it follows from the time.

use super::time::Timestamp;

mod judge;

pub use judge::{Ripe, Span, Verdict, judge};

/// A prefix that was closed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedPrefix {
    /// When it was closed for the last time.
    pub closed_at: Timestamp,
    /// From then on single messages probe it.
    pub half_open_at: Timestamp,
    /// When the next of them may go.
    pub probe_at: Timestamp,
    /// When it was opened again; `None` while it is closed or half open.
    pub opened_at: Option<Timestamp>,
}

/// How a prefix stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixStanding {
    /// Messages go.
    Open,
    /// None goes.
    Closed {
        /// Until when.
        until: Timestamp,
    },
    /// One goes at a time.
    HalfOpen {
        /// From when the next one may.
        probe_at: Timestamp,
    },
}

impl PrefixStanding {
    /// The name for operators and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed { .. } => "closed",
            Self::HalfOpen { .. } => "half-open",
        }
    }
}

impl ClosedPrefix {
    /// How it stands now.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> PrefixStanding {
        if self.opened_at.is_some() {
            PrefixStanding::Open
        } else if now < self.half_open_at {
            PrefixStanding::Closed { until: self.half_open_at }
        } else {
            PrefixStanding::HalfOpen { probe_at: self.probe_at }
        }
    }
}
