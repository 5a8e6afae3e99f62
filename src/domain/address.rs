//! Telephone numbers and mailboxes: parsed once at the edge, trusted below it, never printed whole by accident.

use std::{fmt, str::FromStr, sync::LazyLock};

use email_address::EmailAddress;
use regex::Regex;

use super::{channel::Channel, summary::cleaned};

/// The longest mailbox that SMTP carries (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const LONGEST_MAILBOX: usize = 254;
/// Digits of an E.164 number: at most 15 (ITU-T E.164 section 6); fewer than 7 is no subscriber's number.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// `+`, a country code, then groups of digits with at most one separator between them; none in parentheses begins with 0.
static WRITTEN_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the pattern is a constant, and a test reads it")]
    Regex::new(r"^\+[1-9][0-9]*(?:[ .-]?(?:\([1-9][0-9]*\)|[0-9]+))*$").expect("the pattern of a written number")
});

/// Why a text is no address. The sentences are shown to clients and never repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `+`, a country code and a subscriber's number.
    #[error(
        "A telephone number is written in international form: '+', the country code and the number, 7 to 15 digits in all."
    )]
    NotE164,
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

/// A telephone number in E.164 form: `+` and 7 to 15 digits, the first not zero.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number as people write it: single blanks, dots and dashes between groups of digits, and parentheses
    /// around one. `(0)` is refused: it is a national prefix that must not be dialled, and dropping the parentheses
    /// alone would make another number of it.
    pub fn parse(raw: &str) -> Result<Self, AddressError> {
        if !WRITTEN_NUMBER.is_match(raw) {
            return Err(AddressError::NotE164);
        }
        let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
        if digits.starts_with('0') || !PHONE_DIGITS.contains(&digits.len()) {
            return Err(AddressError::NotE164);
        }
        Ok(Self(format!("+{digits}")))
    }

    /// The number, `+41791234567`. For transports and for sealing only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A mailbox, `name@domain`, the domain in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox(String);

impl Mailbox {
    /// Reads a mailbox (RFC 5321): no display name, no quoting, no address literal, nothing that a shell script or
    /// a mail header could take for more than an address, and nothing that cannot be seen. Letters beyond ASCII stay
    /// as they are; a domain has letters, digits and dashes alone.
    pub fn parse(raw: &str) -> Result<Self, AddressError> {
        let hostile = |c: char| c.is_control() || c.is_whitespace() || "\"<>()[]\\,;:".contains(c);
        // The form that is kept is what is judged: some letters are longer, or are two characters, in lower case.
        let (local, domain) = raw.rsplit_once('@').ok_or(AddressError::NotAMailbox)?;
        let mailbox = format!("{local}@{}", domain.to_lowercase());
        let bounded = mailbox.len() <= LONGEST_MAILBOX && !mailbox.starts_with('-');
        if !bounded || mailbox.contains(hostile) || cleaned(&mailbox) != mailbox {
            return Err(AddressError::NotAMailbox);
        }
        let parsed = EmailAddress::from_str(&mailbox).map_err(|_| AddressError::NotAMailbox)?;
        let of_domain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || !c.is_ascii();
        let whole = parsed.domain().contains('.') && parsed.domain().chars().all(of_domain);
        if whole { Ok(Self(mailbox)) } else { Err(AddressError::NotAMailbox) }
    }

    /// The mailbox. For transports and for sealing only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
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
            Self::Phone(PhoneNumber(number)) => mask_phone(number),
            Self::Mailbox(Mailbox(mailbox)) => mask_mailbox(mailbox),
        }
    }
}

fn mask_phone(number: &str) -> String {
    let shown_first = 3;
    let shown_last = if number.len() > 10 { 4 } else { 2 };
    number
        .chars()
        .enumerate()
        .map(|(at, c)| if at < shown_first || at + shown_last >= number.len() { c } else { '*' })
        .collect()
}

fn mask_mailbox(mailbox: &str) -> String {
    let (local, domain) = mailbox.rsplit_once('@').unwrap_or((mailbox, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}***@{domain}")
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&mask_phone(&self.0))
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&mask_mailbox(&self.0))
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
    fn numbers_are_kept_in_one_form() {
        let number = PhoneNumber::parse("+41 (79) 123-45.67").unwrap();
        assert_eq!(number.reveal(), "+41791234567");
        assert_eq!(PhoneNumber::parse("+41791234567"), Ok(number));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for raw in [
            "",
            "+",
            "0791234567",
            "-41791234567",
            "+0791234567",
            "+41 79 12x",
            "+123456",
            "+1234567890123456",
            "+4179123456\n",
            "+٤١٧٩١٢٣٤٥٦٧",
            "+41791234567 ",
            "+41 (0)79 123 45 67",
            "+41 (79 1234567",
            "+41 79) 1234567",
            "+((41))791234567",
            "+41  791234567",
            "+41-.-791234567",
        ] {
            assert_eq!(PhoneNumber::parse(raw), Err(AddressError::NotE164), "{raw:?}");
        }
    }

    #[test]
    fn what_is_no_mailbox_is_refused() {
        for raw in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "-alice@example.com",
            "alice@example.com\r\nBcc: eve@example.com",
            "Alice <alice@example.com>",
            "a b@example.com",
            "\"a\"@example.com",
            "alice@[127.0.0.1]",
            "alice@localhost",
            "alice@example.com,eve@example.com",
            "alice@a|b.example",
            "alice@$(x).example",
            "al\u{200b}ice@example.com",
            "alice@exam\u{202e}ple.com",
            "alice@example\u{3164}.com",
        ] {
            assert_eq!(Mailbox::parse(raw), Err(AddressError::NotAMailbox), "{raw:?}");
        }
        assert_eq!(Mailbox::parse("Alice+tan@Example.COM").unwrap().reveal(), "Alice+tan@example.com");
    }

    #[test]
    fn a_masked_address_cannot_be_used() {
        assert_eq!(Address::parse(Channel::Sms, "+41791234567").unwrap().masked(), "+41*****4567");
        assert_eq!(Address::parse(Channel::Sms, "+1234567").unwrap().masked(), "+12***67");
        assert_eq!(Address::parse(Channel::Email, "alice@example.com").unwrap().masked(), "a***@example.com");
        assert_eq!(format!("{:?}", Address::parse(Channel::Email, "alice@example.com").unwrap()), "a***@example.com");
    }
}
