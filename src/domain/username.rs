//! The name of an account.

use std::fmt;

/// The longest username, in characters.
const LONGEST: usize = 126;

/// A text that is no username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A username has 1 to 126 characters out of a-z, A-Z, 0-9 and '-._~', and is neither '.' nor '..'.")]
pub struct UsernameError;

/// A bank customer's name: `[a-zA-Z0-9-._~]{1,126}`, not `.` nor `..`; never escaped in a path. Case matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

impl Username {
    /// Reads a username exactly as written.
    pub fn parse(raw: &str) -> Result<Self, UsernameError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let well_formed = (1..=LONGEST).contains(&raw.len()) && raw.chars().all(allowed) && raw != "." && raw != "..";
        well_formed.then(|| Self(raw.to_owned())).ok_or(UsernameError)
    }

    /// The name that a row has. For the storage layer alone: nothing is checked.
    #[must_use]
    pub fn stored(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The service's own account, whose trail is that of what belongs to no customer. No request can name it.
    #[must_use]
    pub fn system() -> Self {
        Self(".".to_owned())
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_names_that_need_no_escape_are_usernames() {
        for name in ["a", "alice", "A-b.c_d~e", "...", &"x".repeat(126)] {
            assert!(Username::parse(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "a/b", "a b", "ä", "a%2f", "a\n", &"x".repeat(127)] {
            assert!(Username::parse(name).is_err(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_a_username_if_and_only_if_the_contract_says_so(
            raw in prop_oneof!["\\PC*", any::<String>(), "[a-zA-Z0-9._~-]{0,130}", "[.~]{1,3}", "[a-z]{1,3}[\n\0/%äK]?"],
        ) {
            let form = regex::Regex::new(r"^[a-zA-Z0-9\-._~]{1,126}$").unwrap();
            let wanted = form.is_match(&raw) && !matches!(&*raw, "." | "..");
            prop_assert_eq!(Username::parse(&raw).ok().map(|read| read.to_string()), wanted.then_some(raw));
        }
    }
}
