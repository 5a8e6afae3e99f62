//! What was sent, and what came of it.

/// Counts of one span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages handed over.
    pub sent: u64,
    /// Messages that could not be handed over.
    pub failed: u64,
    /// Challenges solved.
    pub solved: u64,
    /// Tokens spent.
    pub spent: u64,
    /// Accounts blocked.
    pub blocked: u64,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            sent: self.sent.saturating_add(other.sent),
            failed: self.failed.saturating_add(other.failed),
            solved: self.solved.saturating_add(other.solved),
            spent: self.spent.saturating_add(other.spent),
            blocked: self.blocked.saturating_add(other.blocked),
        }
    }
}

/// Counts of the last hour and of the last day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Of the last hour.
    pub hour: Counts,
    /// Of the last day.
    pub day: Counts,
}
