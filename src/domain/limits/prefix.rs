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
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn a_text_is_a_prefix_if_and_only_if_numbers_begin_so(
            raw in prop_oneof!["\\PC*", any::<String>(), "\\+?[0-9]{0,17}[ \n٣]?"], number in "[1-9][0-9]{6,14}",
        ) {
            let wanted = regex::Regex::new(r"^\+[1-9][0-9]{0,14}$").unwrap().is_match(&raw);
            let read = PhonePrefix::parse(&raw);
            prop_assert_eq!(read.as_ref().ok().map(PhonePrefix::as_str), wanted.then_some(&*raw));
            let number = PhoneNumber::stored(&format!("+{number}"));
            for length in 2..=number.reveal().len() {
                prop_assert!(PhonePrefix::parse(&number.reveal()[..length]).unwrap().covers(&number));
            }
            if let Ok(read) = read {
                let begins = number.reveal().chars().zip(raw.chars()).filter(|(one, other)| one == other).count() == raw.len();
                prop_assert_eq!(read.covers(&number), begins && raw.len() <= number.reveal().len());
            }
        }
    }
}
