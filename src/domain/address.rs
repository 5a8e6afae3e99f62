//! Telephone numbers and mailboxes: parsed once at the edge, trusted below it, never printed whole by accident.

mod mailbox;
mod numbering;
mod phone;

use std::fmt;

pub use mailbox::Mailbox;
pub use phone::PhoneNumber;

use super::channel::Channel;

/// Why a text is no address. The sentences are shown to clients and never repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `+`, a country code and a subscriber's number.
    #[error(
        "A telephone number is written in international form: '+', the country code and the number, 7 to 15 digits in all."
    )]
    NotE164,
    /// No country has this code.
    #[error("There is no such country code.")]
    UnknownCountryCode,
    /// A national prefix behind the country code.
    #[error("The 0 before the area code is left out behind this country code.")]
    TrunkZero,
    /// Too short or too long for its country.
    #[error("Numbers behind this country code do not have so many digits.")]
    ImpossibleLength,
    /// Not `local@domain`.
    #[error("A mailbox is written as name@domain, without a display name, comments or control characters.")]
    NotAMailbox,
    /// A number outside `allowed_prefixes`.
    #[error("No messages are sent to numbers of this country or network.")]
    NotServed,
    /// The channel has no addresses at all.
    #[error("This channel has no address.")]
    ChannelWithoutAddress,
}

/// What stands behind `sms` or `email`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// Behind `sms`.
    Phone(PhoneNumber),
    /// Behind `email`.
    Mailbox(Mailbox),
}

impl Address {
    /// Reads the kind of address that `channel` has.
    pub fn parse(channel: Channel, raw: &str) -> Result<Self, AddressError> {
        match channel {
            Channel::Sms => PhoneNumber::parse(raw).map(Self::Phone),
            Channel::Email => Mailbox::parse(raw).map(Self::Mailbox),
            Channel::Totp | Channel::Recovery => Err(AddressError::ChannelWithoutAddress),
        }
    }

    /// The address that a row has, of the kind that `channel` has. For the storage layer alone: nothing else is checked,
    /// so that what was accepted once still loads.
    pub fn stored(channel: Channel, raw: &str) -> Result<Self, AddressError> {
        match channel {
            Channel::Sms => Ok(Self::Phone(PhoneNumber::stored(raw))),
            Channel::Email => Ok(Self::Mailbox(Mailbox::stored(raw))),
            Channel::Totp | Channel::Recovery => Err(AddressError::ChannelWithoutAddress),
        }
    }

    /// The channel that carries messages to this address.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Phone(_) => Channel::Sms,
            Self::Mailbox(_) => Channel::Email,
        }
    }

    /// The address in clear. For transports and for sealing only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.reveal(),
            Self::Mailbox(mailbox) => mailbox.reveal(),
        }
    }

    /// What a customer recognises and a stranger cannot use: `+41*****4567`, `a***@example.com`. The wire's `tan_info`.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
            Self::Mailbox(mailbox) => mailbox.masked(),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.masked())
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_cannot_be_used() {
        assert_eq!(Address::parse(Channel::Sms, "+41791234567").unwrap().masked(), "+41*****4567");
        assert_eq!(Address::stored(Channel::Sms, "+1234567").unwrap().masked(), "+12***67");
        assert_eq!(Address::parse(Channel::Email, "alice@example.com").unwrap().masked(), "a***@example.com");
        assert_eq!(format!("{:?}", Address::parse(Channel::Email, "alice@example.com").unwrap()), "a***@example.com");
    }

    #[test]
    fn a_channel_without_addresses_has_none_in_rows_either() {
        for channel in [Channel::Totp, Channel::Recovery] {
            assert_eq!(Address::stored(channel, "+41791234567"), Err(AddressError::ChannelWithoutAddress));
            assert_eq!(Address::parse(channel, "+41791234567"), Err(AddressError::ChannelWithoutAddress));
        }
    }
}
