//! Access tokens: made by a bank core at log-in and on the command line, listed and ended, and when they were last used.
//! Those that an account makes itself stand in [`api_tokens`](super::api_tokens).

use std::time::Duration;

use super::{Failure, ProtectedRequest, Service};
use crate::{
    domain::{
        account::{Account, EndedTokens, NewAccessToken, Terms},
        caller::{AccessToken, Deed, ListedToken, Mfa, Provenance, Scope},
        event::{Event, EventKind},
        id::AccessTokenId,
        refusal::Refusal,
        secret::AccessSecret,
        time::Timestamp,
        username::Username,
    },
    storage::datastore::{Author, Wanted},
};

/// What an access token is to be.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// What it is for.
    pub scope: Scope,
    /// How long it can be used; `None`: as long as the limits say.
    pub duration: Option<Duration>,
    /// What is written about it.
    pub description: Option<String>,
    /// The bank core's protected operations that an API token may do.
    pub operations: Vec<String>,
}

/// An access token that was made.
pub struct Minted {
    /// The secret: in this one reply only.
    pub secret: AccessSecret,
    /// The token.
    pub token: AccessToken,
}

const NO_OPERATIONS: Refusal = Refusal::Parameter {
    name: "operations",
    trouble: "A log-in token has none; they are for API tokens, which the account makes itself.",
};

impl Service {
    /// Makes an access token for an account: a log-in token when a bank core asks (refused where customers log in
    /// elsewhere), an API token when the account itself does, which is protected.
    pub async fn mint_token(
        &self,
        caller: &AccessToken,
        username: &Username,
        wish: &TokenRequest,
        request: &ProtectedRequest,
    ) -> Result<Minted, Failure> {
        if caller.scope.is_of_account() {
            return self.make_api_token(caller, username, wish, request).await;
        }
        super::permit(caller, Deed::MintToken, username)?;
        if self.customers_log_in_elsewhere() {
            return Err(Refusal::LogInElsewhere.into());
        }
        let secret = AccessSecret::generate(self.chance());
        let mint = self.change(caller, Deed::MintToken, Wanted::account(username), |account, terms| {
            wish.operations.is_empty().then_some(()).ok_or(NO_OPERATIONS)?;
            let most = terms.limits.session_lifetime;
            let lifetime = wish.duration.unwrap_or(most).min(most);
            let token = self.build_token(account, terms, wish, Mfa::Pending, lifetime);
            open(account, &token, &secret);
            Ok(token)
        });
        let token = mint.await?;
        Ok(Minted { secret, token })
    }

    /// A token of the account, as it is wanted, for so long.
    pub(super) fn build_token(
        &self,
        account: &Account,
        terms: &Terms<'_>,
        wish: &TokenRequest,
        mfa: Mfa,
        lifetime: Duration,
    ) -> AccessToken {
        AccessToken {
            id: AccessTokenId::new(terms.now, self.chance()),
            provenance: Provenance::Local,
            scope: wish.scope,
            owner: Some(account.username.clone()),
            mfa,
            operations: wish.operations.clone(),
            proven: true,
            description: wish.description.clone(),
            created_at: terms.now,
            expires_at: expiry(terms.now, lifetime),
        }
    }

    /// The account's access tokens, without their secrets.
    pub async fn list_tokens(&self, caller: &AccessToken, username: &Username) -> Result<Vec<ListedToken>, Failure> {
        super::permit(caller, Deed::Watch, username)?;
        self.store().list_access_tokens(username).await?.ok_or_else(|| super::no_account(caller))
    }

    /// Ends one of the account's access tokens, its open challenges and unspent one-shot tokens with it.
    pub async fn end_token(&self, caller: &AccessToken, username: &Username, id: AccessTokenId) -> Result<(), Failure> {
        caller.may_end(id, username).map_err(|_| Refusal::Forbidden)?;
        let known = self.list_tokens(caller, username).await?.iter().any(|listed| listed.token.id == id);
        known.then_some(()).ok_or(Refusal::AccessTokenNotFound)?;
        self.close(caller, username, id).await
    }

    /// Ends the access token that calls.
    pub async fn log_out(&self, caller: &AccessToken, username: &Username) -> Result<(), Failure> {
        self.close(caller, username, caller.id).await
    }

    /// Ends a token that the caller may end: everyone who may end any may log out.
    async fn close(&self, caller: &AccessToken, username: &Username, id: AccessTokenId) -> Result<(), Failure> {
        self.change(caller, Deed::LogOut, Wanted::account(username), |account, _| {
            account.close_session(id);
            account.ended_tokens = EndedTokens::One(id);
            account.note(Event::of(EventKind::SessionClosed).with("token", id.to_string()));
            Ok(())
        })
        .await?;
        self.0.identity.forget(id);
        self.forget_foreign(id);
        Ok(())
    }

    /// Makes an access token on the command line, in the name of whoever runs it. `owner` is the account that a
    /// token of scope `readwrite` or `readonly` belongs to.
    pub async fn issue_token(
        &self,
        actor: &str,
        owner: Option<&Username>,
        wish: &TokenRequest,
    ) -> Result<Minted, Failure> {
        let secret = AccessSecret::generate(self.chance());
        let system = Username::system();
        let wanted = Wanted::account(owner.unwrap_or(&system));
        let issued = self.store().transact(wanted, Author::durable(actor), |account, now| {
            let lifetime = wish.duration.or_else(|| owner.map(|_| self.limits().session_lifetime));
            let token = AccessToken {
                id: AccessTokenId::new(now, self.chance()),
                provenance: Provenance::Local,
                scope: wish.scope,
                owner: owner.cloned(),
                mfa: Mfa::Pending,
                operations: Vec::new(),
                proven: true,
                description: wish.description.clone(),
                created_at: now,
                expires_at: lifetime.map_or(Timestamp::NEVER, |lifetime| expiry(now, lifetime)),
            };
            open(account, &token, &secret);
            token
        });
        let token = issued.await?.ok_or(Refusal::UnknownAccount)?;
        Ok(Minted { secret, token })
    }

    /// The access tokens of operators and bank cores, without their secrets: for the command line.
    pub async fn list_system_tokens(&self) -> Result<Vec<ListedToken>, Failure> {
        Ok(self.store().list_system_tokens().await?)
    }

    /// Ends an access token of an operator or a bank core, on the command line, in the name of whoever runs it. This
    /// instance refuses it at once, the others as soon as they look it up again. One that is unknown, expired, ended
    /// already or an account's is refused, and nothing is written.
    pub async fn revoke_token(&self, actor: &str, id: AccessTokenId) -> Result<(), Failure> {
        let known = self.list_system_tokens().await?.into_iter().find(|listed| listed.token.id == id);
        let token = known.ok_or(Refusal::AccessTokenNotFound)?.token;
        let system = Username::system();
        let revoked = self.store().transact(Wanted::account(&system), Author::durable(actor), |account, _| {
            account.ended_tokens = EndedTokens::One(id);
            account.note(told(EventKind::SessionClosed, &token));
        });
        revoked.await?.ok_or(Failure::Unavailable)?;
        self.0.identity.forget(id);
        Ok(())
    }

    /// Writes when access tokens were last used, as far as this instance saw it since it last did so. What could not be
    /// written is kept for the next time; a crash loses it.
    pub async fn write_uses(&self) -> Result<(), Failure> {
        let uses = self.0.identity.take_uses();
        if uses.is_empty() {
            return Ok(());
        }
        let written = self.store().note_uses(&uses).await;
        if written.is_err() {
            for (id, at) in uses {
                self.0.identity.note_use(id, at);
            }
        }
        Ok(written?)
    }
}

pub(super) fn open(account: &mut Account, token: &AccessToken, secret: &AccessSecret) {
    account.new_token = Some(NewAccessToken { token: token.clone(), hash: secret.hash() });
    account.note(told(EventKind::SessionOpened, token));
}

/// Of a token that belongs to no account the trail tells whose it is: nothing else does once it is gone. What an account
/// says of its own is not ours to keep for ever.
fn told(kind: EventKind, token: &AccessToken) -> Event {
    let mut event = Event::of(kind).with("token", token.id.to_string()).with("scope", token.scope.name());
    if token.mfa == Mfa::NonInteractive {
        event = event.with("operations", token.operations.join(" "));
    }
    match &token.description {
        Some(description) if token.owner.is_none() => event.with("description", description.clone()),
        _ => event,
    }
}

/// A lifetime of [`Duration::MAX`] never ends.
fn expiry(now: Timestamp, lifetime: Duration) -> Timestamp {
    if lifetime == Duration::MAX { Timestamp::NEVER } else { now.plus(lifetime) }
}
