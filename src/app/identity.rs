//! Who says who is calling, made of `[identity]`.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{StartError, secret};
use crate::{
    domain::keys::KeyRing,
    identity::{
        client::WITHIN,
        introspection::{AskingAuthorizationServer, AuthorizationServer, Reading},
        source::{IdentitySource, Voucher},
        upstream::{AskingBankCore, BankCore},
    },
    service::{Customers, Spelling},
    settings::{HttpUrl, Identity, Introspection, Mode},
};

/// Where customers are known, as `[identity]` says. To be called on the runtime that connections are to live on.
pub(super) fn customers(identity: &Identity, ring: &Arc<KeyRing>) -> Result<Customers, StartError> {
    let voucher = match (identity.mode, &identity.url) {
        (Mode::Upstream, Some(url)) => Some(Voucher::BankCore(bank_core(identity, url)?)),
        (Mode::Introspection, Some(url)) => {
            Some(Voucher::AuthorizationServer(authorization_server(&identity.introspection, url)?))
        }
        // Settings without a URL where one is needed do not load.
        (Mode::Local, _) | (Mode::Upstream | Mode::Introspection, None) => None,
    };
    let usernames = identity.usernames.clone();
    Ok(Customers {
        source: voucher.map(|voucher| IdentitySource::new(voucher, identity.remember, Arc::clone(ring))),
        spelling: Spelling::of(move |username| usernames.accepts(username)),
        unknown: identity.unknown_account,
    })
}

fn bank_core(identity: &Identity, url: &HttpUrl) -> Result<BankCore, StartError> {
    Ok(BankCore::new(AskingBankCore {
        url: url.as_written().to_owned(),
        username_pointer: identity.username_pointer.clone(),
        scope_pointer: identity.scope_pointer.clone(),
        within: WITHIN,
    })?)
}

fn authorization_server(introspection: &Introspection, url: &HttpUrl) -> Result<AuthorizationServer, StartError> {
    let client_secret = match (&introspection.client_secret, &introspection.client_secret_file) {
        (Some(secret), _) => Zeroizing::new(secret.reveal().to_owned()),
        (None, Some(file)) => secret::in_file(file, "identity.client_secret_file")?,
        (None, None) => Zeroizing::default(),
    };
    Ok(AuthorizationServer::new(AskingAuthorizationServer {
        url: url.as_written().to_owned(),
        client_id: introspection.client_id.clone().unwrap_or_default(),
        client_secret,
        reading: Reading {
            username_claim: introspection.username_claim.clone(),
            readwrite_scope: introspection.readwrite_scope.clone(),
            audience: introspection.audience.clone(),
        },
        within: WITHIN,
    })?)
}
