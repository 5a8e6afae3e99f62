//! What a protected operation asks for (`api.md` section 6).

use super::channel::Strength;

/// What proof an operation asks for. The order is that of strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// Nothing but the caller's credential.
    None,
    /// A stepped-up session, or a one-shot token.
    Session,
    /// A one-shot token.
    Token,
    /// A one-shot token that is bound to this very request.
    Bound,
}

impl Assurance {
    /// Every level.
    pub const ALL: [Self; 4] = [Self::None, Self::Session, Self::Token, Self::Bound];

    /// The name on the wire and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Session => "session",
            Self::Token => "token",
            Self::Bound => "bound",
        }
    }

    /// The assurance of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|assurance| assurance.name() == name)
    }
}

/// How a caller without a sufficient proof is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMissing {
    /// 403 with a ticket.
    Forbid,
    /// 202 with challenges, as GNU Taler's clients know it (`api.md` section 6c).
    Challenge,
}

/// All that an operation asks of a proof, and what is known of the operation itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The level.
    pub assurance: Assurance,
    /// How strong the channel that was solved must be (`limits.md` section 2).
    pub strength: Strength,
    /// Whether an account without any active channel is refused rather than let through.
    pub enrolled: bool,
    /// Whether a repeat under the same `Idempotency-Key` does nothing twice, so that an operation whose outcome is not
    /// known may be tried again.
    pub idempotent: bool,
}

impl Demand {
    /// Of that assurance, from any channel, of an account with channels only, for an operation that is never repeated.
    #[must_use]
    pub const fn of(assurance: Assurance) -> Self {
        Self { assurance, strength: Strength::Inform, enrolled: false, idempotent: false }
    }

    /// The same, of a proof that would do for the other one too.
    #[must_use]
    pub fn and_as_much_as(self, other: Self) -> Self {
        Self { assurance: self.assurance.max(other.assurance), strength: self.strength.max(other.strength), ..self }
    }
}

/// One of the bank core's protected operations, as far as it is known before anybody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDemand {
    /// Its name in the configuration: 1 to 64 of ASCII letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it asks for.
    pub demand: Demand,
}
