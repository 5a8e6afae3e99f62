//! Money as whole cents: exact, never negative, of one currency. Nothing here is a floating-point number.

use std::fmt;

/// The demo bank's one currency (ISO 4217).
pub const CURRENCY: &str = "EUR";

/// Cents in one unit of the currency.
const CENTS: u64 = 100;
/// The most digits before the point: far more than the bank holds, and nothing overflows.
const LONGEST_WHOLE: usize = 13;

/// A text that is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an amount like \"EUR:120.00\", with at most two digits behind the point")]
pub struct AmountError;

/// An amount of money: zero or more cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many cents.
    #[must_use]
    pub const fn from_cents(cents: u64) -> Self {
        Self(cents)
    }

    /// The amount in cents.
    #[must_use]
    pub const fn cents(self) -> u64 {
        self.0
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Reads `EUR:120`, `EUR:120.5` or `EUR:120.00`, and nothing else: no sign, no blank, no exponent, no third digit
    /// behind the point.
    pub fn parse(raw: &str) -> Result<Self, AmountError> {
        let number = raw.strip_prefix(CURRENCY).and_then(|rest| rest.strip_prefix(':')).ok_or(AmountError)?;
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) => (whole, cents_of(fraction)?),
            None => (number, 0),
        };
        let whole = digits(whole, LONGEST_WHOLE)?;
        let cents = whole.checked_mul(CENTS).and_then(|cents| cents.checked_add(fraction));
        cents.map(Self).ok_or(AmountError)
    }

    /// Both together; `None` when that is more than can be counted.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// What is left without `other`; `None` when there is not so much.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{CURRENCY}:{}.{:02}", self.0 / CENTS, self.0 % CENTS)
    }
}

impl serde::Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// One or two digits behind the point, as cents.
fn cents_of(fraction: &str) -> Result<u64, AmountError> {
    let cents = digits(fraction, 2)?;
    Ok(if fraction.len() == 1 { cents.saturating_mul(10) } else { cents })
}

fn digits(text: &str, longest: usize) -> Result<u64, AmountError> {
    let well_formed = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed { text.parse().map_err(|_| AmountError) } else { Err(AmountError) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_read_to_the_cent() {
        for (text, cents) in [
            ("EUR:120.00", 12_000),
            ("EUR:120", 12_000),
            ("EUR:0.1", 10),
            ("EUR:0.01", 1),
            ("EUR:0", 0),
            ("EUR:007.50", 750),
            ("EUR:9999999999999.99", 999_999_999_999_999),
        ] {
            assert_eq!(Amount::parse(text), Ok(Amount::from_cents(cents)), "{text}");
        }
    }

    #[test]
    fn what_is_not_exactly_an_amount_is_none() {
        for text in [
            "",
            "EUR",
            "EUR:",
            "EUR:.5",
            "EUR:1.",
            "EUR:1.005",
            "EUR:-1",
            "EUR:+1",
            "EUR: 1",
            "EUR:1 ",
            "EUR:1e3",
            "EUR:1,00",
            "eur:1",
            "CHF:1",
            "1",
            "EUR:١",
            "EUR:1.2.3",
            "EUR:99999999999999",
        ] {
            assert_eq!(Amount::parse(text), Err(AmountError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(cents in 0_u64..=999_999_999_999_999) {
            let amount = Amount::from_cents(cents);
            prop_assert_eq!(Amount::parse(&amount.to_string()), Ok(amount));
        }
    }
}
