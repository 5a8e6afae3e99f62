//! Who is calling: an access token, or at the log-in a password. A caller acts for its own account alone.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{Method, header::AUTHORIZATION},
};
use data_encoding::BASE64;

use super::{
    Bank, customers,
    refusal::{Refusal, Scheme},
    sessions::Scope,
};
use crate::domain::{secret::SecretHash, username::Username};

/// A caller with an access token for the account in the path. A token that may only read is refused with every other
/// method than GET.
pub struct Caller {
    /// The bank.
    pub bank: Bank,
    /// Whose session it is, and whose account the path names.
    pub username: Username,
    /// What the session may do.
    pub scope: Scope,
    credential: SecretHash,
}

impl Caller {
    /// The same for a log-out, which every session may.
    pub fn leaving(request: &HttpRequest) -> Result<Self, Refusal> {
        let unauthorized = || Refusal::Unauthorized(Scheme::Bearer);
        let (bank, credential) = (bank(request)?, credential(request, "bearer").ok_or_else(unauthorized)?);
        let hash = SecretHash::of(&credential);
        let session = bank.session(&hash).ok_or_else(unauthorized)?;
        own(request, &session.username)?;
        Ok(Self { bank, username: session.username, scope: session.scope, credential: hash })
    }

    /// Ends this session.
    pub fn log_out(&self) {
        self.bank.books().sessions.end(&self.credential);
    }

    fn read(request: &HttpRequest) -> Result<Self, Refusal> {
        let caller = Self::leaving(request)?;
        let may = caller.scope == Scope::ReadWrite || matches!(*request.method(), Method::GET | Method::HEAD);
        if may { Ok(caller) } else { Err(Refusal::Forbidden) }
    }
}

impl FromRequest for Caller {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

/// A caller with the password of the account in the path.
pub struct Customer {
    /// The bank.
    pub bank: Bank,
    /// Whose password it is.
    pub username: Username,
}

impl Customer {
    fn read(request: &HttpRequest) -> Result<Self, Refusal> {
        let unauthorized = || Refusal::Unauthorized(Scheme::Basic);
        let bank = bank(request)?;
        let pair = credential(request, "basic").and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let pair = pair.and_then(|pair| String::from_utf8(pair).ok()).ok_or_else(unauthorized)?;
        let (name, password) = pair.split_once(':').ok_or_else(unauthorized)?;
        let username = customers::who(name, password).ok_or_else(unauthorized)?;
        if bank.books().ledger.account(&username).is_none() {
            return Err(unauthorized());
        }
        own(request, &username)?;
        Ok(Self { bank, username })
    }
}

impl FromRequest for Customer {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

fn bank(request: &HttpRequest) -> Result<Bank, Refusal> {
    request.app_data::<Bank>().cloned().ok_or(Refusal::NoSuchPath)
}

/// Whether the path names this account.
fn own(request: &HttpRequest, username: &Username) -> Result<(), Refusal> {
    let own = request.match_info().get("username") == Some(username.as_str());
    if own { Ok(()) } else { Err(Refusal::Forbidden) }
}

/// What stands behind the scheme in the one `Authorization` header.
fn credential(request: &HttpRequest, scheme: &str) -> Option<String> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (found, credential) = value.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| credential.trim_matches(' ').to_owned())
}
