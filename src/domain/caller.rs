//! Who is calling, and what they may do.

use super::{credential::Scheme, id::AccessTokenId, time::Timestamp, username::Username};

/// What an access token is for; the names are those of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Operators.
    Admin,
    /// A bank core.
    Service,
    /// An account's client.
    ReadWrite,
    /// An account's client that only looks.
    ReadOnly,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Service, Self::ReadWrite, Self::ReadOnly];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Service => "service",
            Self::ReadWrite => "readwrite",
            Self::ReadOnly => "readonly",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether a token of this scope belongs to an account.
    #[must_use]
    pub const fn is_of_account(self) -> bool {
        matches!(self, Self::ReadWrite | Self::ReadOnly)
    }
}

/// How far an account's token has proved itself: the wire's tri-state `mfa`. A token of its own is an API token or not; that
/// it is stepped up is known of its account alone, and told from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mfa {
    /// An API token (`null`): never asked for a TAN, and cannot get one.
    NonInteractive,
    /// A log-in token (`false`), as far as its account says nothing else.
    Pending,
    /// Stepped up (`true`), until then.
    SteppedUp {
        /// When it counts as not stepped up again.
        until: Timestamp,
    },
}

/// Who vouches for a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// This service, by a token of its own. It ends with the account.
    Local,
    /// The bank core or an authorization server, which was asked about a credential of this scheme. It can outlive the
    /// account; what is to end with a session, as a step-up is, needs [`Scheme::Bearer`].
    Foreign(Scheme),
}

/// What becomes of a customer whom the bank core vouches for and who is new here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownAccount {
    /// The account is made, without channels.
    #[default]
    Create,
    /// The call is refused.
    Refuse,
}

/// An access token, without its secret; or a foreign credential, as if it were one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Its id, shown in lists; of a foreign credential its session, in no list.
    pub id: AccessTokenId,
    /// Who vouches for it.
    pub provenance: Provenance,
    /// What it is for.
    pub scope: Scope,
    /// The account it belongs to; `None` for `admin` and `service`.
    pub owner: Option<Username>,
    /// How far it has proved itself; of no meaning for `admin` and `service`.
    pub mfa: Mfa,
    /// The protected operations of the bank core that an API token may do, by name.
    pub operations: Vec<String>,
    /// Whether a proof was given for it when it was made, or it needs none. An API token without one passes nothing once
    /// the account is protected.
    pub proven: bool,
    /// What its maker wrote about it.
    pub description: Option<String>,
    /// When it was made; of a foreign credential nobody here knows, and this is the epoch.
    pub created_at: Timestamp,
    /// Until when it can be used; of a foreign credential as far as that was told, as it is asked about again and again.
    pub expires_at: Timestamp,
}

/// An access token as a list tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedToken {
    /// The token; its `mfa` is what its account says at that moment.
    pub token: AccessToken,
    /// When it was last used, as far as that is written: to about a minute.
    pub last_used_at: Option<Timestamp>,
}

/// What a caller wants to do with an account, as far as permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Look at the account and its channels.
    Read,
    /// Look at the account's challenges and access tokens: the customer's own.
    Watch,
    /// End the access token that calls.
    LogOut,
    /// End any of the account's access tokens.
    EndToken,
    /// Change contact data or channels (protected where section 6 says so).
    ChangeFactors,
    /// Request, retransmit, confirm or abort a challenge.
    Prove,
    /// Step the calling session up.
    StepUp,
    /// Make an access token for the account.
    MintToken,
    /// Delete the account.
    DeleteAccount,
    /// Have a token of the account held for an operation of the bank core.
    HoldToken,
    /// What is for operators alone.
    Operate,
}

/// How a caller passes a protected operation of the bank core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// With the proof that the operation asks for.
    Proven,
    /// Without: an API token was made for it, by a proof.
    Unproven,
}

/// The caller may not do that; the same answer whether the account exists or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forbidden;

impl AccessToken {
    /// The customer whom somebody else vouches for, by a credential of that scheme; `expires_at` where its end was told.
    #[must_use]
    pub fn foreign(
        session: AccessTokenId,
        scheme: Scheme,
        owner: Username,
        scope: Scope,
        expires_at: Option<Timestamp>,
    ) -> Self {
        Self {
            id: session,
            provenance: Provenance::Foreign(scheme),
            scope,
            owner: Some(owner),
            mfa: Mfa::Pending,
            operations: Vec::new(),
            proven: true,
            description: None,
            created_at: Timestamp::from_seconds(0),
            expires_at: expires_at.unwrap_or(Timestamp::NEVER),
        }
    }

    /// Whether this token may do `deed` to the account of that name: the table of `api.md` section 2.
    pub fn may(&self, deed: Deed, username: &Username) -> Result<(), Forbidden> {
        let allowed = match self.scope {
            Scope::Admin => matches!(deed, Deed::Read | Deed::ChangeFactors | Deed::DeleteAccount | Deed::Operate),
            Scope::Service => matches!(deed, Deed::MintToken | Deed::DeleteAccount | Deed::HoldToken),
            Scope::ReadWrite => self.owner.as_ref() == Some(username) && self.owner_may(deed),
            Scope::ReadOnly => {
                self.owner.as_ref() == Some(username) && matches!(deed, Deed::Read | Deed::Watch | Deed::LogOut)
            }
        };
        allowed.then_some(()).ok_or(Forbidden)
    }

    /// An API token looks, and ends itself: it proves nothing, and changes nothing that a proof would go to.
    fn owner_may(&self, deed: Deed) -> bool {
        let interactive = self.mfa != Mfa::NonInteractive;
        match deed {
            Deed::Read | Deed::Watch | Deed::LogOut => true,
            Deed::EndToken | Deed::ChangeFactors | Deed::Prove | Deed::MintToken | Deed::DeleteAccount => interactive,
            Deed::StepUp => interactive && self.ends_with_its_session(),
            Deed::Operate | Deed::HoldToken => false,
        }
    }

    /// Whether a step-up of this credential ends with a session: a password is sent anew with each request, and ends with none.
    const fn ends_with_its_session(&self) -> bool {
        match self.provenance {
            Provenance::Local | Provenance::Foreign(Scheme::Bearer) => true,
            Provenance::Foreign(Scheme::Other) => false,
        }
    }

    /// Whether this token may end the access token of that id: an API token, itself alone.
    pub fn may_end(&self, id: AccessTokenId, username: &Username) -> Result<(), Forbidden> {
        let itself = self.id == id && self.scope == Scope::ReadWrite;
        self.may(if itself { Deed::LogOut } else { Deed::EndToken }, username)
    }

    /// Whether this token may begin a protected operation of the bank core, and whether it is asked for a proof: an API
    /// token is asked for none, and may do what it names alone; one of scope `readonly` may only look.
    pub fn may_begin(&self, operation: &str, reads: bool, username: &Username) -> Result<Passage, Forbidden> {
        let own = self.scope.is_of_account() && self.owner.as_ref() == Some(username);
        if !own || (self.scope == Scope::ReadOnly && !reads) {
            return Err(Forbidden);
        }
        match self.mfa {
            Mfa::NonInteractive if self.operations.iter().any(|named| named == operation) => Ok(Passage::Unproven),
            Mfa::NonInteractive => Err(Forbidden),
            Mfa::Pending | Mfa::SteppedUp { .. } => Ok(Passage::Proven),
        }
    }

    /// Whether this token may begin one of the service's own protected operations: an API token may not, whatever
    /// proof comes with it.
    pub fn may_begin_own_operation(&self) -> Result<(), Forbidden> {
        (!self.scope.is_of_account() || self.mfa != Mfa::NonInteractive).then_some(()).ok_or(Forbidden)
    }

    /// Whether this token's changes of factors need no TAN (operators; `api.md` section 2).
    #[must_use]
    pub const fn needs_no_tan(&self) -> bool {
        matches!(self.scope, Scope::Admin | Scope::Service)
    }

    /// Who this is in the audit trail.
    #[must_use]
    pub fn actor(&self) -> String {
        let who = match self.scope {
            Scope::Admin => "operator",
            Scope::Service => "bank-core",
            Scope::ReadWrite | Scope::ReadOnly => "customer",
        };
        match &self.description {
            Some(description) if !self.scope.is_of_account() => format!("{who}:{}:{description}", self.id),
            _ => format!("{who}:{}", self.id),
        }
    }
}

#[cfg(test)]
mod tests;
