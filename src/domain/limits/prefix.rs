//! The beginnings of telephone numbers that may be sent to at all.

use crate::domain::address::PhoneNumber;

/// A text that is no beginning of a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a prefix is '+', the country code and as many further digits as wanted, like +41 or +4179")]
pub struct PhonePrefixError;

/// The beginning of an E.164 number: `+` and 1 to 15 digits, the first not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhonePrefix(String);

impl PhonePrefix {
    /// Reads a prefix exactly as written, without blanks.
    pub fn parse(raw: &str) -> Result<Self, PhonePrefixError> {
        let digits = raw.strip_prefix('+').ok_or(PhonePrefixError)?;
        let well_formed =
            (1..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit()) && !digits.starts_with('0');
        well_formed.then(|| Self(raw.to_owned())).ok_or(PhonePrefixError)
    }

    /// The prefix as written, `+41`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `number` begins with this prefix.
    #[must_use]
    pub fn covers(&self, number: &PhoneNumber) -> bool {
        number.reveal().starts_with(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_covers_the_numbers_that_begin_with_it() {
        let number = PhoneNumber::parse("+41791234567").unwrap();
        for (prefix, covers) in [("+41", true), ("+4179", true), ("+4178", false), ("+1", false)] {
            assert_eq!(PhonePrefix::parse(prefix).unwrap().covers(&number), covers, "{prefix}");
        }
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for raw in ["", "+", "41", "+041", "+41 79", "+4a", "+1234567890123456", "+٤١"] {
            assert_eq!(PhonePrefix::parse(raw), Err(PhonePrefixError), "{raw:?}");
        }
    }
}
