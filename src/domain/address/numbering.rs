//! Which telephone numbers there can be: country codes, and how many digits follow them.
//!
//! It says what is *possible*, not what is *assigned*. The patterns of the countries' plans are left out on purpose: they age,
//! and whoever got a number out of a range that was opened after this program was built would be locked out of his account;
//! ranges set aside for examples and tests (+1 555) would be refused too. That a number is somebody's is proven by the TAN
//! that goes there. Codes and lengths change once in years.
//!
//! The table is made when the program is built, of the metadata of Google's libphonenumber as the crate `phonenumber` has it.
//! That crate's own parser is not used: it takes national prefixes off what is in international form already, so that
//! +7 812 345 67 89 becomes another number, and it keeps 7 MB and some hundred patterns for questions that are not asked.

/// What is known of the numbers behind a country code.
struct Plan {
    /// The code.
    code: u16,
    /// Bit `n`: there are numbers of `n` digits behind the code. Of every kind that can be called from abroad.
    lengths: u16,
    /// Whether each country with this code writes a 0 before its area codes that is not dialled from abroad. Not so in Italy.
    trunk_zero: bool,
}

/// Sorted by code. No code is the beginning of another one (ITU-T E.164 section 6).
const PLANS: &[Plan] = &include!(concat!(env!("OUT_DIR"), "/numbering_plans.rs"));

/// The longest country code, in digits.
const LONGEST_CODE: usize = 3;

/// Why there can be no such number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Impossible {
    /// No country has this code.
    UnknownCode,
    /// It begins with the 0 that is left out behind the country code.
    TrunkZero,
    /// The country has no numbers of this length.
    Length,
}

/// Whether there can be a number of these digits, the country code first. ASCII digits alone.
pub(super) fn judge(digits: &str) -> Result<(), Impossible> {
    let (plan, national) = plan_of(digits).ok_or(Impossible::UnknownCode)?;
    if plan.trunk_zero && national.starts_with('0') {
        return Err(Impossible::TrunkZero);
    }
    let known = u32::try_from(national.len()).ok().and_then(|length| plan.lengths.checked_shr(length));
    if known.is_some_and(|lengths| lengths & 1 == 1) { Ok(()) } else { Err(Impossible::Length) }
}

/// The plan of the country, and the digits behind its code.
fn plan_of(digits: &str) -> Option<(&'static Plan, &str)> {
    (1..=LONGEST_CODE).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let code: u16 = code.parse().ok()?;
        let at = PLANS.binary_search_by_key(&code, |plan| plan.code).ok()?;
        Some((PLANS.get(at)?, national))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use phonenumber::metadata::DATABASE;

    use super::*;

    #[test]
    fn codes_are_sorted_and_none_is_the_beginning_of_another() {
        let codes: Vec<u16> = PLANS.iter().map(|plan| plan.code).collect();
        assert!(codes.is_sorted() && codes.len() > 200, "{codes:?}");
        let written: BTreeSet<String> = codes.iter().map(ToString::to_string).collect();
        assert_eq!(written.len(), codes.len());
        for code in &written {
            assert!((1..=LONGEST_CODE).contains(&code.len()), "{code}");
            assert!((1..code.len()).all(|length| !written.contains(&code[..length])), "{code}");
        }
    }

    /// The metadata gives an example of each kind of number in each country.
    #[test]
    fn each_number_that_a_country_gives_as_an_example_is_possible() {
        let mut seen = 0;
        for country in (1..=999).filter_map(|code| DATABASE.by_code(&code)).flatten() {
            let kinds = country.descriptors();
            let called = [
                kinds.fixed_line(),
                kinds.mobile(),
                kinds.toll_free(),
                kinds.premium_rate(),
                kinds.shared_cost(),
                kinds.personal_number(),
                kinds.voip(),
                kinds.pager(),
                kinds.uan(),
                kinds.voicemail(),
            ];
            for example in called.into_iter().flatten().filter_map(|kind| kind.example()) {
                let digits = format!("{}{example}", country.country_code());
                assert_eq!(judge(&digits), Ok(()), "{} {digits}", country.id());
                seen += 1;
            }
        }
        assert!(seen > 1000, "{seen} examples");
    }

    #[test]
    fn what_cannot_be_is_told_apart() {
        for (digits, judged) in [
            ("41791234567", Ok(())),
            ("15551234567", Ok(())),
            ("4179123", Err(Impossible::Length)),
            ("417912345678", Err(Impossible::Length)),
            ("410791234567", Err(Impossible::TrunkZero)),
            ("390612345678", Ok(())),
            ("2250123456789", Ok(())),
            ("78123456789", Ok(())),
            ("2101234567", Err(Impossible::UnknownCode)),
            ("9991234567", Err(Impossible::UnknownCode)),
            ("", Err(Impossible::UnknownCode)),
            ("41", Err(Impossible::Length)),
        ] {
            assert_eq!(judge(digits), judged, "{digits}");
        }
    }
}
