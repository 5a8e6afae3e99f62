//! Which pages of a browser may call (`api.md` section 1).

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::http::{
    Method,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION,
        CONTENT_TYPE, HeaderMap, HeaderValue, ORIGIN, RETRY_AFTER, VARY,
    },
};

use crate::http::header_names::{
    IDEMPOTENCY_KEY, TALER_CHALLENGE_IDS, TAN_REQUIRED, TAN_TOKEN, TAN_WARNING, X_REQUEST_ID,
};

/// How long a browser may keep the answer to a pre-flight request, in seconds.
const PREFLIGHT_KEPT: usize = 600;

/// CORS for pages of `allowed_origins`, each written as a browser sends it: `https://bank.example`. Cookies play no part.
/// A request from elsewhere is answered without the headers that would let its page read the answer.
pub fn cors(allowed_origins: &[String]) -> Cors {
    let allowed: Vec<Box<[u8]>> = allowed_origins.iter().map(|origin| origin.as_bytes().into()).collect();
    Cors::default()
        .allowed_origin_fn(move |origin, _| allowed.iter().any(|one| **one == *origin.as_bytes()))
        .allowed_methods([Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE, TAN_TOKEN, TALER_CHALLENGE_IDS, IDEMPOTENCY_KEY])
        .expose_headers([RETRY_AFTER, X_REQUEST_ID, TAN_REQUIRED, TAN_WARNING])
        .max_age(PREFLIGHT_KEPT)
}

/// The same for replies that go through no layer: those that the gateway makes on the bank core's routes, whose
/// pre-flight requests are the core's to answer.
#[derive(Clone, Debug)]
pub struct Origins(Arc<[String]>);

/// What a page may read of our replies.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after, x-request-id, tan-required, tan-warning");
/// What a page may send to a protected route besides what the bank core allows.
const ALLOWED: HeaderValue = HeaderValue::from_static("tan-token, taler-challenge-ids, idempotency-key");

impl Origins {
    /// Origins, each written as a browser sends it.
    pub fn new(origins: impl IntoIterator<Item = String>) -> Self {
        Self(origins.into_iter().collect())
    }

    /// The origins.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Lets the page that made a request read a reply of ours, if it is of an allowed origin.
    pub fn allow(&self, request: &HeaderMap, reply: &mut HeaderMap) {
        reply.append(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = request.get(ORIGIN) else { return };
        if self.0.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()) {
            reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            reply.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    /// Adds our headers to the bank core's answer to a pre-flight request.
    pub fn widen(&self, reply: &mut HeaderMap) {
        reply.append(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED);
        reply.append(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}
