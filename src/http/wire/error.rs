//! The bodies of errors, as the document shows them. They are written by [`ApiError`]; a test keeps the two alike.
//!
//! [`ApiError`]: crate::http::error::ApiError

use utoipa::ToSchema;

use super::channel::{AssuranceName, OfferedChannelRow};

/// What every reply with a status of 400 or more looks like. Some codes have members of their own beside these.
#[derive(ToSchema)]
#[schema(examples(json!({"code": 26, "hint": "\"tan\" must be a text (without the character U+0000).", "detail": "tan"})))]
pub struct ErrorBody {
    /// What a client branches on: a row of the table of codes.
    pub code: u16,
    /// An English sentence for developers.
    pub hint: String,
    /// What exactly it was, such as the member's name.
    pub detail: Option<String>,
}

/// 429/5131: too many.
#[derive(ToSchema)]
#[schema(examples(json!({"code": 5131, "hint": "That was too often; the header Retry-After says when to try again.", "limit": "retransmission_period"})))]
pub struct RateLimitedBody {
    /// 5131.
    pub code: u16,
    /// An English sentence for developers.
    pub hint: String,
    /// The limit's name in the configuration.
    pub limit: String,
}

/// 409/5134: a wrong TAN, and it is counted.
#[derive(ToSchema)]
#[schema(examples(json!({"code": 5134, "hint": "The TAN is wrong.", "attempts_left": 2})))]
pub struct WrongTanBody {
    /// 5134.
    pub code: u16,
    /// An English sentence for developers.
    pub hint: String,
    /// Tries that this TAN still stands.
    pub attempts_left: u16,
}

/// 403/10002: a protected operation without a sufficient proof. It was not begun.
#[derive(ToSchema)]
#[schema(examples(json!({
    "code": 10002,
    "hint": "This operation needs a proof: request a challenge with the ticket in \"operation\", and repeat the request with the token.",
    "operation": "v1.c2VhbGVk",
    "assurance": "bound",
    "tan_channels": [{"tan_channel": "sms", "tan_info": "+41*****4567"}],
    "summary": "Transfer CHF 10 to payto://iban/CH9300762011623852957",
})))]
pub struct TanRequiredBody {
    /// 10002.
    pub code: u16,
    /// An English sentence for developers.
    pub hint: String,
    /// The ticket for exactly this request, to ask for a challenge with.
    pub operation: String,
    /// What is asked for.
    pub assurance: AssuranceName,
    /// The channels that would do; none where no proof can be given.
    pub tan_channels: Vec<OfferedChannelRow>,
    /// What will be approved.
    pub summary: Option<String>,
}
