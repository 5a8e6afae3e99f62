//! Who says who is calling, made of `[identity]`.

use std::{fs, path::Path, sync::Arc};

use zeroize::Zeroizing;

use super::StartError;
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

/// What stands in the file of `identity.client_secret_file` is no secret.
#[derive(Debug, thiserror::Error)]
pub enum ClientSecretError {
    /// The file.
    #[error("identity.client_secret_file: {file} cannot be read", file = file.display())]
    Unreadable {
        /// Which.
        file: std::path::PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Its content.
    #[error("identity.client_secret_file: {file} does not hold one line with the secret", file = file.display())]
    Malformed {
        /// Which.
        file: std::path::PathBuf,
    },
}

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
        (None, Some(file)) => secret_in(file)?,
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

/// The secret alone: what an editor puts around it is no part of it.
fn secret_in(file: &Path) -> Result<Zeroizing<String>, ClientSecretError> {
    let text = fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|source| ClientSecretError::Unreadable { file: file.to_owned(), source })?;
    let secret = Some(text.trim()).filter(|secret| !secret.is_empty() && !secret.chars().any(char::is_control));
    let malformed = || ClientSecretError::Malformed { file: file.to_owned() };
    secret.map(|secret| Zeroizing::new(secret.to_owned())).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_whatever_stands_around_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        for (text, secret) in
            [("a b:c\n", Some("a b:c")), ("\r\n a \t\n", Some("a")), ("", None), (" \n", None), ("a\nb", None)]
        {
            fs::write(&file, text).unwrap();
            assert_eq!(secret_in(&file).ok().as_deref().map(String::as_str), secret, "{text:?}");
        }
        let absent = secret_in(&directory.path().join("absent")).err().unwrap();
        assert!(absent.to_string().contains("absent cannot be read"), "{absent}");
    }
}
