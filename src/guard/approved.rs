//! What the handler learns of the proof.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use serde::Deserialize;

use super::refusal::Refusal;

/// The proof that came with a request, for the handler's records.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Approval {
    /// The reservation of the token at Tanager. Whoever keeps it with the payment can settle an unknown outcome later:
    /// `POST /tokens/reservations/{reservation_id}/commit` or `…/release`.
    pub reservation_id: String,
    /// The challenge that the customer solved.
    pub challenge_id: String,
    /// The same for every repeat of this operation with this token until it is released: what makes a handler
    /// [`idempotent`](super::Operation::idempotent).
    pub idempotency_key: String,
    /// Whether the token was bound to this very request.
    pub bound: bool,
}

/// How a request passed its guard. As an extractor it fails with 503/10090, and the fault is logged, in a handler that no
/// guard protects: who asks for a proof must not run without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approved {
    /// The account has no active channel, and the operation does not ask for one.
    NotRequired,
    /// With a one-shot token, which is reserved while the handler runs.
    Proven(Approval),
}

impl Approved {
    /// The proof, if there was one.
    #[must_use]
    pub const fn approval(&self) -> Option<&Approval> {
        match self {
            Self::NotRequired => None,
            Self::Proven(approval) => Some(approval),
        }
    }
}

impl FromRequest for Approved {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let approved = request.extensions().get::<Self>().cloned();
        ready(approved.ok_or_else(|| {
            tracing::error!("a handler asks for an approval and no guard protects it; the request was refused");
            Refusal::Unavailable
        }))
    }
}
