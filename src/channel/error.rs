//! Why a message could not be handed over.

use std::fmt;

/// A cause, in words for the log alone: never for clients, and without any secret. Empty when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    words: String,
    is_of_the_message: bool,
}

impl Reason {
    /// A cause; the caller has blotted out what is secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { words: text.into(), is_of_the_message: false }
    }

    /// The same, where it lies in the message or its address, which customers choose, and says nothing of the transport.
    #[must_use]
    pub fn of_the_message(self) -> Self {
        Self { is_of_the_message: true, ..self }
    }

    /// The words alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.words
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.words.is_empty() { Ok(()) } else { write!(out, ": {}", self.words) }
    }
}

/// Why a message could not be handed over (`api.md` section 10). To clients each of them is the same, 502/5133.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The transport says that the address is bad; trying it again is of no use.
    #[error("the transport refuses the address{0}")]
    AddressRefused(Reason),
    /// The transport is away or overloaded for now.
    #[error("the transport asks to try later{0}")]
    TryLater(Reason),
    /// The operator has to repair the configuration.
    #[error("the transport is misconfigured{0}")]
    Misconfigured(Reason),
    /// Anything else; whether the message went out is not known.
    #[error("the transport failed{0}")]
    Failed(Reason),
    /// The transport took longer than its timeout; whether the message went out is not known.
    #[error("the transport took too long{0}")]
    TimedOut(Reason),
}

impl SendError {
    /// Whether another message may well be carried: this one, or its address, is what was wrong.
    #[must_use]
    pub const fn is_of_the_message(&self) -> bool {
        match self {
            Self::AddressRefused(_) => true,
            Self::TryLater(reason) | Self::Misconfigured(reason) | Self::Failed(reason) | Self::TimedOut(reason) => {
                reason.is_of_the_message
            }
        }
    }

    /// One word for the variant, for metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AddressRefused(_) => "address_refused",
            Self::TryLater(_) => "try_later",
            Self::Misconfigured(_) => "misconfigured",
            Self::Failed(_) => "failed",
            Self::TimedOut(_) => "timed_out",
        }
    }
}
