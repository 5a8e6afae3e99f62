//! What is counted over time: transmissions of an account, and, over all accounts, of an address and of the
//! beginning of a number (`limits.md`: what a message costs, and SMS pumping). Windows slide: the times of sends are
//! kept, so that a refusal knows exactly when it ends.

use std::time::Duration;

use super::{
    address::{Address, AddressError},
    limits::Limits,
    refusal::Refusal,
    time::Timestamp,
};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Digits behind the country code that still belong to a prefix.
const PREFIX_DIGITS: usize = 3;

/// What transmissions are counted by, over all accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meter {
    /// The address, on whatever accounts it is in force.
    Address(Address),
    /// The address, wherever it is not proven: who enrols a stranger's takes nothing from what the stranger may get.
    Unproven(Address),
    /// Country code and the next three digits of a telephone number.
    Prefix(String),
}

/// How many transmissions may be counted in how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The limit's name in the configuration.
    pub limit: &'static str,
    /// The length of the window.
    pub span: Duration,
    /// How many.
    pub most: u32,
}

/// A meter with the transmissions of the last day, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// What is counted.
    pub meter: Meter,
    /// When, in any order.
    pub sends: Vec<Timestamp>,
}

impl Meter {
    /// The meters that a transmission to `address` can be counted by.
    #[must_use]
    pub fn of(address: &Address) -> Vec<Self> {
        let mut meters = vec![Self::Address(address.clone()), Self::Unproven(address.clone())];
        if let Address::Phone(phone) = address {
            meters.push(Self::Prefix(prefix(phone.reveal())));
        }
        meters
    }

    /// The caps of this meter; none when its limit is off.
    #[must_use]
    pub fn caps(&self, limits: &Limits) -> Vec<Cap> {
        match self {
            Self::Address(_) | Self::Unproven(_) => vec![
                Cap { limit: "address_per_hour", span: HOUR, most: limits.address_per_hour },
                Cap { limit: "address_per_day", span: DAY, most: limits.address_per_day },
            ],
            Self::Prefix(_) if limits.prefix_per_hour == 0 => Vec::new(),
            Self::Prefix(_) => vec![Cap { limit: "prefix_per_hour", span: HOUR, most: limits.prefix_per_hour }],
        }
    }

    /// A name that no two meters share, for the keyed hash it is found by.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            // One mailbox, however it is capitalised: hardly any host tells them apart.
            Self::Address(address) => format!("{}:{}", address.channel(), address.reveal().to_lowercase()),
            Self::Unproven(address) => format!("unproven:{}", Self::Address(address.clone()).name()),
            Self::Prefix(prefix) => format!("prefix:{prefix}"),
        }
    }
}

/// The caps of an account's own transmissions.
#[must_use]
pub fn account_caps(limits: &Limits) -> [Cap; 2] {
    [
        Cap { limit: "account_per_hour", span: HOUR, most: limits.account_per_hour },
        Cap { limit: "account_per_day", span: DAY, most: limits.account_per_day },
    ]
}

/// Refuses when one more transmission would be over a cap; says when it would not.
pub fn refuse_over(caps: &[Cap], sends: &[Timestamp], now: Timestamp) -> Result<(), Refusal> {
    for cap in caps {
        let mut within: Vec<Timestamp> = sends.iter().copied().filter(|at| at.plus(cap.span) > now).collect();
        within.sort_unstable();
        let most = usize::try_from(cap.most).unwrap_or(usize::MAX);
        if let Some(blocking) = within.len().checked_sub(most).and_then(|over| within.get(over)) {
            return Err(Refusal::RateLimited { limit: cap.limit, retry_after: blocking.plus(cap.span).since(now) });
        }
    }
    Ok(())
}

/// Refuses a number that is not within `allowed_prefixes`.
pub fn refuse_prefix(address: &Address, limits: &Limits) -> Result<(), Refusal> {
    let Address::Phone(phone) = address else { return Ok(()) };
    let allowed =
        limits.allowed_prefixes.is_empty() || limits.allowed_prefixes.iter().any(|prefix| prefix.covers(phone));
    if allowed { Ok(()) } else { Err(Refusal::AddressInvalid(AddressError::NotServed)) }
}

/// Only sends of the last day matter to any cap.
pub fn forget_old(sends: &mut Vec<Timestamp>, now: Timestamp) {
    sends.retain(|at| at.plus(DAY) > now);
}

/// The prefix that messages to a telephone number are counted by, as [`Meter::Prefix`] has it; a mailbox has none.
#[must_use]
pub fn prefix_of(address: &Address) -> Option<String> {
    match address {
        Address::Phone(phone) => Some(prefix(phone.reveal())),
        Address::Mailbox(_) => None,
    }
}

/// Country code and three digits: `+4179123`.
fn prefix(number: &str) -> String {
    let length = 1 + country_code_length(number) + PREFIX_DIGITS;
    number.chars().take(length).collect()
}

/// Digits of a number's country code: ITU-T E.164 (list of assigned codes), where zones 1 and 7 have one digit.
fn country_code_length(number: &str) -> usize {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).take(2).collect();
    match *digits.as_slice() {
        [1 | 7, _] => 1,
        [2, 0 | 7]
        | [3, 0..=4 | 6 | 9]
        | [4, 0 | 1 | 3..=9]
        | [5, 1..=8]
        | [6, 0..=6]
        | [8, 1 | 2 | 4 | 6]
        | [9, 0..=5 | 8] => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::Channel;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    #[test]
    fn a_window_slides_and_says_exactly_when_it_lets_through() {
        let caps = [Cap { limit: "address_per_hour", span: HOUR, most: 2 }];
        let sends = [at(600), at(0)];
        let refused = refuse_over(&caps, &sends, at(900));
        assert_eq!(
            refused,
            Err(Refusal::RateLimited { limit: "address_per_hour", retry_after: Duration::from_mins(45) })
        );
        assert_eq!(refuse_over(&caps, &sends, at(3_600)), Ok(()));
        assert_eq!(refuse_over(&caps, &sends[..1], at(900)), Ok(()));
    }

    #[test]
    fn a_prefix_is_the_country_code_and_three_digits() {
        for (number, expected) in [
            ("+41791234567", "+41791"),
            ("+12025550123", "+1202"),
            ("+79161234567", "+7916"),
            ("+3538712345", "+353871"),
            ("+9647712345", "+964771"),
            ("+423123456", "+423123"),
        ] {
            assert_eq!(prefix(number), expected);
        }
    }

    #[test]
    fn a_number_outside_the_allowed_prefixes_is_not_served() {
        let limits = Limits {
            allowed_prefixes: vec![crate::domain::limits::PhonePrefix::parse("+41").unwrap()],
            ..Limits::default()
        };
        let address = |raw| Address::parse(Channel::Sms, raw).unwrap();
        assert_eq!(refuse_prefix(&address("+41791234567"), &limits), Ok(()));
        assert_eq!(
            refuse_prefix(&address("+12025550123"), &limits),
            Err(Refusal::AddressInvalid(AddressError::NotServed))
        );
        assert_eq!(refuse_prefix(&Address::parse(Channel::Email, "a@example.com").unwrap(), &limits), Ok(()));
    }
}
