//! Secrets that are handed out once and kept as a hash.
//!
//! None of these types can be printed, cloned, compared or serialised by accident: `reveal` is the one way out, so
//! that a search for it audits every use.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::chance::Chance;

/// What a one-shot token begins with.
const ONE_SHOT_PREFIX: &str = "tan_";
/// What an access token begins with (RFC 8959).
const ACCESS_PREFIX: &str = "secret-token:";

/// The SHA-256 of a secret of 256 random bits: all that is kept of it. Compares in constant time.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of a presented text, whatever its form.
    #[must_use]
    pub fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented.as_bytes()).into())
    }

    /// A hash read from a row.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a row.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretHash {}

impl std::fmt::Debug for SecretHash {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SecretHash(…)")
    }
}

fn random_text(prefix: &str, chance: &dyn Chance) -> Zeroizing<String> {
    let bytes = Zeroizing::new(chance.bytes::<32>());
    Zeroizing::new(format!("{prefix}{}", BASE64URL_NOPAD.encode(&*bytes)))
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $prefix:ident) => {
        $(#[$doc])*
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// A new one of 256 random bits.
            #[must_use]
            pub fn generate(chance: &dyn Chance) -> Self {
                Self(random_text($prefix, chance))
            }

            /// What is kept of it.
            #[must_use]
            pub fn hash(&self) -> SecretHash {
                SecretHash::of(&self.0)
            }

            /// The secret itself, for the one reply that hands it out.
            #[must_use]
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }
    };
}

secret!(
    /// `tan_` and 43 url-safe characters: proves one solved challenge to one operation.
    OneShotToken,
    ONE_SHOT_PREFIX
);
secret!(
    /// `secret-token:` and 43 url-safe characters: says who is calling.
    AccessSecret,
    ACCESS_PREFIX
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Counting;
    impl Chance for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(at % 256).unwrap();
            }
        }
    }

    #[test]
    fn a_token_has_43_characters_behind_its_prefix() {
        assert_eq!(OneShotToken::generate(&Counting).reveal().len(), "tan_".len() + 43);
        assert_eq!(AccessSecret::generate(&Counting).reveal().len(), "secret-token:".len() + 43);
        assert_eq!(
            OneShotToken::generate(&Counting).hash(),
            SecretHash::of(OneShotToken::generate(&Counting).reveal())
        );
    }

    /// Chance that gives what it was given.
    struct Given([u8; 32]);
    impl Chance for Given {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0[..bytes.len()]);
        }
    }

    proptest! {
        #[test]
        fn a_secret_is_all_of_its_bits_in_the_promised_form(bytes in any::<[u8; 32]>(), bit in 0usize..256) {
            let mut other = bytes;
            other[bit / 8] ^= 1 << (bit % 8);
            let (token, access) = (OneShotToken::generate(&Given(bytes)), AccessSecret::generate(&Given(bytes)));
            let form = regex::Regex::new("^[A-Za-z0-9_-]{43}$").unwrap();
            for (secret, prefix) in [(token.reveal(), "tan_"), (access.reveal(), "secret-token:")] {
                let rest = secret.strip_prefix(prefix).unwrap();
                prop_assert!(form.is_match(rest));
                prop_assert_eq!(BASE64URL_NOPAD.decode(rest.as_bytes()).unwrap(), bytes);
            }
            prop_assert_ne!(OneShotToken::generate(&Given(other)).hash(), token.hash());
            prop_assert_ne!(AccessSecret::generate(&Given(other)).hash(), access.hash());
            prop_assert_ne!(SecretHash::of(token.reveal()), SecretHash::of(access.reveal()));
        }

        #[test]
        fn only_the_presented_text_itself_has_its_hash(one in any::<String>(), other in any::<String>()) {
            prop_assert_eq!(SecretHash::of(&one) == SecretHash::of(&other), one == other);
            prop_assert_ne!(SecretHash::of(&format!("{one} ")), SecretHash::of(&one));
        }
    }
}
