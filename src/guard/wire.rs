//! The back channel's bodies, to the letter.

use serde::{Deserialize, Serialize};

use super::{
    approved::Approved,
    operation::{Assurance, Strength},
};

/// What `POST /tokens/reserve` is sent. No `Debug`: it carries a token and says what is approved.
#[derive(Serialize)]
pub struct Reserve<'a> {
    /// Whose account.
    pub username: &'a str,
    /// Which request.
    pub operation: Request<'a>,
    /// The token that came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tan_token: Option<&'a str>,
    /// What is asked for.
    pub assurance: Assurance,
    /// What the proof must at least show.
    pub strength: Strength,
    /// Whether an account without channels is refused.
    pub enrolled: bool,
    /// Whether a repeat does nothing twice.
    pub idempotent: bool,
}

/// The one request that is approved.
#[derive(Serialize)]
pub struct Request<'a> {
    /// In capitals.
    pub method: &'a str,
    /// With its query, as it was sent.
    pub path: &'a str,
    /// In lower-case hex.
    pub body_sha256: &'a str,
    /// What the customer is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<&'a str>,
}

/// What a 200 says. Members that nobody here needs are ignored.
#[derive(Deserialize)]
struct Reserved {
    required: bool,
}

/// Reads a 200; `None` when it is not what the contract says.
pub fn reserved(body: &[u8]) -> Option<Approved> {
    let Reserved { required } = serde_json::from_slice(body).ok()?;
    if required { serde_json::from_slice(body).ok().map(Approved::Proven) } else { Some(Approved::NotRequired) }
}
