//! Callers whom an authorization server knows: it is asked about their token (RFC 7662, `api.md` section 2).
//!
//! Whatever is no clear answer is none: it never becomes a yes. Nothing of a token or of a reply's body is logged.

mod judge;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use data_encoding::BASE64;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

pub use self::judge::Reading;
use self::judge::judge;
use super::{
    client::{AskingError, Line},
    unclear::Unclear,
    verdict::Verdict,
};
use crate::domain::credential;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// What is asked, as whom, and what the answer is to say.
pub struct AskingAuthorizationServer {
    /// The `http` or `https` URL of the introspection endpoint.
    pub url: String,
    /// What this service is called there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: Zeroizing<String>,
    /// How the answer is read.
    pub reading: Reading,
    /// How long an answer may take.
    pub within: Duration,
}

/// An authorization server, as who says who is calling. Cheap to clone. No answer is remembered.
#[derive(Clone)]
pub struct AuthorizationServer {
    line: Line,
    url: Arc<str>,
    /// This service's own credentials.
    authorization: HeaderValue,
    reading: Arc<Reading>,
}

impl AuthorizationServer {
    /// The authorization server at that URL; nothing is connected yet. To be called on the runtime that connections live on.
    pub fn new(asking: AskingAuthorizationServer) -> Result<Self, AskingError> {
        let authorization = basic(&asking.client_id, &asking.client_secret)?;
        let line = Line::to(&asking.url, asking.within)?;
        Ok(Self { line, url: asking.url.into(), authorization, reading: Arc::new(asking.reading) })
    }

    /// What the authorization server says of the value of an `Authorization` header. About another scheme than Bearer it is
    /// not asked: that is none. Who stops waiting ends the question.
    pub async fn ask(&self, authorization: &str) -> Result<Verdict, Unclear> {
        let Some(token) = credential::bearer(authorization) else { return Ok(Verdict::Unknown) };
        let mut form = Serializer::new(String::new());
        let form = form.append_pair("token", token).append_pair("token_type_hint", "access_token").finish();
        let request = self.line.post(&self.url).header(CONTENT_TYPE, FORM).header(ACCEPT, JSON);
        let request = request.header(AUTHORIZATION, self.authorization.clone()).body(form);
        judge(&self.reading, &self.line.exchange(request).await?)
    }
}

/// The client's name and secret as HTTP Basic has them, each form-encoded first (RFC 6749 section 2.3.1).
fn basic(client_id: &str, client_secret: &str) -> Result<HeaderValue, AskingError> {
    let encoded = |text: &str| -> String { byte_serialize(text.as_bytes()).collect() };
    let pair = Zeroizing::new(format!("{}:{}", encoded(client_id), encoded(client_secret)));
    let value = Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())));
    let mut value = HeaderValue::from_str(&value).map_err(|_| AskingError::ClientCredentials)?;
    value.set_sensitive(true);
    Ok(value)
}
