//! Why a message could not be handed over.

use std::fmt;

/// A cause, in words for the log alone: never for clients, and without any secret. Empty when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// A cause; the caller has blotted out what is secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The words alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(out, ": {}", self.0) }
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
