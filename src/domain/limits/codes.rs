//! How hard codes of authenticator apps are to guess. Their length is not the bank's to choose: six digits is what every
//! app shows (RFC 6238), so that their number is what counts.

use super::Limits;

/// Codes of one device that are taken at any moment: of the present step, the one before and the one after.
const STEPS: u32 = 3;
/// The codes that there are: six digits.
const CODES: u32 = 1_000_000;

impl Limits {
    /// The chance to guess a code of any of the account's authenticator apps within one block of attempts, with as many
    /// apps as there may be: `consecutive_failures` · 3 · `totp_devices` / 10^6. The apps' codes follow from secrets of their
    /// own, so that each of them is a further target, and the window (RFC 6238 section 5.2) triples them. A step that moves on
    /// between two tries only exchanges targets.
    #[must_use]
    pub fn chance_of_code_per_block(&self) -> f64 {
        self.chance_of_code_in(u32::from(self.consecutive_failures))
    }

    /// The same in a year of steady guessing: [`tries_per_year`](Self::tries_per_year) · 3 · `totp_devices` / 10^6.
    #[must_use]
    pub fn chance_of_code_per_year(&self) -> f64 {
        self.chance_of_code_in(self.tries_per_year())
    }

    /// The sum over the tries, which is a little more than the chance that any of them hits.
    fn chance_of_code_in(&self, tries: u32) -> f64 {
        f64::from(tries) * f64::from(STEPS) * f64::from(self.totp_devices) / f64::from(CODES)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_chances_of_codes_are_those_of_the_defaults() {
        let limits = Limits::default();
        assert!((limits.chance_of_code_per_block() - 7.5e-5).abs() < 1e-12);
        assert!((limits.chance_of_code_per_year() - 1.5e-3).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_never_less_than_the_chance_and_hardly_more(
            devices in 1u16..=20, consecutive in 1u16..=5, total in 5u16..=100,
        ) {
            let limits = Limits {
                totp_devices: devices,
                consecutive_failures: consecutive,
                total_failures: total,
                ..Limits::default()
            };
            prop_assert_eq!(limits.violations().len(), 0);
            let missed = 1.0 - f64::from(devices) * 3.0 / 1e6;
            let shown = [
                (limits.chance_of_code_per_block(), u32::from(consecutive)),
                (limits.chance_of_code_per_year(), limits.tries_per_year()),
            ];
            for (shown, tries) in shown {
                let exact = 1.0 - missed.powi(i32::try_from(tries).unwrap());
                prop_assert!(shown >= exact - 1e-12 && shown <= exact * 1.01, "{shown} for {exact}");
            }
            let fewer = Limits { totp_devices: devices - 1, ..limits.clone() };
            let per_device = limits.chance_of_code_per_block() - fewer.chance_of_code_per_block();
            prop_assert!((per_device - f64::from(consecutive) * 3e-6).abs() < 1e-12, "each device costs the same");
        }
    }
}
