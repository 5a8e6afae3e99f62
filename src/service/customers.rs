//! Who calls, whoever knows them: this service by its own tokens, or an identity source (`api.md` section 2).
//!
//! Admin, service and API tokens are always local. What a caller may do is not decided here.

use std::sync::Arc;

use super::{Failure, NewAccount, Service};
use crate::{
    domain::{
        account::Contact,
        caller::{AccessToken, Mfa, UnknownAccount},
        credential::{self, Scheme},
        id::AccessTokenId,
        refusal::Refusal,
        secret::SecretHash,
        username::Username,
    },
    identity::{source::IdentitySource, unclear::Unclear, verdict::Verdict},
    storage::{accounts::Presence, datastore::Author},
};

/// How usernames may be spelled, so that one customer has one name.
#[derive(Clone)]
pub struct Spelling(Arc<dyn Fn(&Username) -> bool + Send + Sync>);

impl Spelling {
    /// The names that `accepts` says.
    pub fn of(accepts: impl Fn(&Username) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(accepts))
    }
}

impl Default for Spelling {
    /// Any name.
    fn default() -> Self {
        Self::of(|_| true)
    }
}

/// Where customers are known, and what is done with one who is new.
#[derive(Clone, Default)]
pub struct Customers {
    /// Who is asked; `None`: they are known by the service's own tokens.
    pub source: Option<IdentitySource>,
    /// How their names may be spelled.
    pub spelling: Spelling,
    /// What becomes of one whom the source vouches for and who is new here.
    pub unknown: UnknownAccount,
}

const NO_USERNAME: Refusal = Refusal::Parameter { name: "username", trouble: "It is no username." };
const ANOTHER_SPELLING: Refusal = Refusal::Parameter {
    name: "username",
    trouble: "It is not spelled as usernames are here; the account has one name.",
};

impl Service {
    /// Who calls the API, by the value of the `Authorization` header. `account` is the path's `{username}` as it was
    /// sent, where the route has one: whom the identity source is asked about.
    pub async fn caller(&self, authorization: &str, account: Option<&str>) -> Result<AccessToken, Failure> {
        match (self.local_caller(authorization).await?, &self.customers().source) {
            (Some(token), source) => known_here(token, source.is_some()),
            (None, Some(source)) => {
                let username = Username::parse(account.ok_or(Failure::Unauthenticated)?).map_err(|_| NO_USERNAME)?;
                self.foreign_caller(source, authorization, &username).await
            }
            (None, None) => Err(Failure::Unauthenticated),
        }
    }

    /// The customer who calls for the account `username` at the gateway, by the value of the `Authorization` header: in
    /// the end an account's caller whose own account that is. Admin and service credentials are unknown there.
    pub async fn customer(&self, authorization: &str, username: &Username) -> Result<AccessToken, Failure> {
        match (self.local_caller(authorization).await?, &self.customers().source) {
            (Some(token), source) if token.scope.is_of_account() => {
                let token = known_here(token, source.is_some())?;
                self.refuse_spelling(username)?;
                let own = token.owner.as_ref() == Some(username);
                own.then_some(token).ok_or(Failure::Refused(Refusal::Forbidden))
            }
            (None, Some(source)) => self.foreign_caller(source, authorization, username).await,
            (Some(_), _) | (None, None) => Err(Failure::Unauthenticated),
        }
    }

    /// Whether customers log in elsewhere: then no log-in token of ours is made, nor known.
    pub(super) fn customers_log_in_elsewhere(&self) -> bool {
        self.customers().source.is_some()
    }

    /// Forgets what a foreign session's credential was said to be; nothing, where there is none.
    pub(super) fn forget_foreign(&self, session: AccessTokenId) {
        if let Some(source) = &self.customers().source {
            source.forget(session);
        }
    }

    /// Refuses a name that no account may have here: another spelling of a customer's one name, or not of the pattern.
    /// Whoever reads a username from a path or a body asks here before it is used.
    pub fn refuse_spelling(&self, username: &Username) -> Result<(), Refusal> {
        let accepted = (self.customers().spelling.0)(username);
        accepted.then_some(()).ok_or(ANOTHER_SPELLING)
    }

    fn customers(&self) -> &Customers {
        &self.0.parts.customers
    }

    /// The one whom the service's own token names, whatever the mode: looked up first, so that no token of ours is ever
    /// shown to the bank core.
    async fn local_caller(&self, authorization: &str) -> Result<Option<AccessToken>, Failure> {
        match credential::secret_token(authorization) {
            Some(token) => Ok(self.0.identity.caller(&SecretHash::of(token)).await?),
            None => Ok(None),
        }
    }

    /// The customer whom the source vouches for: no other than the path's, and as long as the credential is good.
    async fn foreign_caller(
        &self,
        source: &IdentitySource,
        authorization: &str,
        username: &Username,
    ) -> Result<AccessToken, Failure> {
        self.refuse_spelling(username)?;
        let session = credential::foreign_session(self.ring(), authorization)?;
        let Verdict::Known(vouched) = source.ask(authorization, session, username).await? else {
            return Err(Failure::Unauthenticated);
        };
        let (presence, now) = self.store().presence(username).await?;
        if !vouched.is_good_at(now) {
            return Err(Failure::Unauthenticated);
        }
        if vouched.owner.as_ref() != Some(username) {
            return Err(Refusal::Forbidden.into());
        }
        let scheme = Scheme::of(authorization);
        let caller = AccessToken::foreign(session, scheme, username.clone(), vouched.scope, vouched.expires_at);
        self.admit_present(&caller.actor(), username, presence).await?;
        Ok(caller)
    }

    /// Sees to it that a proven customer has an account. One that was deleted is never made again.
    pub(super) async fn admit(&self, actor: &str, username: &Username) -> Result<(), Failure> {
        let (presence, _) = self.store().presence(username).await?;
        self.admit_present(actor, username, presence).await
    }

    async fn admit_present(&self, actor: &str, username: &Username, mut presence: Presence) -> Result<(), Failure> {
        if presence == Presence::Absent && self.customers().unknown == UnknownAccount::Create {
            self.make_account(actor, username).await?;
            (presence, _) = self.store().presence(username).await?;
        }
        match presence {
            Presence::There => Ok(()),
            Presence::Absent | Presence::Deleted => Err(Refusal::Forbidden.into()),
        }
    }

    /// An account without channels, unless somebody is faster.
    async fn make_account(&self, actor: &str, username: &Username) -> Result<(), Failure> {
        let (username, contact) = (username.clone(), Contact::default());
        let new = NewAccount { username, contact, channels: Vec::new(), language: None };
        let now = self.store().now().await?;
        let account = self.build_account(&new, now)?;
        self.store().create(&account, Author::durable(actor), now).await?;
        Ok(())
    }
}

/// Where customers log in elsewhere, of an account's own tokens the API tokens alone are known: they were made by a proof,
/// and no other place knows them.
fn known_here(token: AccessToken, elsewhere: bool) -> Result<AccessToken, Failure> {
    let known = !elsewhere || !token.scope.is_of_account() || token.mfa == Mfa::NonInteractive;
    known.then_some(token).ok_or(Failure::Unauthenticated)
}

impl From<Arc<Unclear>> for Failure {
    /// The cause was logged where it was seen, once for all who waited.
    fn from(unclear: Arc<Unclear>) -> Self {
        match *unclear {
            Unclear::Resting { retry_after } => Self::SourceResting { retry_after },
            _ => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{caller::Scope, time::Timestamp},
        service::{
            fixture::{token, without_database},
            no_account,
        },
    };

    /// A session of Alice at the bank core.
    fn foreign() -> AccessToken {
        let (session, alice) = (token(Scope::ReadWrite).id, Username::parse("alice").unwrap());
        AccessToken::foreign(session, Scheme::Bearer, alice, Scope::ReadWrite, None)
    }

    #[test]
    fn where_customers_log_in_elsewhere_only_api_tokens_of_theirs_are_known_here() {
        for scope in Scope::ALL {
            for mfa in [Mfa::NonInteractive, Mfa::Pending, Mfa::SteppedUp { until: Timestamp::NEVER }] {
                let token = AccessToken { mfa, ..token(scope) };
                let known = !scope.is_of_account() || mfa == Mfa::NonInteractive;
                assert_eq!(known_here(token.clone(), true).is_ok(), known, "{scope:?} {mfa:?}");
                assert!(known_here(token, false).is_ok());
            }
        }
    }

    #[test]
    fn an_account_that_is_gone_is_told_by_who_vouches_for_the_caller() {
        assert!(matches!(no_account(&token(Scope::Admin)), Failure::Refused(Refusal::UnknownAccount)));
        assert!(matches!(no_account(&token(Scope::Service)), Failure::Refused(Refusal::UnknownAccount)));
        assert!(matches!(no_account(&token(Scope::ReadOnly)), Failure::Unauthenticated));
        assert!(matches!(no_account(&foreign()), Failure::Refused(Refusal::Forbidden)));
    }

    #[tokio::test]
    async fn nobody_is_let_in_while_the_database_is_away() {
        let (service, alice) = (without_database(), Username::parse("alice").unwrap());
        let own = format!("Bearer secret-token:{}", "a".repeat(43));
        assert!(matches!(service.customer(&own, &alice).await, Err(Failure::Unavailable)));
        assert!(matches!(service.caller(&own, None).await, Err(Failure::Unavailable)));
        assert!(matches!(service.admit("customer", &alice).await, Err(Failure::Unavailable)));
        assert!(matches!(service.customer("Basic YTpi", &alice).await, Err(Failure::Unauthenticated)));
    }
}
