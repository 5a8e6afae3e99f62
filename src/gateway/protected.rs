//! A protected operation: read whole, named by its digest, cleared, sent once, and settled by what was seen of it.

use actix_web::{HttpRequest, HttpResponse, dev::Payload, web::Bytes};
use http::{HeaderName, HeaderValue, Request, Response, header::AUTHORIZATION};
use hyper::body::Incoming;
use tokio::time::timeout;

use super::{
    body::Outgoing,
    forward,
    gate::{Gate, Shared},
    headers::{Length, value_of},
    reply,
    target::Target,
    upgrade,
    upstream::Unanswered,
};
use crate::{
    domain::{
        operation::{OperationDigest, body_sha256},
        username::Username,
    },
    http::{body::ApiBody, code::Code, error::ApiError, middleware::RequestId},
    settings::Operation,
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_TAN_ACCOUNT: HeaderName = HeaderName::from_static("x-tan-account");
const X_TAN_CHALLENGE: HeaderName = HeaderName::from_static("x-tan-challenge");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request for a protected operation.
pub struct Sent<'a> {
    /// As it came.
    pub request: &'a HttpRequest,
    /// What it asks for.
    pub operation: &'a Operation,
    /// The account that its path names.
    pub account: Username,
    /// Its name, in logs and for the bank core.
    pub name: RequestId,
}

/// What was seen of one attempt at an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// No connection came about: it had certainly no effect.
    NeverReached,
    /// The bank core answered with this status.
    Answered(u16),
    /// The connection ended before a status line.
    HungUp,
    /// No status line came in time.
    TimedOut,
}

impl Attempt {
    /// What was seen, out of how sending ended.
    #[must_use]
    pub fn of(answer: &Result<Response<Incoming>, Unanswered>) -> Self {
        match answer {
            Ok(answer) => Self::Answered(answer.status().as_u16()),
            Err(Unanswered::NeverReached) => Self::NeverReached,
            Err(Unanswered::HungUp) => Self::HungUp,
            Err(Unanswered::TimedOut) => Self::TimedOut,
        }
    }
}

/// Serves a protected operation. An `Ok` is the bank core's reply, an error is ours.
pub async fn serve(gate: &Gate, sent: Sent<'_>, payload: Payload) -> Result<HttpResponse, ApiError> {
    if upgrade::is_raw(sent.request) {
        return Err(upgrade::refused());
    }
    let shared = gate.shared();
    let body = ApiBody::in_time(sent.request.headers(), payload, shared.largest_body).await?.into_raw();
    let target = Target::of(sent.request).path_and_query();
    let digest = OperationDigest::of(&sent.account, sent.request.method().as_str(), target, &body_sha256(&body));
    let cleared = clear(gate, &sent, &digest)?;
    let request = outgoing(gate, &sent, body, &cleared)?;
    let answer = carry_out(shared, request).await?;
    Ok(reply::passed_on(sent.request, answer)?)
}

/// What an operation was cleared with.
struct Clearance {
    /// Where a one-shot token was used: the key of this attempt, and the challenge that it came of.
    proof: Option<(String, String)>,
}

/// Whether the operation may begin. This release clears none: what cannot be cleared is not passed on.
fn clear(_gate: &Gate, sent: &Sent<'_>, _digest: &OperationDigest) -> Result<Clearance, ApiError> {
    tracing::warn!(operation = sent.operation.name, "a protected operation was refused: none can be cleared");
    Err(ApiError::new(Code::TemporarilyUnavailable))
}

/// Sends the request to its end on the program's own threads: a client that hangs up leaves nothing half done.
async fn carry_out(
    shared: &std::sync::Arc<Shared>,
    request: Request<Outgoing>,
) -> Result<Response<Incoming>, Unanswered> {
    let own = std::sync::Arc::clone(shared);
    let task = shared.runtime.spawn(async move {
        let answer = timeout(own.patience, own.operations.send(request)).await;
        let answer = answer.unwrap_or(Err(Unanswered::TimedOut));
        tracing::debug!(attempt = ?Attempt::of(&answer), "an operation was sent");
        answer
    });
    task.await.unwrap_or(Err(Unanswered::HungUp))
}

fn outgoing(gate: &Gate, sent: &Sent<'_>, body: Bytes, cleared: &Clearance) -> Result<Request<Outgoing>, ApiError> {
    let length = match Length::announced(sent.request) {
        Length::None => Length::None,
        Length::Known(_) | Length::Chunked => Length::Known(u64::try_from(body.len()).unwrap_or(u64::MAX)),
    };
    let mut request = forward::outgoing(gate, sent.request, length, Outgoing::whole(body))?;
    let headers = request.headers_mut();
    headers.insert(X_REQUEST_ID, value_of(sent.name.as_str().as_bytes())?);
    headers.insert(X_TAN_ACCOUNT, value_of(sent.account.as_str().as_bytes())?);
    if let Some((key, challenge)) = &cleared.proof {
        headers.insert(IDEMPOTENCY_KEY, value_of(key.as_bytes())?);
        headers.insert(X_TAN_CHALLENGE, value_of(challenge.as_bytes())?);
    }
    if let Some(credential) = &gate.shared().credential {
        headers.insert(AUTHORIZATION, HeaderValue::clone(credential));
    }
    Ok(request)
}
