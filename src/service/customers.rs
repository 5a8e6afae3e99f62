//! Who calls, whoever knows them: this service by its own tokens, or the bank core (`api.md` section 2).
//!
//! Admin and service tokens are always local. What a caller may do is not decided here.

use std::{error::Error, sync::Arc};

use super::{Failure, NewAccount, Service};
use crate::{
    domain::{
        account::Contact,
        caller::{AccessToken, UnknownAccount},
        credential,
        refusal::Refusal,
        secret::SecretHash,
        username::Username,
    },
    identity::upstream::{Upstream, UpstreamError, Verdict},
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
    /// The bank core that is asked; `None`: they are known by the service's own tokens.
    pub upstream: Option<Upstream>,
    /// How their names may be spelled.
    pub spelling: Spelling,
    /// What becomes of one whom the bank core vouches for and who is new here.
    pub unknown: UnknownAccount,
}

const NO_USERNAME: Refusal = Refusal::Parameter { name: "username", trouble: "It is no username." };
const ANOTHER_SPELLING: Refusal = Refusal::Parameter {
    name: "username",
    trouble: "It is not spelled as usernames are here; the account has one name.",
};

impl Service {
    /// Who calls the API, by the value of the `Authorization` header. `account` is the path's `{username}` as it was
    /// sent, where the route has one: whom the bank core is asked about.
    pub async fn caller(&self, authorization: &str, account: Option<&str>) -> Result<AccessToken, Failure> {
        let local = self.local_caller(authorization).await?;
        match (&self.customers().upstream, local) {
            (None, Some(token)) => Ok(token),
            (Some(_), Some(token)) if !token.scope.is_of_account() => Ok(token),
            (Some(upstream), None) => {
                let username = Username::parse(account.ok_or(Failure::Unauthenticated)?).map_err(|_| NO_USERNAME)?;
                self.foreign_caller(upstream, authorization, &username).await
            }
            (None, None) | (Some(_), Some(_)) => Err(Failure::Unauthenticated),
        }
    }

    /// The customer who calls for the account `username` at the gateway, by the value of the `Authorization` header: in
    /// the end an account's caller whose own account that is. Admin and service credentials are unknown there.
    pub async fn customer(&self, authorization: &str, username: &Username) -> Result<AccessToken, Failure> {
        let local = self.local_caller(authorization).await?;
        match (&self.customers().upstream, local) {
            (None, Some(token)) if token.scope.is_of_account() => {
                self.refuse_spelling(username)?;
                let own = token.owner.as_ref() == Some(username);
                own.then_some(token).ok_or(Failure::Refused(Refusal::Forbidden))
            }
            (Some(upstream), None) => self.foreign_caller(upstream, authorization, username).await,
            (None, _) | (Some(_), Some(_)) => Err(Failure::Unauthenticated),
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

    async fn foreign_caller(
        &self,
        upstream: &Upstream,
        authorization: &str,
        username: &Username,
    ) -> Result<AccessToken, Failure> {
        self.refuse_spelling(username)?;
        let scope = match upstream.ask(authorization, username).await? {
            Verdict::Known(scope) => scope,
            Verdict::Unknown => return Err(Failure::Unauthenticated),
            Verdict::AnotherAccount => return Err(Refusal::Forbidden.into()),
        };
        let session = credential::foreign_session(self.ring(), authorization)?;
        let caller = AccessToken::foreign(session, username.clone(), scope);
        self.admit(&caller.actor(), username).await?;
        Ok(caller)
    }

    /// Sees to it that a proven customer has an account. One that was deleted is never made again.
    pub(super) async fn admit(&self, actor: &str, username: &Username) -> Result<(), Failure> {
        let mut presence = self.store().presence(username).await?;
        if presence == Presence::Absent && self.customers().unknown == UnknownAccount::Create {
            self.make_account(actor, username).await?;
            presence = self.store().presence(username).await?;
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

impl From<UpstreamError> for Failure {
    fn from(error: UpstreamError) -> Self {
        let mut cause: &dyn Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        tracing::error!(error = %error, cause = %cause, "nobody says who is calling; the request was refused");
        Self::Unavailable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::caller::Scope,
        service::{
            fixture::{token, without_database},
            no_account,
        },
    };

    /// A session of Alice at the bank core.
    fn foreign() -> AccessToken {
        AccessToken::foreign(token(Scope::ReadWrite).id, Username::parse("alice").unwrap(), Scope::ReadWrite)
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
