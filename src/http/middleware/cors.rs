//! Which pages of a browser may call (`api.md` section 1).

use actix_cors::Cors;
use actix_web::http::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
};

use crate::http::header_names::{IDEMPOTENCY_KEY, TALER_CHALLENGE_IDS, TAN_REQUIRED, TAN_TOKEN, X_REQUEST_ID};

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
        .expose_headers([RETRY_AFTER, X_REQUEST_ID, TAN_REQUIRED])
        .max_age(PREFLIGHT_KEPT)
}
