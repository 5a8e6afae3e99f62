//! The body of a request as it came, bounded, byte for byte: the digest of an operation is over these bytes.
//!
//! It is read as JSON only when a handler asks, after the caller has been authenticated.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap},
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::{code::Code, error::ApiError, json::Body};
use crate::domain::limits::Limits;

/// How long a body may take to come: who sends a byte now and then holds nothing for long.
const BODY_WITHIN: Duration = Duration::from_secs(20);

/// The largest body that is read, in bytes: `limits.api_body`. Handed in with `App::app_data`.
#[derive(Clone, Copy, Debug)]
pub struct BodyBound(pub usize);

impl Default for BodyBound {
    fn default() -> Self {
        Self(Limits::default().api_body)
    }
}

/// A request's body. Extracting it fails with 413/32 when it is larger than [`BodyBound`] and with 415/28 when it has a
/// `Content-Encoding`. No `Debug`: it may carry a TAN.
pub struct ApiBody {
    raw: Bytes,
}

impl ApiBody {
    /// What a request without a body has.
    #[must_use]
    pub const fn none() -> Self {
        Self { raw: Bytes::new() }
    }

    /// The bytes that were sent.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The bytes that were sent, to be sent on.
    #[must_use]
    pub fn into_raw(self) -> Bytes {
        self.raw
    }

    /// Reads a body of at most `bound` bytes: 413/32 when it is larger, 415/28 when it has a `Content-Encoding`, 400/22
    /// when it breaks off or takes too long.
    pub async fn in_time(headers: &HeaderMap, payload: Payload, bound: usize) -> Result<Self, ApiError> {
        announced(headers, bound)?;
        match timeout(BODY_WITHIN, read(payload, bound)).await {
            Ok(raw) => Ok(Self { raw: raw? }),
            Err(_) => Err(ApiError::new(Code::JsonInvalid).detail("the body took too long")),
        }
    }

    /// The body as a JSON object; 400/22 when it is none.
    pub fn object(&self) -> Result<Body, ApiError> {
        Body::parse(&self.raw)
    }

    /// The same where every member is optional: no body at all is an object without members.
    pub fn object_or_nothing(&self) -> Result<Body, ApiError> {
        if self.raw.is_empty() { Ok(Body::empty()) } else { self.object() }
    }
}

impl FromRequest for ApiBody {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bound = request.app_data::<BodyBound>().copied().unwrap_or_default().0;
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Self::in_time(request.headers(), payload, bound).await })
    }
}

/// What the headers already say: an encoding, or a length beyond `bound`.
fn announced(headers: &HeaderMap, bound: usize) -> Result<(), ApiError> {
    let identity = |text: &str| text.split(',').all(|coding| coding.trim().eq_ignore_ascii_case("identity"));
    if !headers.get_all(CONTENT_ENCODING).all(|value| value.to_str().is_ok_and(identity)) {
        return Err(ApiError::new(Code::CompressionInvalid));
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    if length.is_some_and(|length: usize| length > bound) { Err(too_large(bound)) } else { Ok(()) }
}

async fn read(mut payload: Payload, bound: usize) -> Result<Bytes, ApiError> {
    let mut raw = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ApiError::new(Code::JsonInvalid).detail("the body broke off"))?;
        if raw.len().saturating_add(chunk.len()) > bound {
            return Err(too_large(bound));
        }
        raw.extend_from_slice(&chunk);
    }
    Ok(raw.freeze())
}

fn too_large(bound: usize) -> ApiError {
    ApiError::new(Code::UploadExceedsLimit).hint(format!("The body is larger than {bound} bytes."))
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest, error::PayloadError, test::TestRequest};
    use futures_util::stream;

    use super::*;

    const BOUND: usize = 16;

    async fn extract(request: TestRequest) -> Result<ApiBody, ApiError> {
        let (request, mut payload) = request.app_data(BodyBound(BOUND)).to_http_parts();
        ApiBody::from_request(&request, &mut payload).await
    }

    fn code<T>(outcome: Result<T, ApiError>) -> u16 {
        outcome.err().map_or(0, |error| error.code().number())
    }

    #[actix_web::test]
    async fn the_bytes_are_kept_as_they_came() {
        let body = extract(TestRequest::post().set_payload(" {\"a\" : 1}\n")).await.ok().unwrap();
        assert_eq!(body.raw(), b" {\"a\" : 1}\n");
        assert!(body.object().is_ok());
    }

    #[actix_web::test]
    async fn no_body_is_an_object_only_where_every_member_is_optional() {
        let body = extract(TestRequest::post()).await.ok().unwrap();
        assert_eq!(code(body.object()), 22);
        assert!(body.object_or_nothing().is_ok());
        let blank = extract(TestRequest::post().set_payload(" ")).await.ok().unwrap();
        assert_eq!(code(blank.object_or_nothing()), 22);
    }

    #[actix_web::test]
    async fn a_body_beyond_the_bound_is_refused_announced_or_not() {
        assert!(extract(TestRequest::post().set_payload("x".repeat(BOUND))).await.is_ok());
        assert_eq!(code(extract(TestRequest::post().set_payload("x".repeat(BOUND + 1))).await), 32);
        assert_eq!(code(extract(TestRequest::post().insert_header((CONTENT_LENGTH, "17"))).await), 32);
    }

    #[actix_web::test]
    async fn an_encoded_body_is_refused() {
        for coding in ["gzip", "identity, gzip", "br", "", "x"] {
            let request = TestRequest::post().insert_header((CONTENT_ENCODING, coding)).set_payload("{}");
            assert_eq!(code(extract(request).await), 28, "{coding:?}");
        }
        let request = TestRequest::post().insert_header((CONTENT_ENCODING, "Identity")).set_payload("{}");
        assert!(extract(request).await.is_ok());
    }

    #[actix_web::test]
    async fn a_body_that_breaks_off_is_no_json() {
        let chunks = stream::iter([Ok(Bytes::from_static(b"{}")), Err(PayloadError::Incomplete(None))]);
        let boxed: Pin<Box<dyn stream::Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(chunks);
        let payload = Payload::Stream { payload: boxed };
        assert_eq!(code(read(payload, BOUND).await), 22);
    }
}
