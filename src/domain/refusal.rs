//! The expected answers that are not what the caller hoped for: values, not errors.

use std::time::Duration;

use super::{address::AddressError, channel::Channel};

/// Why an operation was not done. Each names one row of the code table of the REST contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The credentials are known and do not allow this.
    Forbidden,
    /// The account has nothing in force yet, and its first channel is an operator's to bring.
    FirstByOperator,
    /// No log-in token is made here: customers log in where they are known.
    LogInElsewhere,
    /// No such account; said to operators and bank cores only.
    UnknownAccount,
    /// The username exists with other data, or belonged to a deleted account.
    UsernameTaken,
    /// The account has no address for the channel.
    NoAddress,
    /// Too many.
    RateLimited {
        /// The limit's name in the configuration.
        limit: &'static str,
        /// How long until the same request can succeed.
        retry_after: Duration,
    },
    /// The channel is unknown, not configured, or not active on this account.
    ChannelNotSupported,
    /// The account does not have the channel that is to be removed.
    ChannelNotActive,
    /// No such challenge for this account.
    ChallengeNotFound,
    /// An id of one of Taler's challenges that is unknown, ran out unused, or was aborted or voided.
    TransactionNotFound,
    /// A reservation that is unknown, was released, or lapsed and was taken by another.
    ReservationNotFound,
    /// The challenge, its TAN or the ticket is past its time, or was aborted or voided.
    ChallengeExpired,
    /// Not the TAN; the try was counted.
    WrongTan {
        /// Tries that the TAN still stands.
        attempts_left: u16,
    },
    /// Solved already: a token is never issued twice.
    ChallengeSolved,
    /// A protected operation without a sufficient proof.
    TanRequired(Box<Requirement>),
    /// A token that proves nothing: unknown, expired, spent, revoked, void, another account's.
    TokenInvalid,
    /// The token was for another operation and is void from now on.
    TokenWrongOperation,
    /// Another request is using the token at this moment.
    TokenReserved {
        /// When the reservation ends at the latest.
        retry_after: Duration,
    },
    /// Too many wrong TANs in a row.
    AccountBlocked {
        /// When the block ends; `block_max` for a block that only an operator ends.
        retry_after: Duration,
    },
    /// The channel is already active with this address.
    ChannelExists,
    /// The text is no address that may be sent to.
    AddressInvalid(AddressError),
    /// The `Idempotency-Key` was used with another request.
    IdempotencyMismatch,
    /// The first request with this `Idempotency-Key` is still running.
    IdempotencyRunning {
        /// When its outcome is known at the latest.
        retry_after: Duration,
    },
    /// The account has no access token of that id.
    AccessTokenNotFound,
    /// A member or parameter that was well-formed and still cannot be served.
    Parameter {
        /// Its name.
        name: &'static str,
        /// A sentence: what was wrong.
        trouble: &'static str,
    },
}

impl Refusal {
    /// The row of `limits.md` that refused; `None` where none did.
    #[must_use]
    pub const fn limit(&self) -> Option<&'static str> {
        match self {
            Self::RateLimited { limit, .. } => Some(limit),
            Self::AccountBlocked { .. } => Some("block"),
            Self::AddressInvalid(AddressError::NotServed) => Some("allowed_prefixes"),
            _ => None,
        }
    }
}

/// A channel that can prove the customer for an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedChannel {
    /// The channel.
    pub channel: Channel,
    /// Its masked address.
    pub tan_info: String,
}

/// What a protected operation asks for: the body of 403 `TAN_REQUIRED`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The assurance level's name: `token` or `bound`.
    pub assurance: &'static str,
    /// The sealed ticket for exactly this request.
    pub ticket: String,
    /// What the customer will be shown.
    pub summary: Option<String>,
    /// The channels that can prove it.
    pub channels: Vec<OfferedChannel>,
}
