//! `[channel.*]`: what carries a TAN, and which channels are on.

use std::time::Duration;

use super::{
    enrolment::Preference,
    section::Section,
    transport::{self, Transport},
    value::Named,
};
use crate::domain::channel::{Channel, Strength, Strengths};

const TENTH: Duration = Duration::from_millis(100);
const MINUTE: Duration = Duration::from_mins(1);
/// More hand-overs at once than a machine does well.
const MOST_AT_ONCE: usize = 1000;
/// More waiting messages than can be sent while anyone waits for them.
const MOST_WAITING: usize = 100_000;

impl Named for Strength {
    const NAMES: &'static [(&'static str, Self)] =
        &[(Self::Inform.name(), Self::Inform), (Self::Possession.name(), Self::Possession)];
}

/// A channel whose messages are handed over to somebody who carries them. Not printable: a transport may hold a credential.
pub struct MessageChannel {
    /// What carries the messages, in order of preference; empty: the channel is not offered.
    pub transports: Vec<Transport>,
    /// How long a hand-over may take, all transports that are tried together; 100 ms to 1 min.
    pub timeout: Duration,
    /// How much a challenge solved on this channel proves.
    pub strength: Strength,
    /// Hand-overs at once of one instance; 1 to 1000.
    pub at_once: usize,
    /// Messages that may wait for their turn; up to 100000.
    pub waiting: usize,
    /// How long a message waits for its turn; up to 1 min.
    pub patience: Duration,
}

impl MessageChannel {
    fn read(section: &mut Section<'_>, strength: Strength, is_mail: bool) -> Self {
        let timeout = section.within("timeout", Duration::from_secs(10), TENTH..=MINUTE);
        Self {
            transports: transport::of_channel(section, is_mail, timeout),
            timeout,
            strength: section.or("strength", strength),
            at_once: section.within("at_once", 8, 1..=MOST_AT_ONCE),
            waiting: section.within("waiting", 64, 0..=MOST_WAITING),
            patience: section.within("patience", Duration::from_secs(5), Duration::ZERO..=MINUTE),
        }
    }

    /// Whether something is there that can carry a message at this moment: then, and only then, the channel is offered.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        self.transports.iter().any(|transport| transport.trouble().is_none())
    }
}

/// A channel of which nothing is sent: the customer has the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeChannel {
    /// Whether it is on.
    pub enabled: bool,
    /// How much a challenge solved on this channel proves.
    pub strength: Strength,
}

impl CodeChannel {
    fn read(section: &mut Section<'_>, strength: Strength) -> Self {
        Self { enabled: section.or("enabled", true), strength: section.or("strength", strength) }
    }
}

/// `[channel]`.
pub struct Channels {
    /// Every channel, in the order in which they are offered.
    pub preference: [Channel; 4],
    /// `[channel.sms]`.
    pub sms: MessageChannel,
    /// `[channel.email]`.
    pub email: MessageChannel,
    /// `[channel.totp]`.
    pub totp: CodeChannel,
    /// `[channel.recovery]`.
    pub recovery: CodeChannel,
}

impl Channels {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Strengths::default();
        Self {
            preference: section.or("preference", Preference(Channel::ALL)).0,
            sms: section.section("sms", |sms| MessageChannel::read(sms, default.sms, false)),
            email: section.section("email", |email| MessageChannel::read(email, default.email, true)),
            totp: section.section("totp", |totp| CodeChannel::read(totp, default.totp)),
            recovery: section.section("recovery", |recovery| CodeChannel::read(recovery, default.recovery)),
        }
    }

    /// How much each channel proves.
    #[must_use]
    pub fn strengths(&self) -> Strengths {
        let Self { sms, email, totp, recovery, .. } = self;
        Strengths { sms: sms.strength, email: email.strength, totp: totp.strength, recovery: recovery.strength }
    }

    /// The channels that transmit.
    #[must_use]
    pub fn transmitting(&self) -> [(Channel, &MessageChannel); 2] {
        [(Channel::Sms, &self.sms), (Channel::Email, &self.email)]
    }

    /// Whether `channel` is offered at this moment.
    #[must_use]
    pub fn offers(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms => self.sms.is_offered(),
            Channel::Email => self.email.is_offered(),
            Channel::Totp => self.totp.enabled,
            Channel::Recovery => self.recovery.enabled,
        }
    }
}
