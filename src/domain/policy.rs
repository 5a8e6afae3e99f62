//! What the bank has decided about channels, beside their limits: which are on, in which order they are offered, who
//! brings an account's first one, and from when on a new one counts.

use std::time::Duration;

use super::channel::Channel;

/// Who may bring the first channel of an account (`[enrolment] first`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstChannel {
    /// The customer.
    #[default]
    Oneself,
    /// An operator alone: what a stolen password could enrol on a bare account would protect the thief.
    Operator,
}

/// How strong a proof the service's own operations ask for (`[server] own_strength`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnStrength {
    /// Any: a customer who has lost his telephone helps himself with his mailbox.
    #[default]
    Any,
    /// As strong as the strongest that the account has: whoever reads a mailbox alone brings nothing stronger into force
    /// (NIST SP 800-63B-4: a new authenticator is bound at the level that it will have).
    Strongest,
}

/// What the bank has decided about channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Every channel, in the order in which they are offered (`[channel] preference`).
    pub preference: [Channel; 4],
    /// Whether authenticator apps serve here (`[channel.totp] enabled`).
    pub totp: bool,
    /// Whether recovery codes serve here (`[channel.recovery] enabled`).
    pub recovery: bool,
    /// Who may bring the first channel of an account.
    pub first: FirstChannel,
    /// How long what a customer has put in force counts for nothing that is `bound` (`[enrolment] waiting`).
    pub waiting: Duration,
    /// How strong a proof the service's own operations ask for.
    pub own_strength: OwnStrength,
}

impl Policy {
    /// Whether the channel serves here at all. Of those that send it is not decided here whether a way out is configured.
    #[must_use]
    pub const fn serves(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms | Channel::Email => true,
            Channel::Totp => self.totp,
            Channel::Recovery => self.recovery,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            preference: Channel::ALL,
            totp: true,
            recovery: true,
            first: FirstChannel::Oneself,
            waiting: Duration::ZERO,
            own_strength: OwnStrength::Any,
        }
    }
}
