//! What a protected handler asks for.

use actix_web::HttpRequest;
use serde::Serialize;

/// The largest body that is read when nothing else is said, in bytes.
const USUAL_BODY: usize = 1024 * 1024;

/// What kind of one-shot token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Assurance {
    /// Any one-shot token of the account.
    Token,
    /// A token that is bound to this very request: account, method, path with query, and body, byte for byte.
    Bound,
}

/// What the proof must at least show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// What every channel shows.
    Inform,
    /// That the customer holds a thing.
    Possession,
}

/// Says what the customer approves, out of the request and its body, in at most 140 characters:
/// `Transfer EUR:120.00 to DE43…`. It is called before Tanager is asked. `None`: this request cannot be shown; it is
/// refused with 400/26, and the handler does not run.
///
/// Read the body here exactly as the handler does. What the customer is shown and what the handler does must not differ.
pub type Summary = fn(&HttpRequest, &[u8]) -> Option<String>;

/// Whose account a request is about. `None`: the request is refused with 503 and the fault is logged, as a route without
/// an account cannot be protected.
pub type Username = fn(&HttpRequest) -> Option<String>;

/// What a protected handler asks for. Written with what is different:
/// `Operation { idempotent: true, ..Operation::bound(summary) }`.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The kind of token.
    pub assurance: Assurance,
    /// What the proof must at least show.
    pub strength: Strength,
    /// Whether an account without any active channel is refused rather than let through.
    pub enrolled: bool,
    /// Whether the handler, when it is called again with the same [`idempotency_key`](super::Approval::idempotency_key),
    /// does nothing twice. Then the customer may repeat a request whose outcome is not known with the same token;
    /// otherwise that token is void.
    pub idempotent: bool,
    /// What the customer is shown; `None`: nothing about this request.
    pub summary: Option<Summary>,
    /// Whose account it is: the segment `{username}` of the path, unless said otherwise.
    pub username: Username,
    /// The largest body that is read, in bytes; a larger one is 413/32.
    pub largest_body: usize,
}

impl Operation {
    /// Asks for a token that is bound to the request, and shows the customer what `summary` says.
    #[must_use]
    pub fn bound(summary: Summary) -> Self {
        Self { assurance: Assurance::Bound, summary: Some(summary), ..Self::token() }
    }

    /// Asks for any one-shot token of the account.
    #[must_use]
    pub fn token() -> Self {
        Self {
            assurance: Assurance::Token,
            strength: Strength::Inform,
            enrolled: false,
            idempotent: false,
            summary: None,
            username: of_path,
            largest_body: USUAL_BODY,
        }
    }
}

/// The segment `{username}` of the path.
fn of_path(request: &HttpRequest) -> Option<String> {
    request.match_info().get("username").map(str::to_owned)
}
