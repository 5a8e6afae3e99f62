//! What an account proves itself with: addresses that a TAN goes to, devices that show a code, recovery codes.

use super::{
    account::{Account, Terms},
    address::Address,
    assurance::{Assurance, Demand},
    channel::{BroughtBy, Channel},
    policy::Policy,
    recovery::{CODES, RecoveryCodes},
    refusal::OfferedChannel,
    time::Timestamp,
    totp::{DeviceName, TotpSecret},
};

/// An address that a TAN can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveChannel {
    /// The proven address.
    pub address: Address,
    /// When it became active.
    pub since: Timestamp,
    /// Who put it in force.
    pub brought_by: BroughtBy,
}

/// A device that is not in force yet, or what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDevice {
    /// What the customer calls it.
    pub name: DeviceName,
    /// What its codes follow from.
    pub secret: TotpSecret,
}

/// A device that shows codes (RFC 6238).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What the customer calls it; unique within the account.
    pub name: DeviceName,
    /// What its codes follow from.
    pub secret: TotpSecret,
    /// The latest steps whose codes were accepted: none is twice.
    pub used: Vec<i64>,
    /// When it was put in force.
    pub since: Timestamp,
    /// Who put it in force.
    pub brought_by: BroughtBy,
}

/// What a challenge is proven with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The TAN that goes to this address.
    Address(Address),
    /// The code that any of the account's devices shows.
    Devices,
    /// The code that this one shows, which is to be put in force.
    NewDevice(NewDevice),
    /// One of the account's recovery codes.
    RecoveryCodes,
}

impl Target {
    /// The channel that it belongs to.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Address(address) => address.channel(),
            Self::Devices | Self::NewDevice(_) => Channel::Totp,
            Self::RecoveryCodes => Channel::Recovery,
        }
    }

    /// Where a message goes; `None` where none does.
    #[must_use]
    pub const fn address(&self) -> Option<&Address> {
        match self {
            Self::Address(address) => Some(address),
            Self::Devices | Self::NewDevice(_) | Self::RecoveryCodes => None,
        }
    }
}

impl Device {
    /// A device that is put in force now; `used` are the steps that its proof took.
    #[must_use]
    pub fn new(device: NewDevice, used: Vec<i64>, since: Timestamp, brought_by: BroughtBy) -> Self {
        Self { name: device.name, secret: device.secret, used, since, brought_by }
    }
}

/// From when on something that was put in force then, by them, counts for what is `bound`; `None`: at once.
#[must_use]
pub fn counts_from(since: Timestamp, brought_by: BroughtBy, policy: &Policy) -> Option<Timestamp> {
    match brought_by {
        BroughtBy::Operator => None,
        BroughtBy::Customer => (!policy.waiting.is_zero()).then(|| since.plus(policy.waiting)),
    }
}

/// One thing in force, as its customer knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Its channel.
    pub channel: Channel,
    /// What the customer knows it by: a masked address, a device's name, how many recovery codes are left of how many.
    pub tan_info: String,
    /// Since when it is in force.
    pub since: Timestamp,
    /// From when on it counts for what is `bound`; `None`: at once.
    pub counts_from: Option<Timestamp>,
    /// Whether it can prove anything: recovery codes can be used up, and still protect the account.
    pub usable: bool,
}

impl Factor {
    fn of(channel: Channel, tan_info: String, since: Timestamp, brought_by: BroughtBy, policy: &Policy) -> Self {
        let counts_from = counts_from(since, brought_by, policy);
        Self { channel, tan_info, since, counts_from, usable: policy.serves(channel) }
    }

    fn of_codes(codes: &RecoveryCodes, policy: &Policy) -> Self {
        let left = codes.left();
        let shown = format!("{left}/{CODES}");
        let factor = Self::of(Channel::Recovery, shown, codes.since, codes.brought_by, policy);
        Self { usable: factor.usable && left > 0, ..factor }
    }
}

impl Account {
    /// Whether anything is in force. Recovery codes that are used up still protect: else whoever used them would have
    /// switched the protection off.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        !self.channels.is_empty() || !self.devices.is_empty() || self.recovery.is_some()
    }

    /// Whether something of this channel is in force.
    #[must_use]
    pub fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms | Channel::Email => self.active(channel).is_some(),
            Channel::Totp => !self.devices.is_empty(),
            Channel::Recovery => self.recovery.is_some(),
        }
    }

    /// Everything in force, in the order in which it is offered.
    #[must_use]
    pub fn factors(&self, policy: &Policy) -> Vec<Factor> {
        let address = |active: &ActiveChannel| {
            let (channel, shown) = (active.address.channel(), active.address.masked());
            Factor::of(channel, shown, active.since, active.brought_by, policy)
        };
        let device = |device: &Device| {
            Factor::of(Channel::Totp, device.name.to_string(), device.since, device.brought_by, policy)
        };
        let codes = self.recovery.iter().map(|codes| Factor::of_codes(codes, policy));
        let mut factors: Vec<Factor> =
            self.channels.iter().map(address).chain(self.devices.iter().map(device)).chain(codes).collect();
        factors.sort_by_key(|factor| policy.preference.iter().position(|channel| *channel == factor.channel));
        factors
    }

    /// The channels that are active, in the order in which they are offered, whether or not they can prove anything now.
    #[must_use]
    pub fn active_channels(&self, policy: &Policy) -> Vec<Channel> {
        let mut channels: Vec<Channel> = self.factors(policy).into_iter().map(|factor| factor.channel).collect();
        channels.dedup();
        channels
    }

    /// What the customer knows this channel by: masked address, names of devices, recovery codes left.
    #[must_use]
    pub fn shown_of(&self, channel: Channel, policy: &Policy) -> String {
        shown(&self.factors(policy), channel)
    }

    /// What can prove the customer for an operation that asks for this, in the order of preference, a channel once: of
    /// sufficient strength and, for what is bound, old enough. Of several devices those that can are named.
    #[must_use]
    pub fn offered(&self, terms: &Terms<'_>, demand: Demand) -> Vec<OfferedChannel> {
        let counts = |factor: &Factor| {
            demand.assurance != Assurance::Bound || factor.counts_from.is_none_or(|from| from <= terms.now)
        };
        let strong = |factor: &Factor| terms.strengths.of(factor.channel) >= demand.strength;
        let able = |factor: &Factor| factor.usable && strong(factor) && counts(factor);
        let able: Vec<Factor> = self.factors(&terms.policy).into_iter().filter(able).collect();
        let mut channels: Vec<Channel> = able.iter().map(|factor| factor.channel).collect();
        channels.dedup();
        let offer = |channel| OfferedChannel { channel, tan_info: shown(&able, channel) };
        channels.into_iter().map(offer).collect()
    }
}

fn shown(factors: &[Factor], channel: Channel) -> String {
    let of_channel = factors.iter().filter(|factor| factor.channel == channel);
    of_channel.map(|factor| factor.tan_info.as_str()).collect::<Vec<_>>().join(", ")
}
