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

/// What a transition says of a transport, for operators' metrics: that few of its messages are solved is what a carrier that
/// takes messages and delivers none looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carriage {
    /// The channel.
    pub channel: Channel,
    /// The transport, by the operator's name for it.
    pub transport: String,
    /// Whether a challenge was solved whose latest message it carried; else it carried a message with a TAN.
    pub solved: bool,
}

impl Carriage {
    /// What the events of a transition say of transports.
    #[must_use]
    pub fn told(after: &Account) -> Vec<Self> {
        let told = after.events.iter().filter_map(|event| {
            let solved = match event.kind {
                EventKind::TransmissionSent => false,
                EventKind::ChallengeSolved => true,
                _ => return None,
            };
            let challenge = after.challenge(event.challenge?).ok()?;
            Some(Self { channel: challenge.channel(), transport: challenge.carried_by.clone()?, solved })
        });
        told.collect()
    }

    /// The name of the state in metrics.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        if self.solved { "solved" } else { "carried" }
    }
}
