//! Texts that open something: wiped when dropped, and never printed, cloned, compared or serialised by accident.

use zeroize::Zeroizing;

/// A secret as it was sent. It has no `Debug`, `Display`, `Clone`, `Serialize` or `PartialEq` on purpose;
/// [`reveal`](Self::reveal) is the one way out, so that a search finds every use.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes a secret in.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The secret in clear. For hashing, comparing in constant time and forwarding only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}
