//! What the guard itself says no to, in the form and with the codes of Tanager: `{"code", "hint", "detail"?}`.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde_json::json;

/// Why a request was refused before Tanager was asked, or because it did not answer. The handler did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 400/22: the body broke off, or took too long.
    BodyBroken,
    /// 400/23: `TAN-Token` stands twice, is a list, is empty or is no text.
    TokenHeader,
    /// 400/26: the request cannot be shown to the customer, so it cannot be approved.
    NotShown,
    /// 413/32: the body is larger than the operation's bound.
    BodyTooLarge,
    /// 415/28: the body has a `Content-Encoding`, so that what is approved is not what the handler would read.
    BodyEncoded,
    /// 503/10090: Tanager is away, or the protection is set up wrongly.
    Unavailable,
}

impl Refusal {
    const fn row(self) -> (StatusCode, u16, &'static str) {
        match self {
            Self::BodyBroken => (StatusCode::BAD_REQUEST, 22, "The body broke off or took too long."),
            Self::TokenHeader => {
                (StatusCode::BAD_REQUEST, 23, "The header TAN-Token must stand once and hold exactly one token.")
            }
            Self::NotShown => {
                (StatusCode::BAD_REQUEST, 26, "This request cannot be shown to the customer, so it cannot be approved.")
            }
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 32, "The body is larger than this service reads."),
            Self::BodyEncoded => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, 28, "The body must be sent as it is, without a Content-Encoding.")
            }
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, 10090, "Nothing was changed; try again in a moment.")
            }
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.row().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code, hint) = self.row();
        let mut reply = HttpResponse::build(status);
        reply.insert_header((header::CACHE_CONTROL, "no-store"));
        if *self == Self::Unavailable {
            reply.insert_header((header::RETRY_AFTER, "1"));
        }
        reply.json(json!({"code": code, "hint": hint}))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, code, _) = self.row();
        write!(out, "{}/{code}", status.as_u16())
    }
}

impl std::error::Error for Refusal {}
