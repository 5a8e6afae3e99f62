//! What is not protected: passed on untouched and streamed both ways, over a connection that is kept.

use actix_web::{HttpRequest, HttpResponse, dev::Payload, http::Method};
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::time::timeout;

use super::{
    body::Outgoing,
    gate::Gate,
    headers::{self, Length},
    progress::Progress,
    reply,
    target::Target,
    upstream::{Unanswered, Upstream},
};
use crate::http::{code::Code, error::ApiError};

/// Passes `request` on, and the answer back.
pub async fn pass(gate: &Gate, request: &HttpRequest, payload: Payload) -> Result<HttpResponse, ApiError> {
    let length = Length::announced(request);
    let answer = match length {
        Length::None | Length::Known(0) => without_body(gate, request, length).await?,
        Length::Known(_) | Length::Chunked => with_body(gate, request, payload, length).await?,
    };
    Ok(reply::passed_on(request, answer)?)
}

async fn without_body(gate: &Gate, request: &HttpRequest, length: Length) -> Result<Response<Incoming>, ApiError> {
    let first = in_time(gate, gate.keeping(), outgoing(gate, request, length, Outgoing::Empty)?).await;
    match first {
        // The core may have closed a kept connection just then; what asks for nothing but a look may be asked again.
        Err(Unanswered::HungUp) if is_safe(request.method()) => {
            Ok(in_time(gate, gate.fresh(), outgoing(gate, request, length, Outgoing::Empty)?).await?)
        }
        other => Ok(other?),
    }
}

async fn with_body(
    gate: &Gate,
    request: &HttpRequest,
    payload: Payload,
    length: Length,
) -> Result<Response<Incoming>, ApiError> {
    let progress = Progress::begin();
    let announced = if let Length::Known(bytes) = length { Some(bytes) } else { None };
    let body = Outgoing::streamed(payload, announced, progress.clone());
    let request = outgoing(gate, request, length, body)?;
    let answer = tokio::select! {
        answer = gate.keeping().send(request) => answer,
        () = progress.stalled(gate.patience()) => Err(Unanswered::TimedOut),
    };
    if answer.is_err() && progress.is_broken_off() {
        return Err(ApiError::new(Code::JsonInvalid).hint("The body broke off, or took too long."));
    }
    Ok(answer?)
}

async fn in_time(
    gate: &Gate,
    upstream: &Upstream,
    request: Request<Outgoing>,
) -> Result<Response<Incoming>, Unanswered> {
    timeout(gate.patience(), upstream.send(request)).await.unwrap_or(Err(Unanswered::TimedOut))
}

/// The request as the bank core gets it.
pub fn outgoing(
    gate: &Gate,
    request: &HttpRequest,
    length: Length,
    body: Outgoing,
) -> Result<Request<Outgoing>, ApiError> {
    let mut outgoing = Request::new(body);
    *outgoing.method_mut() = method(request.method())?;
    *outgoing.uri_mut() = gate.place().locate(Target::of(request).path_and_query())?;
    *outgoing.headers_mut() = headers::to_core(request, gate.introduction(), length)?;
    Ok(outgoing)
}

fn method(method: &Method) -> Result<http::Method, ApiError> {
    http::Method::from_bytes(method.as_str().as_bytes()).map_err(|_| ApiError::new(Code::MethodInvalid))
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
