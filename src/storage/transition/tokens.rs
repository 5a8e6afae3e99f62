//! The access tokens that a transition makes or ends.

use uuid::Uuid;

use super::Parameters;
use crate::{
    domain::{
        account::{Account, EndedTokens, NewAccessToken},
        caller::Mfa,
    },
    storage::moment::Moment,
};

/// $64 to $74, and $105: access tokens that end, and the one that was made.
pub(super) struct TokenColumns {
    ends_all: bool,
    ended: Option<Uuid>,
    id: Option<Uuid>,
    hash: Option<Vec<u8>>,
    scope: Option<&'static str>,
    of_account: bool,
    mfa: Option<&'static str>,
    operations: Option<Vec<String>>,
    description: Option<String>,
    created_at: Option<Moment>,
    expires_at: Option<Moment>,
    proven: Option<bool>,
}

impl TokenColumns {
    pub(super) fn of(after: &Account) -> Self {
        let new = after.new_token.as_ref();
        let of = |read: fn(&NewAccessToken) -> Uuid| new.map(read);
        Self {
            ends_all: after.ended_tokens == EndedTokens::All,
            ended: if let EndedTokens::One(id) = after.ended_tokens { Some(id.as_uuid()) } else { None },
            id: of(|new| new.token.id.as_uuid()),
            hash: new.map(|new| new.hash.as_bytes().to_vec()),
            scope: new.map(|new| new.token.scope.name()),
            of_account: new.is_some_and(|new| new.token.scope.is_of_account()),
            mfa: new.map(|new| mfa_name(new.token.mfa)),
            operations: new.map(|new| new.token.operations.clone()),
            description: new.and_then(|new| new.token.description.clone()),
            created_at: new.map(|new| Moment(new.token.created_at)),
            expires_at: new.map(|new| Moment(new.token.expires_at)),
            proven: new.map(|new| new.token.proven),
        }
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        parameters![
            self.ends_all,
            self.ended,
            self.id,
            self.hash,
            self.scope,
            self.of_account,
            self.mfa,
            self.operations,
            self.description,
            self.created_at,
            self.expires_at,
        ]
    }

    /// $105.
    pub(super) fn proof_parameters(&self) -> Parameters<'_> {
        parameters![self.proven]
    }
}

const fn mfa_name(mfa: Mfa) -> &'static str {
    match mfa {
        Mfa::NonInteractive => "non-interactive",
        // Step-ups stand with the account.
        Mfa::Pending | Mfa::SteppedUp { .. } => "pending",
    }
}
