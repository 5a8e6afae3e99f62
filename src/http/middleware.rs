//! What every request and every reply have in common: a request id, no caching, our body on every error, a span, a count.
//!
//! The order is `App::new().wrap(cors(&origins)).wrap(Frame::new(ids))`: the last one wrapped is the outermost, so that
//! what CORS refuses gets our body as well. Neither looks into a body, and nothing of a query or a header is logged.

mod cors;
pub(super) mod dress;
mod request_id;

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    sync::Arc,
};

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use tracing::Instrument;

pub use self::{
    cors::{Origins, cors},
    dress::Seen,
    request_id::{RequestId, RequestIds},
};

/// The outermost layer of a listener of this service.
#[derive(Clone)]
pub struct Frame {
    ids: Arc<RequestIds>,
}

impl Frame {
    /// A layer that names requests out of `ids`.
    #[must_use]
    pub const fn new(ids: Arc<RequestIds>) -> Self {
        Self { ids }
    }

    /// What the layer does of a request that goes through no service of ours: names it, and gives it a span. Whoever
    /// calls this tells how it ended.
    #[must_use]
    pub fn enter(&self, request: &HttpRequest) -> Seen {
        Seen::begin(request.method(), self.ids.name(request.headers()))
    }
}

impl<S, B> Transform<S, ServiceRequest> for Frame
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Framed<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Framed { service, ids: Arc::clone(&self.ids) }))
    }
}

/// A service within its [`Frame`].
pub struct Framed<S> {
    service: S,
    ids: Arc<RequestIds>,
}

impl<S, B> Service<ServiceRequest> for Framed<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let id = self.ids.name(request.headers());
        request.extensions_mut().insert(id.clone());
        let seen = Rc::new(Seen::begin(request.method(), id));
        let span = seen.span();
        let answer = span.in_scope(|| self.service.call(request));
        Box::pin(
            async move { answer.await.map(|reply| seen.dress(reply)).map_err(|error| seen.dress_error(error)) }
                .instrument(span),
        )
    }
}

#[cfg(test)]
mod served_tests;
#[cfg(test)]
mod tests;
