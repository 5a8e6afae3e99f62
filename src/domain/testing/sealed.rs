//! What holds of every sealed text that a stranger carries: it opens as it was given out, and as nothing else.

use data_encoding::BASE64URL_NOPAD;
use proptest::{prelude::*, test_runner::TestCaseError};

/// Texts that nobody sealed: of any kind, and such as decode to bytes of the lengths that sealed ones have.
pub(crate) fn no_bytes_open() -> impl Strategy<Value = String> {
    let encoded = prop::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| BASE64URL_NOPAD.encode(&bytes));
    prop_oneof![any::<String>(), "[A-Za-z0-9_=+/-]{0,300}", encoded]
}

/// Turns every single bit of what `sealed` decodes to, and every bit of its characters; cuts it and adds to it. None of
/// that may be `accepted`: each text has one spelling.
pub(crate) fn only_itself_opens(sealed: &str, accepted: impl Fn(&str) -> bool) -> Result<(), TestCaseError> {
    let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!accepted(&BASE64URL_NOPAD.encode(&changed)), "bit {}", bit);
    }
    for bit in 0..sealed.len() * 7 {
        let mut changed = sealed.as_bytes().to_vec();
        changed[bit / 7] ^= 1 << (bit % 7);
        prop_assert!(!accepted(&String::from_utf8(changed).unwrap()), "bit {} of a character", bit);
    }
    for end in 0..sealed.len() {
        prop_assert!(!accepted(&sealed[..end]), "cut after {}", end);
    }
    for added in ["=", "==", "A", "AAAA", " ", "\n"] {
        prop_assert!(!accepted(&format!("{sealed}{added}")) && !accepted(&format!("{added}{sealed}")), "{:?}", added);
    }
    Ok(())
}
