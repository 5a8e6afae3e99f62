//! The layer around a protected handler: reserve, run, settle.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    sync::Arc,
};

use actix_web::{
    Error, HttpMessage, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};

use super::{
    approved::Approved,
    back_channel::{BackChannel, Verdict},
    incoming::Incoming,
    operation::Operation,
    refusal::Refusal,
    reservation::Reservation,
};

/// The layer that [`Guard::protect`](super::Guard::protect) makes, for `Route::wrap` or `Resource::wrap`.
#[derive(Clone)]
pub struct Protection {
    pub(super) channel: Arc<BackChannel>,
    pub(super) operation: Operation,
}

impl<S, B> Transform<S, ServiceRequest> for Protection
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = Protected<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Protected { handler: Rc::new(service), protection: self.clone() }))
    }
}

/// A handler within its [`Protection`].
pub struct Protected<S> {
    handler: Rc<S>,
    protection: Protection,
}

impl<S, B> Service<ServiceRequest> for Protected<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(handler);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let (handler, protection) = (Rc::clone(&self.handler), self.protection.clone());
        Box::pin(async move {
            match protection.admit(&mut request).await {
                Ok(reservation) => run(&*handler, request, reservation).await,
                Err(refused) => Ok(request.into_response(refused).map_into_right_body()),
            }
        })
    }
}

impl Protection {
    /// Asks Tanager, and puts the body back where the handler reads it. `None`: no proof is required.
    async fn admit(&self, request: &mut ServiceRequest) -> Result<Option<Reservation>, HttpResponse> {
        let payload = request.take_payload();
        let incoming = Incoming::read(request.request(), payload, &self.operation).await;
        let Incoming { body, question } = incoming.map_err(|refusal| refusal.error_response())?;
        let request_id = request.headers().get("X-Request-Id").map(|id| id.as_bytes().to_vec());
        let reservation = match self.channel.reserve(question, request_id).await {
            Verdict::NotRequired => None,
            Verdict::Reserved(reservation) => Some(reservation),
            Verdict::Refused(relayed) => return Err(relayed.answer()),
            Verdict::Away => return Err(Refusal::Unavailable.error_response()),
        };
        request.set_payload(Payload::from(body));
        let approval = reservation.as_ref().and_then(Reservation::approval);
        request.extensions_mut().insert(approval.map_or(Approved::NotRequired, Approved::Proven));
        Ok(reservation)
    }
}

/// Runs the handler, and settles by the status that it ends with.
async fn run<S, B>(
    handler: &S,
    request: ServiceRequest,
    reservation: Option<Reservation>,
) -> Result<ServiceResponse<EitherBody<B>>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    // From here on the handler may have done something, so that dropping this future releases nothing.
    let begun = reservation.map(Reservation::begin);
    let ended = handler.call(request).await;
    let status = match &ended {
        Ok(reply) => reply.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    if let Some(begun) = begun {
        begun.settle(status).await;
    }
    ended.map(ServiceResponse::map_into_left_body)
}
