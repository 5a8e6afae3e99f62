//! The one shape in which this service says no: `{"code", "hint", "detail"?, …}` with the headers that belong to it.
//!
//! Public text is fixed here and in [`Code`]; a cause is logged where it was seen and never told.

use std::{borrow::Cow, fmt, time::Duration};

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::{code::Code, header_names::TAN_REQUIRED};

/// An answer with a status of 400 or more. `Debug` and `Display` show the code alone: members may name payments.
pub struct ApiError {
    code: Code,
    hint: Cow<'static, str>,
    detail: Option<Cow<'static, str>>,
    members: Vec<(&'static str, Value)>,
    retry_after: Option<Duration>,
    assurance: Option<&'static str>,
}

/// Stands in the extensions of every reply that has this module's body, so that the outermost layer can tell it from
/// one that a library made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered(pub(super) Code);

impl ApiError {
    /// The row's own sentence and status.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            hint: Cow::Borrowed(code.hint()),
            detail: None,
            members: Vec::new(),
            retry_after: None,
            assurance: None,
        }
    }

    /// 400/25: the member or parameter `name` is needed and absent.
    #[must_use]
    pub fn missing(name: &str) -> Self {
        Self::new(Code::ParameterMissing).hint(format!("\"{name}\" is absent and needed.")).detail(name.to_owned())
    }

    /// 400/26: the member, parameter or id `name` is malformed; `trouble` says what would be right, `must be …`.
    #[must_use]
    pub fn malformed(name: &str, trouble: &str) -> Self {
        let trouble = trouble.trim_end_matches('.');
        Self::new(Code::ParameterMalformed).hint(format!("\"{name}\" {trouble}.")).detail(name.to_owned())
    }

    /// 400/23: the header `name` is malformed; `trouble` says what would be right, `must …`.
    #[must_use]
    pub fn header(name: &str, trouble: &str) -> Self {
        Self::new(Code::HeadersMalformed).hint(format!("The header {name} {trouble}.")).detail(name.to_owned())
    }

    /// Replaces the row's sentence by a more exact one.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Adds the member `detail`.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a member that the contract names for this code.
    #[must_use]
    pub fn member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// Sets `Retry-After`; told in whole seconds, rounded up, at least 1.
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Sets `TAN-Required`.
    #[must_use]
    pub const fn assurance(mut self, assurance: &'static str) -> Self {
        self.assurance = Some(assurance);
        self
    }

    /// The row of the table.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Every 429, every 503 and 409/10005 has a `Retry-After`, whether or not anyone knew how long.
    fn wait(&self) -> Option<u64> {
        match self.retry_after {
            Some(wait) => Some(whole_seconds(wait)),
            None if self.code.tells_when_to_retry() => Some(1),
            None => None,
        }
    }

    fn add_headers(&self, reply: &mut HttpResponseBuilder) {
        if let Some(seconds) = self.wait() {
            reply.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.code == Code::Unauthorized {
            reply.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(assurance) = self.assurance {
            reply.insert_header((TAN_REQUIRED, assurance));
        }
    }
}

/// `wait` rounded up to whole seconds, at least 1: who waits so long is not too early.
fn whole_seconds(wait: Duration) -> u64 {
    let started_second = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(started_second).max(1)
}

impl Serialize for ApiError {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut body = out.serialize_map(None)?;
        body.serialize_entry("code", &self.code.number())?;
        body.serialize_entry("hint", &self.hint)?;
        if let Some(detail) = &self.detail {
            body.serialize_entry("detail", detail)?;
        }
        for (name, value) in &self.members {
            body.serialize_entry(name, value)?;
        }
        body.end()
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status_code());
        self.add_headers(&mut builder);
        let mut reply = builder.json(self);
        reply.extensions_mut().insert(Answered(self.code));
        reply
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{} {}", self.code.status().as_u16(), self.code.number(), self.code.name())
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
pub(super) mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    /// The body of the reply to `error`.
    pub(in crate::http) async fn body_of(error: &ApiError) -> Value {
        let bytes = to_bytes(error.error_response().into_body()).await.ok().unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[actix_web::test]
    async fn every_code_is_answered_with_its_status_and_body() {
        for code in Code::ALL {
            let error = ApiError::new(code);
            assert_eq!(error.error_response().status(), code.status());
            assert_eq!(body_of(&error).await, serde_json::json!({"code": code.number(), "hint": code.hint()}));
        }
    }

    #[test]
    fn exactly_those_replies_that_must_have_a_retry_after_have_one() {
        for code in Code::ALL {
            let needed = matches!(code.status().as_u16(), 429 | 503) || code.number() == 10005;
            let reply = ApiError::new(code).error_response();
            assert_eq!(reply.headers().contains_key(header::RETRY_AFTER), needed, "{code:?}");
            assert_eq!(reply.headers().contains_key(header::WWW_AUTHENTICATE), code.number() == 40, "{code:?}");
        }
    }

    #[test]
    fn retry_after_is_never_too_early() {
        for (millis, told) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (59_999, "60"), (60_000, "60")] {
            let error = ApiError::new(Code::TanRateLimited).retry_after(Duration::from_millis(millis));
            assert_eq!(error.error_response().headers().get(header::RETRY_AFTER).unwrap(), told);
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }

    #[actix_web::test]
    async fn what_an_error_carries_is_not_in_its_debug_text() {
        let error = ApiError::new(Code::TanRequired).member("summary", "Transfer CHF 10").detail("+41791234567");
        assert_eq!(format!("{error:?} {error}"), "403/10002 TAN_REQUIRED 403/10002 TAN_REQUIRED");
        assert_eq!(body_of(&error).await["summary"], "Transfer CHF 10");
    }
}
