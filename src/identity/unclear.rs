//! Why nobody says who is calling. No error says anything of the credential, the account or a reply's body.

use std::{error::Error, time::Duration};

use crate::domain::{breaker::Ending, keys::KeyError};

/// Why there was no clear answer.
#[derive(Debug, thiserror::Error)]
pub enum Unclear {
    /// The question cannot be put: the URL and the name, or the credential, make no request.
    #[error("the question makes no request: check identity.url")]
    Malformed,
    /// Who is asked cannot be reached, or broke off.
    #[error("identity.url cannot be reached, or broke off")]
    Unreachable(#[source] reqwest::Error),
    /// It took too long.
    #[error("identity.url took too long")]
    Late,
    /// Another status than the contract knows.
    #[error("identity.url answered with status {0}, which is neither yes nor no: check identity.url")]
    Status(u16),
    /// The authorization server does not know this service (RFC 7662 section 2.3).
    #[error(
        "identity.url refused this service's own credentials (status 401): check identity.client_id and client_secret"
    )]
    ClientRefused,
    /// The reply's body is too large.
    #[error("the reply of identity.url is larger than 64 KiB: check identity.url")]
    TooLarge,
    /// The reply is no JSON, or a member stands in it twice.
    #[error("the reply of identity.url is no JSON, or has a member twice: check identity.url")]
    NotJson,
    /// The reply does not say whether the credential is good.
    #[error("the reply of identity.url is no object whose \"active\" is true or false (RFC 7662): check identity.url")]
    NotSaid,
    /// There is no name where one is said to be; the key of `[identity]` that says where.
    #[error("the reply of identity.url has no text at identity.{0}: check that key")]
    NoName(&'static str),
    /// A moment in the reply is none.
    #[error("the reply of identity.url has an \"{0}\" that is no number of seconds")]
    NoMoment(&'static str),
    /// Who is asked gave no answers lately, and is left in peace.
    #[error("identity.url gave no answers lately and is not asked at this moment")]
    Resting {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// The key ring.
    #[error("the key ring cannot be used")]
    Keys(#[from] KeyError),
    /// The program ends.
    #[error("the question was given up: the program ends")]
    Ended,
}

impl Unclear {
    /// What it says of the one who was asked. An answer that cannot be understood is one all the same: what a single caller
    /// can bring about by the credential or the name that he sends must not keep everyone else out. A program that stumbles
    /// over those says 500 (RFC 9110 section 15.6.1); one that is away or overloaded is told by 502, 503 and 504.
    pub(super) const fn ending(&self) -> Ending {
        match self {
            Self::Unreachable(_) | Self::Late | Self::ClientRefused | Self::Status(502..=504) => Ending::Failed,
            Self::Status(_) | Self::TooLarge | Self::NotJson | Self::NotSaid | Self::NoName(_) | Self::NoMoment(_) => {
                Ending::Answered
            }
            Self::Malformed | Self::Resting { .. } | Self::Keys(_) | Self::Ended => Ending::GivenUp,
        }
    }

    /// The deepest cause.
    pub(super) fn cause(&self) -> &dyn Error {
        let mut cause: &dyn Error = self;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        cause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_single_caller_can_bring_about_is_no_failure_of_who_is_asked() {
        for status in [204, 301, 302, 400, 404, 413, 429, 431, 500, 501, 505, 599] {
            assert_eq!(Unclear::Status(status).ending(), Ending::Answered, "{status}");
        }
        for unclear in [Unclear::TooLarge, Unclear::NotJson, Unclear::NoName("username_claim")] {
            assert_eq!(unclear.ending(), Ending::Answered, "{unclear}");
        }
        assert_eq!(Unclear::Malformed.ending(), Ending::GivenUp);
        for status in [502, 503, 504] {
            assert_eq!(Unclear::Status(status).ending(), Ending::Failed, "{status}");
        }
        assert_eq!((Unclear::Late.ending(), Unclear::ClientRefused.ending()), (Ending::Failed, Ending::Failed));
    }
}
