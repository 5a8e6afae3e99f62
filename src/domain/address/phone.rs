//! A telephone number: read as people write it, kept as it is dialled.

use std::{fmt, sync::LazyLock};

use regex::Regex;

use super::{
    AddressError,
    numbering::{self, Impossible},
};

/// Digits of an E.164 number: at most 15 (ITU-T E.164 section 6); fewer than 7 is no subscriber's number.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// `+`, a country code, then groups of digits with at most one separator between them; none in parentheses begins with 0.
static WRITTEN_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the pattern is a constant, and a test reads it")]
    Regex::new(r"^\+[1-9][0-9]*(?:[ .-]?(?:\([1-9][0-9]*\)|[0-9]+))*$").expect("the pattern of a written number")
});

/// A telephone number in E.164 form: `+` and 7 to 15 digits, the first not zero.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number as people write it: single blanks, dots and dashes between groups of digits, and parentheses
    /// around one. `(0)` is refused: it is a national prefix that must not be dialled, and dropping the parentheses
    /// alone would make another number of it. So is the same 0 without parentheses, but in countries where it is dialled
    /// (Italy). The country code must be one, and the country must have numbers of this length; whether the number is
    /// assigned to anybody is not asked.
    pub fn parse(raw: &str) -> Result<Self, AddressError> {
        if !WRITTEN_NUMBER.is_match(raw) {
            return Err(AddressError::NotE164);
        }
        let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
        if digits.starts_with('0') || !DIGITS.contains(&digits.len()) {
            return Err(AddressError::NotE164);
        }
        numbering::judge(&digits)?;
        Ok(Self(format!("+{digits}")))
    }

    /// The number that a row has. For the storage layer alone: nothing is checked, so that a customer whose number was
    /// possible once can still be shown it, and rid of it.
    #[must_use]
    pub fn stored(number: &str) -> Self {
        Self(number.to_owned())
    }

    /// The number, `+41791234567`. For transports and for sealing only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The first three characters, and of a long number the last four, of a short one the last two.
    pub(super) fn masked(&self) -> String {
        let length = self.0.chars().count();
        let shown_first = 3;
        let shown_last = if length > 10 { 4 } else { 2 };
        let shown = |(at, c)| if at < shown_first || at + shown_last >= length { c } else { '*' };
        self.0.chars().enumerate().map(shown).collect()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.masked())
    }
}

impl From<Impossible> for AddressError {
    fn from(impossible: Impossible) -> Self {
        match impossible {
            Impossible::UnknownCode => Self::UnknownCountryCode,
            Impossible::TrunkZero => Self::TrunkZero,
            Impossible::Length => Self::ImpossibleLength,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_in_one_form() {
        for (raw, kept) in [
            ("+41 (79) 123-45.67", "+41791234567"),
            ("+41791234567", "+41791234567"),
            ("+1 (555) 123-4567", "+15551234567"),
            ("+39 06 1234 5678", "+390612345678"),
            ("+7 812 345 67 89", "+78123456789"),
            ("+882 13 100001", "+88213100001"),
        ] {
            assert_eq!(PhoneNumber::parse(raw).unwrap().reveal(), kept, "{raw}");
        }
    }

    #[test]
    fn what_is_not_written_like_a_number_is_refused() {
        for raw in [
            "",
            "+",
            "0791234567",
            "0041791234567",
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
            "tel:+41791234567",
            "+41791234567;ext=5",
            "+41791234567x5",
            "+1-800-FLOWERS",
        ] {
            assert_eq!(PhoneNumber::parse(raw), Err(AddressError::NotE164), "{raw:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_number_is_refused() {
        for (raw, refused) in [
            ("+4179123", AddressError::ImpossibleLength),
            ("+41 79 123 45 678", AddressError::ImpossibleLength),
            ("+1 202 555 012", AddressError::ImpossibleLength),
            ("+41 079 123 45 67", AddressError::TrunkZero),
            ("+49 0170 1234567", AddressError::TrunkZero),
            ("+999 123 45 67", AddressError::UnknownCountryCode),
        ] {
            assert_eq!(PhoneNumber::parse(raw), Err(refused), "{raw}");
        }
    }

    #[test]
    fn a_number_that_a_row_has_is_taken_as_it_is_and_never_shown_whole() {
        for (kept, masked) in [("+4179123", "+41***23"), ("+99912345678", "+99*****5678"), ("+41", "+41"), ("", "")] {
            let number = PhoneNumber::stored(kept);
            assert_eq!((number.reveal(), number.masked().as_str()), (kept, masked));
        }
    }
}
