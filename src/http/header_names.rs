//! The names of the service's own headers.

use actix_web::http::header::HeaderName;

/// Carries a one-shot token to a protected operation.
pub const TAN_TOKEN: HeaderName = HeaderName::from_static("tan-token");
/// Names the assurance that was missing.
pub const TAN_REQUIRED: HeaderName = HeaderName::from_static("tan-required");
/// Says what is no longer possible after what was done.
pub const TAN_WARNING: HeaderName = HeaderName::from_static("tan-warning");
/// Names one attempt of the client, so that a repeat does nothing twice.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Carries the ids of Taler's challenges.
pub const TALER_CHALLENGE_IDS: HeaderName = HeaderName::from_static("taler-challenge-ids");
/// Names a request in logs, replies and the trail.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
