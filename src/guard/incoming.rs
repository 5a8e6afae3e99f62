//! The customer's request as it came: the token in its header, and the bytes of its body.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap},
    web::{Bytes, BytesMut},
};
use data_encoding::HEXLOWER;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{operation::Operation, refusal::Refusal, wire};

/// How long a body may take to come.
const BODY_WITHIN: Duration = Duration::from_secs(20);
const TAN_TOKEN: &str = "TAN-Token";

/// The body, and what Tanager is to be asked about the request. No `Debug`: it holds a token.
pub struct Incoming {
    /// The body, byte for byte.
    pub body: Bytes,
    /// A [`wire::Reserve`] in JSON.
    pub question: Vec<u8>,
}

impl Incoming {
    /// Reads what has to be known before Tanager is asked.
    pub async fn read(request: &HttpRequest, payload: Payload, operation: &Operation) -> Result<Self, Refusal> {
        let token = token(request.headers())?;
        announced(request.headers(), operation.largest_body)?;
        let body = timeout(BODY_WITHIN, collect(payload, operation.largest_body)).await;
        let body = body.map_err(|_| Refusal::BodyBroken)??;
        let question = question(request, &body, token.as_deref().map(String::as_str), operation)?;
        Ok(Self { body, question })
    }
}

fn question(
    request: &HttpRequest,
    body: &[u8],
    tan_token: Option<&str>,
    operation: &Operation,
) -> Result<Vec<u8>, Refusal> {
    let username = (operation.username)(request).ok_or_else(|| {
        tracing::error!("a protected route names no account; the request was refused");
        Refusal::Unavailable
    })?;
    let summary = match operation.summary {
        Some(summary) => Some(summary(request, body).ok_or(Refusal::NotShown)?),
        None => None,
    };
    let asked = wire::Reserve {
        username: &username,
        operation: wire::Request {
            method: request.method().as_str(),
            path: request.uri().path_and_query().map_or("", |target| target.as_str()),
            body_sha256: &HEXLOWER.encode(&Sha256::digest(body)),
            summary: summary.as_deref(),
        },
        tan_token,
        assurance: operation.assurance,
        strength: operation.strength,
        enrolled: operation.enrolled,
        idempotent: operation.idempotent,
    };
    serde_json::to_vec(&asked).map_err(|_| Refusal::Unavailable)
}

/// The one token; its form is Tanager's to judge.
fn token(headers: &HeaderMap) -> Result<Option<Zeroizing<String>>, Refusal> {
    let mut values = headers.get_all(TAN_TOKEN);
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().map_err(|_| Refusal::TokenHeader)?.trim(),
        (Some(_), Some(_)) => return Err(Refusal::TokenHeader),
    };
    if value.is_empty() || value.contains(',') {
        return Err(Refusal::TokenHeader);
    }
    Ok(Some(Zeroizing::new(value.to_owned())))
}

/// What the headers already say of the body: an encoding, or a length beyond the bound.
fn announced(headers: &HeaderMap, bound: usize) -> Result<(), Refusal> {
    let identity = |text: &str| text.split(',').all(|coding| coding.trim().eq_ignore_ascii_case("identity"));
    if !headers.get_all(CONTENT_ENCODING).all(|value| value.to_str().is_ok_and(identity)) {
        return Err(Refusal::BodyEncoded);
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    if length.is_some_and(|length: usize| length > bound) { Err(Refusal::BodyTooLarge) } else { Ok(()) }
}

async fn collect(mut payload: Payload, bound: usize) -> Result<Bytes, Refusal> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Refusal::BodyBroken)?;
        if body.len().saturating_add(chunk.len()) > bound {
            return Err(Refusal::BodyTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
