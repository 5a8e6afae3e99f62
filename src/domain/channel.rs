//! The ways in which an account can prove itself.

use std::fmt;

/// A way to prove oneself. The names are those of the wire and of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A TAN sent to a telephone number.
    Sms,
    /// A TAN sent to a mailbox.
    Email,
    /// A code from an authenticator app (RFC 6238).
    Totp,
    /// A printed recovery code.
    Recovery,
}

impl Channel {
    /// Every channel there is, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Sms, Self::Email, Self::Totp, Self::Recovery];

    /// The channel's name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Totp => "totp",
            Self::Recovery => "recovery",
        }
    }

    /// The channel of that name; `None` for any other text (names are lower case).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// Whether a TAN is carried to the customer, so that addresses, cool-downs and transmissions exist.
    #[must_use]
    pub const fn transmits(self) -> bool {
        matches!(self, Self::Sms | Self::Email)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// How much a solved challenge proves (`limits.md` section 2; NIST SP 800-63B-4: email is no out-of-band
/// authenticator). The order is that of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// The customer was informed and answered; possession of a device is not shown.
    Inform,
    /// Possession of a device was shown.
    Possession,
}

impl Strength {
    /// The name in the configuration and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inform => "inform",
            Self::Possession => "possession",
        }
    }

    /// The strength of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Inform, Self::Possession].into_iter().find(|strength| strength.name() == name)
    }
}

/// The strength of each channel: email informs by default, all others show possession.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strengths {
    /// The strength of `sms`.
    pub sms: Strength,
    /// The strength of `email`.
    pub email: Strength,
    /// The strength of `totp`.
    pub totp: Strength,
    /// The strength of `recovery`.
    pub recovery: Strength,
}

impl Default for Strengths {
    fn default() -> Self {
        Self {
            sms: Strength::Possession,
            email: Strength::Inform,
            totp: Strength::Possession,
            recovery: Strength::Possession,
        }
    }
}

impl Strengths {
    /// The strength of `channel`.
    #[must_use]
    pub const fn of(self, channel: Channel) -> Strength {
        match channel {
            Channel::Sms => self.sms,
            Channel::Email => self.email,
            Channel::Totp => self.totp,
            Channel::Recovery => self.recovery,
        }
    }
}

/// Who put a factor in force. One that an operator set counts at once for `bound`; one of the customer's own counts for it
/// after the waiting time of `[enrolment]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BroughtBy {
    /// The customer, through the API.
    Customer,
    /// An operator, for the bank.
    Operator,
}

impl BroughtBy {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Operator => "operator",
        }
    }

    /// Whoever has that name; `None` for any other text.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Customer, Self::Operator].into_iter().find(|who| who.name() == name)
    }
}
