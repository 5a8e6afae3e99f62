//! One function a route: it extracts, calls one use case, and answers in the words of the wire. It decides nothing.

pub mod accounts;
pub mod audit;
pub mod challenges;
pub mod channels;
pub mod operations;
pub mod operators;
pub mod public;
pub mod taler;
pub mod tokens;

use actix_web::HttpResponse;
use serde::Serialize;

use super::{error::ApiError, header_names::TAN_WARNING, warning};
use crate::service::Loss;

/// How a handler ends.
type Reply = Result<HttpResponse, ApiError>;

/// 200 with a body.
fn ok(body: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

/// 201 with a body.
fn created(body: impl Serialize) -> HttpResponse {
    HttpResponse::Created().json(body)
}

/// 202 with a body: a TAN is on its way, or an app shows one.
fn accepted(body: impl Serialize) -> HttpResponse {
    HttpResponse::Accepted().json(body)
}

/// 204.
fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// 204, and with `TAN-Warning` what was lost, if anything was.
fn removed(loss: &Loss) -> HttpResponse {
    let warning = warning::of(loss).map(|value| (TAN_WARNING, value));
    warning.map_or_else(no_content, |warning| HttpResponse::NoContent().insert_header(warning).finish())
}
