//! The RFCs' own vectors, the window, and what an app is told.

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::domain::{channel::Channel, keys::tests::Fixed};

/// The secret of both RFCs' vectors.
fn of_the_rfcs() -> TotpSecret {
    TotpSecret::from_bytes(*b"12345678901234567890")
}

fn candidate(code: &str) -> Candidate {
    Candidate::parse(code, 8).unwrap()
}

fn at_step(step: i64) -> Timestamp {
    Timestamp::from_seconds(step * 30)
}

/// The code that a device shows at a step.
pub(crate) fn code(secret: &TotpSecret, step: i64) -> String {
    (*secret.code(step).unwrap()).clone()
}

/// A secret that follows from a number.
pub(crate) fn numbered(number: u32) -> TotpSecret {
    TotpSecret::from_bytes(*Sha256::digest(number.to_be_bytes()).first_chunk().unwrap())
}

#[test]
fn the_codes_are_those_of_rfc_4226_appendix_d() {
    let expected = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
    for (step, expected) in (0..).zip(expected) {
        assert_eq!(code(&of_the_rfcs(), step), expected, "{step}");
    }
}

#[test]
fn the_codes_are_those_of_rfc_6238_appendix_b() {
    let expected = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    for (seconds, expected) in expected {
        let now = Timestamp::from_seconds(seconds);
        assert_eq!(code(&of_the_rfcs(), step_of(now)), expected, "{seconds}");
        assert_eq!(of_the_rfcs().matching_steps(&candidate(expected), now), [step_of(now)], "{seconds}");
    }
}

#[test]
fn a_step_is_thirty_seconds_rounded_down() {
    for (seconds, step) in [(0, 0), (29, 0), (30, 1), (59, 1), (-1, -1), (-30, -1), (-31, -2)] {
        assert_eq!(step_of(Timestamp::from_seconds(seconds)), step, "{seconds}");
    }
    assert_eq!(step_of(Timestamp::from_micros(29_999_999)), 0);
}

#[test]
fn a_code_that_two_steps_share_is_told_of_both() {
    let secret = TotpSecret::from_bytes([1; 20]);
    let (step, shared) = (1_980_728, "843484");
    assert_eq!(secret.matching_steps(&candidate(shared), at_step(step)), [step, step + 1]);
    assert_eq!(secret.matching_steps(&candidate(shared), at_step(step + 2)), [step + 1]);
}

#[test]
fn the_ends_of_time_have_no_window_to_overflow() {
    for now in [Timestamp::NEVER, Timestamp::from_micros(i64::MIN), Timestamp::from_seconds(-1)] {
        let _ = of_the_rfcs().matching_steps(&candidate("000000"), now);
    }
    // Step 0 is the one after the last before 1970; those before have no codes.
    assert_eq!(of_the_rfcs().matching_steps(&candidate("755224"), Timestamp::from_seconds(-1)), [0]);
}

#[test]
fn no_other_secrets_code_matches() {
    for number in 0..500 {
        let (secret, other, step) = (numbered(number), numbered(number + 1), i64::from(number) * 7_919);
        let candidate = candidate(&code(&secret, step));
        assert_eq!(other.matching_steps(&candidate, at_step(step)), [0; 0], "{number}");
        assert_eq!(secret.matching_steps(&candidate, at_step(step)), [step], "{number}");
    }
}

#[test]
fn what_is_of_another_form_matches_no_step() {
    for raw in ["00755224", "abcd-efgh-2345"] {
        assert_eq!(of_the_rfcs().matching_steps(&candidate(raw), at_step(0)), [0; 0], "{raw}");
    }
}

#[test]
fn a_secret_is_its_bits_and_is_never_printed() {
    let secret = TotpSecret::generate(&Fixed(7));
    assert_eq!(secret.reveal(), &[7; 20]);
    assert_eq!(secret, secret.clone());
    assert_ne!(secret, TotpSecret::generate(&Fixed(8)));
    assert_eq!(format!("{secret:?}"), "TotpSecret(..)");
    assert_eq!(*of_the_rfcs().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

#[test]
fn an_app_is_told_all_that_it_needs() {
    assert_eq!(
        *of_the_rfcs().otpauth_uri("Bank: Zürich & Co", "a:b+c?x#y/z"),
        "otpauth://totp/Bank%3A%20Z%C3%BCrich%20%26%20Co:a%3Ab%2Bc%3Fx%23y%2Fz?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
         &issuer=Bank%3A%20Z%C3%BCrich%20%26%20Co&algorithm=SHA1&digits=6&period=30"
    );
}

#[test]
fn a_devices_name_is_shown_as_it_is_or_refused() {
    for name in ["default", "Käthe's phone", "电话", "x", &"ä".repeat(64)] {
        assert_eq!(DeviceName::parse(name).unwrap().as_str(), name);
        assert_eq!(DeviceName::parse(name).unwrap().to_string(), name);
    }
    let long = "x".repeat(65);
    for name in ["", " ", " a", "a ", "a\nb", "a\tb", "a\u{202e}b", "a\u{200b}b", "a\u{2028}b", "a  b", "\0", &long] {
        assert_eq!(DeviceName::parse(name), None, "{name:?}");
    }
    assert_eq!(DeviceName::default(), DeviceName::parse("default").unwrap());
}

proptest! {
    #[test]
    fn a_code_counts_in_its_step_and_one_to_either_side(
        bytes in any::<[u8; 20]>(),
        step in 3i64..10_000_000_000,
        away in -4i64..=4,
        into_step in 0i64..30_000_000,
    ) {
        let secret = TotpSecret::from_bytes(bytes);
        let code = code(&secret, step);
        prop_assert!(candidate(&code).fits(Channel::Totp, 8));
        let now = Timestamp::from_micros((step + away).max(0) * 30_000_000 + into_step);
        let matching = secret.matching_steps(&candidate(&code), now);
        prop_assert_eq!(matching.contains(&step), (step_of(now) - step).abs() <= 1);
        // Whatever else matches is of the window and has that code too.
        for other in &matching {
            prop_assert!((step_of(now) - other).abs() <= 1);
            prop_assert_eq!(self::code(&secret, *other), code.clone());
        }
        prop_assert!(matching.is_sorted());
    }

    #[test]
    fn names_come_out_of_the_address_as_they_went_in(
        bytes in any::<[u8; 20]>(),
        issuer in any::<String>(),
        account in any::<String>(),
    ) {
        let secret = TotpSecret::from_bytes(bytes);
        let uri = secret.otpauth_uri(&issuer, &account);
        let form = regex::Regex::new(
            "^otpauth://totp/([^:/?#&+ ]*):([^:/?#&+ ]*)[?]secret=([A-Z2-7]{32})&issuer=([^:/?#&+ ]*)\
             &algorithm=SHA1&digits=6&period=30$",
        ).unwrap();
        let parts = form.captures(&uri).unwrap();
        let read = |at: usize| {
            let text = format!("n={}", &parts[at]);
            url::form_urlencoded::parse(text.as_bytes()).next().unwrap().1.into_owned()
        };
        prop_assert_eq!((read(1), read(2), read(4)), (issuer.clone(), account, issuer));
        prop_assert_eq!(BASE32_NOPAD.decode(parts[3].as_bytes()).unwrap(), bytes);
    }

    #[test]
    fn a_device_has_a_name_if_and_only_if_it_can_be_shown(raw in prop_oneof!["\\PC*", any::<String>(), "[ a-z]{0,70}"]) {
        let shown = cleaned(&raw) == raw && !raw.is_empty() && raw.chars().count() <= 64;
        prop_assert_eq!(DeviceName::parse(&raw).map(|name| name.to_string()), shown.then_some(raw));
    }
}
