//! The last look at a reply: an error that a library made gets our body, every reply its headers, the log its line.

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::ServiceResponse,
    http::{
        Method, StatusCode,
        header::{ALLOW, CACHE_CONTROL, HeaderMap, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS},
    },
};
use tokio::time::Instant;
use tracing::{Span, field};

use super::request_id::RequestId;
use crate::http::{
    code::Code,
    error::{Answered, ApiError},
    header_names::X_REQUEST_ID,
    metrics,
};

/// The route of a request that matched none: never its path, which may hold names.
const UNMATCHED: &str = "unmatched";

/// What is remembered of a request until it is answered.
pub struct Seen {
    method: Method,
    id: RequestId,
    since: Instant,
    span: Span,
}

impl Seen {
    pub(super) fn begin(method: &Method, id: RequestId) -> Self {
        let span = tracing::info_span!(
            "http.request",
            request.id = id.as_str(),
            http.method = method_name(method),
            http.route = field::Empty,
            http.status = field::Empty,
            http.code = field::Empty,
            http.duration_us = field::Empty,
        );
        Self { method: method.clone(), id, since: Instant::now(), span }
    }

    /// The span of the request.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// The name of the request.
    #[must_use]
    pub const fn id(&self) -> &RequestId {
        &self.id
    }

    /// A reply of ours as it leaves, outside of any service; `route` is a pattern, never a path.
    #[must_use]
    pub fn answer(&self, route: &str, reply: HttpResponse) -> HttpResponse {
        let reply = self.dressed(reply);
        self.record(route, &reply);
        reply
    }

    /// A reply that another made and that leaves as it is: it is noted and not touched.
    #[must_use]
    pub fn passed_on(&self, route: &str, reply: HttpResponse) -> HttpResponse {
        self.record(route, &reply);
        reply
    }

    /// The reply as it leaves.
    pub(super) fn dress<B: MessageBody + 'static>(&self, reply: ServiceResponse<B>) -> ServiceResponse<BoxBody> {
        let (request, reply) = reply.into_parts();
        let reply = self.dressed(reply.map_into_boxed_body());
        let route = request.match_pattern();
        self.record(route.as_deref().unwrap_or(UNMATCHED), &reply);
        ServiceResponse::new(request, reply)
    }

    /// The same for an error that a layer let through instead of answering it.
    pub(super) fn dress_error(&self, mut error: Error) -> Error {
        let (method, id) = (self.method.clone(), self.id.clone());
        error.add_response_mapper(move |reply| dressed(&method, &id, reply));
        self.record(UNMATCHED, &error.error_response());
        error
    }

    fn dressed(&self, reply: HttpResponse) -> HttpResponse {
        dressed(&self.method, &self.id, reply)
    }

    fn record(&self, route: &str, reply: &HttpResponse) {
        let (status, elapsed) = (reply.status().as_u16(), self.since.elapsed());
        self.span.record("http.route", route);
        self.span.record("http.status", status);
        self.span.record("http.duration_us", u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX));
        if let Some(Answered(code)) = answered(reply) {
            self.span.record("http.code", code.number());
        }
        self.span.in_scope(|| tracing::info!("A request was answered."));
        metrics::record_request(method_name(&self.method), route, status, elapsed);
    }
}

fn dressed(method: &Method, id: &RequestId, reply: HttpResponse) -> HttpResponse {
    let mut reply = match replacement(method, &reply) {
        Some(mut ours) => {
            keep_cors(reply.headers(), ours.headers_mut());
            ours
        }
        None => reply,
    };
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(id) = id.header() {
        headers.insert(X_REQUEST_ID, id);
    }
    reply
}

fn answered(reply: &HttpResponse) -> Option<Answered> {
    reply.extensions().get::<Answered>().copied()
}

/// Our own reply in place of one that a library made; `None` for one that may leave as it is.
fn replacement(method: &Method, reply: &HttpResponse) -> Option<HttpResponse> {
    if answered(reply).is_some() || reply.status().as_u16() < 400 {
        return None;
    }
    if reply.status() != StatusCode::METHOD_NOT_ALLOWED {
        return Some(ApiError::new(code_of(method, reply.status())).error_response());
    }
    let mut ours = if method == Method::OPTIONS {
        HttpResponse::NoContent().finish()
    } else {
        ApiError::new(Code::MethodInvalid).error_response()
    };
    ours.headers_mut().insert(ALLOW, allowed(reply.headers()));
    Some(ours)
}

/// The row of the table that is nearest to a status of a library's.
fn code_of(method: &Method, status: StatusCode) -> Code {
    match status {
        // The one 400 on OPTIONS is a pre-flight request that CORS refuses.
        StatusCode::BAD_REQUEST if method == Method::OPTIONS => Code::Forbidden,
        StatusCode::UNAUTHORIZED => Code::Unauthorized,
        StatusCode::FORBIDDEN => Code::Forbidden,
        StatusCode::NOT_FOUND => Code::EndpointUnknown,
        StatusCode::PAYLOAD_TOO_LARGE => Code::UploadExceedsLimit,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::CompressionInvalid,
        other if other.is_client_error() => Code::ParameterMalformed,
        _ => Code::TemporarilyUnavailable,
    }
}

/// What the router says is allowed, each once, and OPTIONS, which is answered everywhere.
fn allowed(headers: &HeaderMap) -> HeaderValue {
    let said: Vec<&str> = headers.get_all(ALLOW).filter_map(|value| value.to_str().ok()).collect();
    let mut methods: Vec<&str> = Vec::new();
    for method in said.iter().flat_map(|list| list.split(',')).map(str::trim).chain(["OPTIONS"]) {
        if !method.is_empty() && !methods.contains(&method) {
            methods.push(method);
        }
    }
    HeaderValue::from_str(&methods.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

/// A browser reads an error only with the CORS headers that the replaced reply had.
fn keep_cors(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        if name == VARY || name.as_str().starts_with("access-control-") {
            to.append(name.clone(), value.clone());
        }
    }
}

/// The method, if it is one of HTTP's own: others are free text of the caller's.
pub(in crate::http) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
