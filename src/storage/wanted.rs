//! What a look or a transition says beforehand: which account with what, and who writes.

use crate::domain::{address::Address, id::ChallengeId, secret::SecretHash, username::Username};

/// Which account, and which challenges beside its live ones.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The account.
    pub username: &'a Username,
    /// A challenge that the request names.
    pub challenge: Option<ChallengeId>,
    /// Further challenges, whether live or not.
    pub also: &'a [ChallengeId],
    /// The request's `Idempotency-Key`.
    pub idempotency: Option<SecretHash>,
    /// Addresses that the request is about and that need not be the account's: what was sent to them is loaded too.
    pub addresses: &'a [Address],
}

impl<'a> Wanted<'a> {
    /// The account with its live challenges.
    #[must_use]
    pub const fn account(username: &'a Username) -> Self {
        Self { username, challenge: None, also: &[], idempotency: None, addresses: &[] }
    }

    /// The same, and this challenge whether live or not.
    #[must_use]
    pub const fn challenge(username: &'a Username, challenge: ChallengeId) -> Self {
        Self { challenge: Some(challenge), ..Self::account(username) }
    }
}

/// Who writes, and how much the write matters.
#[derive(Clone, Copy)]
pub struct Author<'a> {
    /// Who this is in the trail.
    pub actor: &'a str,
    /// Whether the commit may be lost in a crash of the database without harm (`synchronous_commit = off`).
    pub may_be_lost: bool,
}

impl<'a> Author<'a> {
    /// An author whose word is on disk before it is answered.
    #[must_use]
    pub const fn durable(actor: &'a str) -> Self {
        Self { actor, may_be_lost: false }
    }
}
