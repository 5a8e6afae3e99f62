//! How a use case ends when it does not succeed.

use std::time::Duration;

use crate::domain::refusal::Refusal;

/// A use case that did not succeed. The sentences are for logs; what a caller is told is decided above.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A rule said no.
    #[error("A rule refused the request.")]
    Refused(Refusal),
    /// No credentials, or unknown ones.
    #[error("The caller is not known.")]
    Unauthenticated,
    /// The message could not be handed over to the channel.
    #[error("The message could not be handed over.")]
    HandOver,
    /// Too many requests for one account at this moment; nothing was changed.
    #[error("Too many requests wait for the same account.")]
    Busy {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// Who says who is calling gave no answers lately, and is not asked at this moment.
    #[error("Who says who is calling is not asked at this moment.")]
    SourceResting {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// Something that is needed is away. The cause is logged where it was seen.
    #[error("The service is unavailable at this moment.")]
    Unavailable,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
