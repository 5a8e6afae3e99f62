//! The TAN: derived when it is needed, never kept (architecture, idea 4).

use data_encoding::BASE32_NOPAD;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{
    channel::Channel,
    id::{AccountId, ChallengeId},
    keys::{KeyError, KeyId, KeyRing},
    operation::OperationDigest,
};

/// Digits of a code from an authenticator app.
pub(super) const TOTP_DIGITS: usize = 6;
/// Characters of a recovery code, without its dashes.
pub(super) const RECOVERY_CHARACTERS: usize = 12;

/// All that a TAN follows from. A row that was tampered with has another TAN (PSD2 RTS art. 5(1)(b)).
pub struct TanOrigin<'a> {
    /// The key it is derived under.
    pub key: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// The challenge it answers.
    pub challenge: ChallengeId,
    /// Which TAN of that challenge: a fresh one is the next generation.
    pub generation: u32,
    /// The challenge's kind, by its name.
    pub kind: &'static str,
    /// The address it is sent to, in clear.
    pub address: &'a str,
    /// The operation it approves, if it is bound to one.
    pub operation: Option<&'a OperationDigest>,
    /// How many digits it has; 6 to 10.
    pub digits: u8,
}

/// The secret digits. No `Debug`, `Display`, `Clone` or `PartialEq`.
pub struct Tan(Zeroizing<String>);

impl Tan {
    /// The first 8 bytes of HMAC-SHA-256, as u64 modulo 10^digits: the bias is below 1e-9 even at ten digits.
    pub fn derive(ring: &KeyRing, origin: &TanOrigin<'_>) -> Result<Self, KeyError> {
        let operation: &[u8] = origin.operation.map_or(&[], |digest| digest.as_bytes());
        let mac = ring.tan_mac(
            origin.key,
            &[
                origin.account.as_uuid().as_bytes(),
                origin.challenge.as_uuid().as_bytes(),
                &origin.generation.to_be_bytes(),
                origin.kind.as_bytes(),
                origin.address.as_bytes(),
                operation,
            ],
        )?;
        let first = mac.first_chunk::<8>().copied().unwrap_or_default();
        let number = u64::from_be_bytes(first) % 10u64.pow(u32::from(origin.digits));
        Ok(Self(Zeroizing::new(format!("{number:0width$}", width = usize::from(origin.digits)))))
    }

    /// Whether the candidate is this TAN, in constant time.
    #[must_use]
    pub fn is(&self, candidate: &Candidate) -> bool {
        candidate.answers(&self.0).into()
    }

    /// The digits, for the one message that carries them.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// What a customer typed, brought to one form: digits or a recovery code, without `T-`, spaces and dashes.
pub struct Candidate(Zeroizing<String>);

impl Candidate {
    /// Reads a candidate of any channel; `None` when it could be the right answer of none, which costs no attempt.
    #[must_use]
    pub fn parse(raw: &str, tan_digits: u8) -> Option<Self> {
        let bare = raw.trim_matches(' ');
        let bare = bare.strip_prefix("T-").or_else(|| bare.strip_prefix("t-")).unwrap_or(bare);
        // As large as it can become, so that no copy is left behind by growing.
        let mut joined = Zeroizing::new(String::with_capacity(4 * (RECOVERY_CHARACTERS + 1)));
        joined.extend(bare.chars().filter(|c| *c != ' ' && *c != '-').take(RECOVERY_CHARACTERS + 1));
        joined.make_ascii_lowercase();
        let candidate = Self(joined);
        let fits = |channel| candidate.fits(channel, tan_digits);
        Channel::ALL.into_iter().any(fits).then_some(candidate)
    }

    /// Whether it is `expected`, in constant time for texts of one length: digits, or a recovery code without its dashes.
    pub(super) fn answers(&self, expected: &str) -> Choice {
        expected.as_bytes().ct_eq(self.0.as_bytes())
    }

    /// Whether `channel` could have an answer of this form; `tan_digits` is the challenge's own.
    #[must_use]
    pub fn fits(&self, channel: Channel, tan_digits: u8) -> bool {
        let digits = self.0.bytes().all(|byte| byte.is_ascii_digit());
        match channel {
            Channel::Sms | Channel::Email => digits && self.0.len() == usize::from(tan_digits),
            Channel::Totp => digits && self.0.len() == TOTP_DIGITS,
            Channel::Recovery => {
                let of_alphabet =
                    |byte: u8| BASE32_NOPAD.specification().symbols.as_bytes().contains(&byte.to_ascii_uppercase());
                self.0.len() == RECOVERY_CHARACTERS && self.0.bytes().all(of_alphabet)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        keys::tests::{Fixed, ring},
        time::Timestamp,
    };
    use proptest::prelude::*;

    fn tan(change: impl Fn(&mut TanOrigin<'static>)) -> String {
        let now = Timestamp::from_seconds(1);
        let mut origin = TanOrigin {
            key: KeyId(1),
            account: AccountId::new(now, &Fixed(1)),
            challenge: ChallengeId::new(now, &Fixed(2)),
            generation: 1,
            kind: "token",
            address: "+41791234567",
            operation: None,
            digits: 8,
        };
        change(&mut origin);
        Tan::derive(&ring(), &origin).unwrap().reveal().to_owned()
    }

    #[test]
    fn whatever_a_tan_follows_from_changes_it() {
        let tan_of_origin = tan(|_| ());
        assert_eq!(tan_of_origin, tan(|_| ()));
        let digest = OperationDigest::from_bytes([3; 32]);
        let changed = [
            tan(|origin| origin.key = KeyId(2)),
            tan(|origin| origin.generation = 2),
            tan(|origin| origin.kind = "address"),
            tan(|origin| origin.address = "+41791234568"),
            tan(|origin| origin.account = AccountId::new(Timestamp::from_seconds(2), &Fixed(1))),
            tan(|origin| origin.challenge = ChallengeId::new(Timestamp::from_seconds(2), &Fixed(1))),
        ];
        assert!(changed.iter().all(|other| *other != tan_of_origin));
        let bound = Tan::derive(
            &ring(),
            &TanOrigin {
                key: KeyId(1),
                account: AccountId::new(Timestamp::from_seconds(1), &Fixed(1)),
                challenge: ChallengeId::new(Timestamp::from_seconds(1), &Fixed(2)),
                generation: 1,
                kind: "token",
                address: "+41791234567",
                operation: Some(&digest),
                digits: 8,
            },
        )
        .unwrap();
        assert_ne!(bound.reveal(), tan_of_origin);
    }

    #[test]
    fn a_tan_has_its_digits_leading_zeros_included() {
        for digits in 6..=10 {
            for generation in 0..200 {
                let tan = tan(|origin| {
                    origin.digits = digits;
                    origin.generation = generation;
                });
                assert_eq!(tan.len(), usize::from(digits));
                assert!(tan.bytes().all(|byte| byte.is_ascii_digit()));
            }
        }
    }

    #[test]
    fn a_candidate_is_read_as_people_type_it() {
        for raw in ["12345678", "T-12345678", " 1234 5678 ", "1234-5678", "T-1234-5678", "t-12345678"] {
            assert!(Candidate::parse(raw, 8).is_some_and(|candidate| *candidate.0 == "12345678"), "{raw}");
        }
        assert!(Candidate::parse("ABCD-efgh-2345", 8).is_some_and(|candidate| *candidate.0 == "abcdefgh2345"));
        assert!(Candidate::parse("123456", 8).is_some_and(|candidate| candidate.fits(Channel::Totp, 8)));
    }

    #[test]
    fn what_can_be_no_answer_is_no_candidate() {
        for raw in [
            "",
            " ",
            "T-",
            "1234567",
            "123456789",
            "1234567x",
            "１２３４５６７８",
            "12345678\n",
            "abcd-efgh-1890",
            "٠١٢٣٤٥٦٧",
            "12345678901234567890",
        ] {
            assert!(Candidate::parse(raw, 8).is_none(), "{raw:?}");
        }
    }

    /// What the contract says of a candidate, told a second time: `[0-9]` or `[a-z2-7]` so many times, with blanks and
    /// dashes anywhere, behind at most one `T-`.
    fn candidate_by_the_contract(raw: &str, digits: u8) -> Option<String> {
        let marked = regex::Regex::new("^ *[Tt]-").unwrap();
        let bare = marked.replace(raw, "");
        let forms = format!("^[ -]*(?:(?:[0-9][ -]*){{{digits}}}|(?:[0-9][ -]*){{6}}|(?:[A-Za-z2-7][ -]*){{12}})$");
        let fits = regex::Regex::new(&forms).unwrap().is_match(&bare);
        fits.then(|| bare.replace([' ', '-'], "").to_lowercase())
    }

    proptest! {
        #[test]
        fn a_text_is_a_candidate_if_and_only_if_the_contract_says_so(
            raw in prop_oneof![
                "\\PC*",
                any::<String>(),
                " {0,2}(T-|t-|T){0,2}([0-9][ -]?){5,11}[ \n\t٣x-]?",
                " {0,2}(T-|t-)?([a-zA-Z2-7]{4}[ -]{0,2}){2}[a-z1-9]{3,5}[ \u{a0}]?",
            ],
            digits in 6u8..=10,
        ) {
            let read = Candidate::parse(&raw, digits);
            prop_assert_eq!(read.as_ref().map(|read| (*read.0).clone()), candidate_by_the_contract(&raw, digits));
            if let Some(read) = read {
                let again = Candidate::parse(&read.0, digits).map(|again| (*again.0).clone());
                prop_assert_eq!(again.as_ref(), Some(&*read.0));
            }
        }
    }
}
