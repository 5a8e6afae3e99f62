//! The bank core's reply as it goes on to the client: its status, its headers but those of the connection, its body.

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, BoxBody},
    http::{StatusCode, Version},
};
use http::{Response, header::CONTENT_LENGTH};
use http_body::Body;
use hyper::body::Incoming;

use super::{body::Reply, headers, upstream::Unanswered};

/// The reply to `request`. A switch of protocols that nobody asked for is no answer.
pub fn passed_on(request: &HttpRequest, answer: Response<Incoming>) -> Result<HttpResponse, Unanswered> {
    let (head, body) = answer.into_parts();
    let status = StatusCode::from_u16(head.status.as_u16()).map_err(|_| Unanswered::HungUp)?;
    if status.is_informational() {
        return Err(Unanswered::HungUp);
    }
    let is_head = request.method() == actix_web::http::Method::HEAD;
    let size = if is_head || matches!(status.as_u16(), 204 | 304) {
        // A reply without a body may still tell how long one would be.
        announced(&head.headers).filter(|_| is_head).map_or(BodySize::None, BodySize::Sized)
    } else {
        body.size_hint().exact().map_or(BodySize::Stream, BodySize::Sized)
    };
    let mut reply = HttpResponse::new(status).set_body(BoxBody::new(Reply::new(body, size)));
    headers::to_client(&head.headers, reply.headers_mut());
    if size == BodySize::Stream && request.version() < Version::HTTP_11 {
        // An old client reads to the end of the connection: it knows no chunks.
        reply.head_mut().no_chunking(true);
        reply.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    }
    Ok(reply)
}

fn announced(headers: &http::HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}
