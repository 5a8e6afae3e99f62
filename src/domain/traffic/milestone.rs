//! How far challenges come, for operators' metrics: that many are requested and few are solved is what SMS pumping, and a
//! message that does not arrive, look like.

use crate::domain::{account::Account, channel::Channel, event::EventKind};

/// What a challenge has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// It was requested, also to prove what is to be enrolled.
    Requested,
    /// It was solved.
    Solved,
}

impl Milestone {
    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Solved => "solved",
        }
    }

    /// What the challenges of an account came to in a transition, by the events that it writes.
    #[must_use]
    pub fn reached(after: &Account) -> Vec<(Channel, Self)> {
        let reached = after.events.iter().filter_map(|event| {
            let milestone = match event.kind {
                EventKind::ChallengeRequested | EventKind::ChannelPending => Self::Requested,
                EventKind::ChallengeSolved => Self::Solved,
                _ => return None,
            };
            Some((after.challenge(event.challenge?).ok()?.channel(), milestone))
        });
        reached.collect()
    }
}
