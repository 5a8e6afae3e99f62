//! `[enrolment]`: who brings the first channel of an account, and from when on a new one counts; and the order in which
//! channels are offered, `[channel] preference`.

use std::{borrow::Cow, time::Duration};

use toml::Value as Toml;

use super::{
    Settings,
    raw::Raw,
    section::Section,
    value::{Named, Value, quoted},
};
use crate::domain::{
    channel::Channel,
    policy::{FirstChannel, Policy},
};

/// Whoever waits longer has forgotten what for.
const LONGEST_WAITING: Duration = Duration::from_hours(30 * 24);

impl Named for FirstChannel {
    const NAMES: &'static [(&'static str, Self)] = &[("self", Self::Oneself), ("operator", Self::Operator)];
}

/// `[enrolment]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// Who may bring the first channel of an account.
    pub first: FirstChannel,
    /// How long what a customer put in force counts for nothing that is `bound`; up to 30 days.
    pub waiting: Duration,
}

impl Enrolment {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self {
            first: section.or("first", FirstChannel::Oneself),
            waiting: section.within("waiting", Duration::ZERO, Duration::ZERO..=LONGEST_WAITING),
        }
    }
}

impl Settings {
    /// What the bank has decided about channels, beside their strengths.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let Enrolment { first, waiting } = self.enrolment;
        let channels = &self.channels;
        Policy {
            preference: channels.preference,
            totp: channels.totp.enabled,
            recovery: channels.recovery.enabled,
            first,
            waiting,
            own_strength: self.server.own_strength,
        }
    }
}

/// Every channel, in the order in which they are offered. One that is left out comes behind those that are named, in the
/// order of [`Channel::ALL`].
pub(super) struct Preference(pub(super) [Channel; 4]);

impl Value for Preference {
    fn read(raw: &Raw) -> Result<Self, String> {
        let every = Channel::ALL.map(|channel| quoted(channel.name())).join(", ");
        let right = format!("write each of [{every}] once at most, the first one first");
        let Some(Toml::Array(named)) = raw.toml().map(Cow::into_owned) else {
            return Err(format!("is no list; {right}"));
        };
        let known: Option<Vec<Channel>> = named.iter().map(|name| Channel::named(name.as_str()?)).collect();
        let known = known.ok_or_else(|| format!("names what is no channel; {right}"))?;
        if known.iter().enumerate().any(|(at, channel)| known.iter().skip(at + 1).any(|other| other == channel)) {
            return Err(format!("names a channel twice; {right}"));
        }
        let mut order = Channel::ALL;
        order.sort_by_key(|channel| known.iter().position(|named| named == channel).unwrap_or(known.len()));
        Ok(Self(order))
    }

    fn show(&self) -> String {
        format!("[{}]", self.0.map(|channel| quoted(channel.name())).join(", "))
    }
}
