//! The listener that faces the world: the service's own routes, and behind everything else the bank core.

use std::{io, rc::Rc, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    guard::fn_guard,
    http::{
        ConnectionType, Method,
        header::{ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CONTENT_TYPE, HeaderValue},
    },
    web,
};
use tracing::Instrument;

use super::{
    forward,
    gate::{Gate, Shared},
    headers::Length,
    protected::{self, Answer},
    route::{Whose, is_the_services_own},
    target::Target,
    upgrade,
};
use crate::{
    http::{
        code::Code,
        error::ApiError,
        header_names::TAN_REQUIRED,
        metrics,
        middleware::cors,
        server::{Bound, bind_bare},
    },
    settings::Listen,
};

/// The route of what the bank core is asked, in metrics and logs.
const CORE: &str = "core";
/// The route of what is refused before anyone is asked.
const REFUSED: &str = "refused";
/// What passes; others would mirror what the gateway adds (TRACE) or make another proxy of it (CONNECT).
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

/// Binds the gateway's listener. `workers` threads serve it; `None`: one for each processor. Fails when the place is
/// taken.
pub fn bind(listen: &Listen, shared: Arc<Shared>, workers: Option<usize>) -> io::Result<Bound> {
    bind_bare(listen, workers, move |routes| configure(routes, &shared))
}

/// Mounts the service's own routes, and the bank core behind everything else. Runs on each worker's thread.
fn configure(routes: &mut web::ServiceConfig, shared: &Arc<Shared>) {
    let gate = Rc::new(Gate::new(Arc::clone(shared)));
    let own = web::scope("")
        // The router undoes escapes; whose a path is has been decided by its very bytes.
        .guard(fn_guard(|request| is_the_services_own(&Target::new(&request.head().uri))))
        .configure(|routes| shared.api.configure_for_the_world(routes))
        .default_service(web::to(|| async { ApiError::new(Code::EndpointUnknown).error_response() }))
        .wrap(cors(shared.origins.as_slice()))
        .wrap(shared.frame.clone());
    routes.service(own);
    routes.app_data(gate).default_service(web::to(at_the_gate));
}

async fn at_the_gate(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let Some(gate) = request.app_data::<Rc<Gate>>().map(Rc::clone) else {
        tracing::error!("this listener was given no gateway; the request was refused");
        return ApiError::new(Code::TemporarilyUnavailable).error_response();
    };
    let target = Target::of(&request);
    match gate.shared().routes.whose(request.method().as_str(), &target) {
        Whose::Core if is_mirror(&request) => own_reply(&gate, &request, method_refused()),
        Whose::Core if is_form(&request) && gate.shared().routes.could_be_protected_otherwise(&target) => {
            doubtful(&gate, &request)
        }
        Whose::Core => pass(&gate, &request, payload).await,
        Whose::Protected(operation, account) => {
            let seen = gate.shared().frame.enter(&request);
            let span = seen.span();
            let sent = protected::Sent { request: &request, operation, account, name: seen.id().clone() };
            let answer = protected::serve(&gate, sent, payload.into_inner()).instrument(span).await;
            match answer {
                Ok(Answer::Core(reply)) => seen.passed_on(operation.path.as_str(), reply),
                Ok(Answer::Own(reply)) => seen.answer(operation.path.as_str(), with_cors(&gate, &request, reply)),
                Err(error) => {
                    let reply = closing_if_unread(&request, with_cors(&gate, &request, error.error_response()));
                    seen.answer(operation.path.as_str(), reply)
                }
            }
        }
        Whose::Own => own_reply(&gate, &request, ApiError::new(Code::EndpointUnknown).error_response()),
        Whose::Denied => own_reply(&gate, &request, ApiError::new(Code::Forbidden).error_response()),
        Whose::Doubtful => doubtful(&gate, &request),
    }
}

fn doubtful(gate: &Gate, request: &HttpRequest) -> HttpResponse {
    let error = ApiError::malformed("path", "must be spelled in the normal form of the route that it resembles");
    own_reply(gate, request, error.error_response())
}

/// Whether some frameworks would look for another method in the body (`_method=DELETE`): in a form's, and in one that is
/// said to be nothing else.
fn is_form(request: &HttpRequest) -> bool {
    let has_body = !matches!(Length::announced(request), Length::None | Length::Known(0));
    let mut said = request.headers().get_all(CONTENT_TYPE).peekable();
    let names_a_form = |value: &HeaderValue| {
        let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        text.contains("form") || text.contains("multipart")
    };
    request.method() == Method::POST && has_body && (said.peek().is_none() || said.any(names_a_form))
}

/// What is not protected.
async fn pass(gate: &Gate, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
    let since = tokio::time::Instant::now();
    let passed = if upgrade::is_raw(request) {
        upgrade::tunnel(gate, request, payload.into_inner()).await
    } else {
        forward::pass(gate, request, payload.into_inner()).await
    };
    match passed {
        Ok(mut reply) => {
            widen(gate, request, &mut reply);
            metrics::record_passed(request.method(), CORE, reply.status(), since.elapsed());
            reply
        }
        Err(error) => own_reply(gate, request, error.error_response()),
    }
}

/// A reply of the gateway's own: with our headers, a line in the log and a count.
fn own_reply(gate: &Gate, request: &HttpRequest, reply: HttpResponse) -> HttpResponse {
    let seen = gate.shared().frame.enter(request);
    seen.answer(REFUSED, closing_if_unread(request, with_cors(gate, request, reply)))
}

/// Ends the connection of a request that was refused and has a body: whether all of it has come already is chance, and
/// nothing may be told by that.
fn closing_if_unread(request: &HttpRequest, mut reply: HttpResponse) -> HttpResponse {
    let has_body = !matches!(Length::announced(request), Length::None | Length::Known(0));
    // The one refusal that is a step of every approval, and always made of the whole body.
    let was_read = reply.headers().contains_key(TAN_REQUIRED);
    if upgrade::is_raw(request) || (has_body && !was_read) {
        reply.head_mut().set_connection_type(ConnectionType::Close);
    }
    reply
}

fn with_cors(gate: &Gate, request: &HttpRequest, mut reply: HttpResponse) -> HttpResponse {
    gate.shared().origins.allow(request.headers(), reply.headers_mut());
    reply
}

/// The answer to a pre-flight request for a protected route is the bank core's, and says besides what the gateway reads.
fn widen(gate: &Gate, request: &HttpRequest, reply: &mut HttpResponse) {
    if request.method() != Method::OPTIONS || !reply.status().is_success() {
        return;
    }
    let Some(asked) = request.headers().get(ACCESS_CONTROL_REQUEST_METHOD) else { return };
    let asked = asked.to_str().unwrap_or_default();
    if gate.shared().routes.is_protected(asked, &Target::of(request)) {
        gate.shared().origins.widen(reply.headers_mut());
    }
}

fn is_mirror(request: &HttpRequest) -> bool {
    matches!(*request.method(), Method::CONNECT | Method::TRACE)
}

fn method_refused() -> HttpResponse {
    let mut reply = ApiError::new(Code::MethodInvalid).error_response();
    reply.headers_mut().insert(ALLOW, METHODS);
    reply
}
