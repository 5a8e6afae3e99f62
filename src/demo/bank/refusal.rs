//! How the demo bank says no: `{"code", "hint"}`, with the numbers of GNU Taler's registry (GANA).

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde_json::json;

/// Why a request was not done; nothing was changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is nothing at this path.
    NoSuchPath,
    /// The path does not know that method.
    NoSuchMethod,
    /// The body is no JSON.
    NoJson,
    /// A header stands twice or cannot be read; its name.
    Header(&'static str),
    /// A member is absent or malformed; what would be right.
    Malformed(String),
    /// The body is larger than the bank reads.
    TooLarge,
    /// No credentials, or none that are known here; what is asked for.
    Unauthorized(Scheme),
    /// The credentials are another account's, or may only read.
    Forbidden,
    /// Debtor and creditor are one.
    SameAccount,
    /// The account does not hold so much.
    InsufficientFunds,
    /// There is no such withdrawal of this account.
    UnknownWithdrawal,
    /// The withdrawal was confirmed before.
    ConfirmedAlready,
    /// The withdrawal is for another amount.
    AmountDiffers,
    /// The `Idempotency-Key` was used with another request.
    OtherRequest,
    /// The account is the bank's own.
    Reserved,
    /// An account that holds money cannot be closed.
    BalanceNotZero,
    /// Nobody here has that account number.
    UnknownCreditor,
}

/// What a path asks its callers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// A username and a password.
    Basic,
    /// An access token.
    Bearer,
}

impl Refusal {
    fn row(&self) -> (StatusCode, u16, &str) {
        use StatusCode as S;
        match self {
            Self::NoSuchPath => (S::NOT_FOUND, 21, "There is nothing at this path."),
            Self::NoSuchMethod => (S::METHOD_NOT_ALLOWED, 20, "This path does not know that method."),
            Self::NoJson => (S::BAD_REQUEST, 22, "The body must be one JSON object in UTF-8."),
            Self::Header(name) => (S::BAD_REQUEST, 23, name),
            Self::Malformed(hint) => (S::BAD_REQUEST, 26, hint),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, 32, "The body is larger than this bank reads."),
            Self::Unauthorized(_) => (S::UNAUTHORIZED, 40, "Credentials are needed, and none are known here."),
            Self::Forbidden => (S::FORBIDDEN, 44, "These credentials do not allow this."),
            Self::SameAccount => (S::CONFLICT, 5101, "An account cannot pay itself."),
            Self::InsufficientFunds => (S::CONFLICT, 5102, "The account does not hold so much."),
            Self::UnknownWithdrawal => (S::NOT_FOUND, 5107, "There is no such withdrawal of this account."),
            Self::ConfirmedAlready => (S::CONFLICT, 5116, "The withdrawal was confirmed before."),
            Self::AmountDiffers => (S::CONFLICT, 5148, "The withdrawal is for another amount."),
            Self::OtherRequest => (S::CONFLICT, 5112, "The Idempotency-Key was used with another request."),
            Self::Reserved => (S::CONFLICT, 5120, "The bank's own account stays."),
            Self::BalanceNotZero => (S::CONFLICT, 5123, "The account holds money and cannot be closed."),
            Self::UnknownCreditor => (S::CONFLICT, 5124, "Nobody here has that account number."),
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
        match self {
            Self::Unauthorized(Scheme::Basic) => {
                reply.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"Demo Bank\""));
            }
            Self::Unauthorized(Scheme::Bearer) => {
                reply.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            _ => {}
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
