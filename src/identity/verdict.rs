//! What somebody else says of a credential.

use crate::domain::{caller::Scope, time::Timestamp, username::Username};

/// What is said of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Known(Vouched),
    /// It is none, or no longer.
    Unknown,
}

/// Whose a credential is, and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// The customer; `None`: one whose name no account here can have.
    pub owner: Option<Username>,
    /// `readwrite`, or `readonly`.
    pub scope: Scope,
    /// The moment before which it is none (RFC 7662 `nbf`).
    pub begins_at: Option<Timestamp>,
    /// The moment from which on it is none (RFC 7662 `exp`).
    pub expires_at: Option<Timestamp>,
}

impl Vouched {
    /// Without bounds in time.
    #[must_use]
    pub const fn of(owner: Option<Username>, scope: Scope) -> Self {
        Self { owner, scope, begins_at: None, expires_at: None }
    }

    /// Whether it is good at this moment, by the clock that all decisions use.
    #[must_use]
    pub fn is_good_at(&self, now: Timestamp) -> bool {
        self.begins_at.is_none_or(|begins_at| begins_at <= now)
            && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_good_from_its_beginning_until_its_end() {
        let at = Timestamp::from_seconds;
        let vouched = Vouched { begins_at: Some(at(5)), expires_at: Some(at(9)), ..Vouched::of(None, Scope::ReadOnly) };
        let good: Vec<_> = (0..12).filter(|second| vouched.is_good_at(at(*second))).collect();
        assert_eq!(good, [5, 6, 7, 8]);
        assert!(Vouched::of(None, Scope::ReadOnly).is_good_at(Timestamp::NEVER));
    }
}
