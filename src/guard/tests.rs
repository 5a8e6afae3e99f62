//! A bank core with a guard, in front of a Tanager that is a stub: who is called, when, with what, and what is not done.

mod refusing;
mod settling;
mod stub;

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::Mutex,
    time::Duration,
};

use actix_web::{
    App, Error, HttpRequest, HttpResponse, HttpServer,
    dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse},
    http::{StatusCode, header::HeaderMap},
    test::{TestRequest, init_service},
    web,
};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stub::{Said, Stub, TOKEN, granted, guard};
use tokio::sync::Notify;

use super::{Approved, Guard, GuardError, GuardSettings, Operation, ServiceToken, Strength};

/// What the handlers of the bank core under test saw.
#[derive(Default)]
struct Seen {
    bodies: Mutex<Vec<Vec<u8>>>,
    approvals: Mutex<Vec<Approved>>,
    begun: Notify,
}

impl Seen {
    fn runs(&self) -> usize {
        self.bodies.lock().unwrap().len()
    }
}

/// Does what the path's last segment says: a status, `panic`, or `wait` for ever.
async fn handler(
    approved: Approved,
    path: web::Path<(String, String)>,
    body: web::Bytes,
    seen: web::Data<Seen>,
) -> HttpResponse {
    seen.bodies.lock().unwrap().push(body.to_vec());
    seen.approvals.lock().unwrap().push(approved);
    seen.begun.notify_one();
    match path.1.as_str() {
        "panic" => panic!("a handler that panics"),
        "wait" => std::future::pending().await,
        status => HttpResponse::build(StatusCode::from_bytes(status.as_bytes()).unwrap()).body("done"),
    }
}

fn summary(_: &HttpRequest, body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(format!("Transfer {}", body["amount"].as_str()?))
}

fn operation() -> Operation {
    Operation { largest_body: 64, ..Operation::token() }
}

/// A bank core of one resource: POST is protected, GET is not.
fn core(
    guard: &Guard,
    operation: Operation,
    seen: &web::Data<Seen>,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()> + use<>,
> {
    let protected = web::post().to(handler).wrap(guard.protect(operation));
    let open = web::get().to(|| async { HttpResponse::Ok().body("open") });
    let resource = web::resource("/accounts/{username}/{does}").route(open).route(protected);
    App::new().app_data(seen.clone()).service(resource)
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn error(&self) -> (u16, u64) {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        (self.status, body["code"].as_u64().unwrap())
    }
}

/// One request to a bank core of its own.
async fn ask(guard: &Guard, operation: Operation, seen: &web::Data<Seen>, request: TestRequest) -> Answer {
    let core = init_service(core(guard, operation, seen)).await;
    let reply = core.call(request.to_request()).await.unwrap();
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    let body = actix_web::body::to_bytes(reply.into_body()).await.ok().unwrap().to_vec();
    Answer { status, headers, body }
}

fn post(path: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header(("TAN-Token", "tan_abc"))
}

#[actix_web::test]
async fn the_token_is_reserved_for_exactly_this_request_before_the_handler_runs() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let strict = Operation {
        strength: Strength::Possession,
        enrolled: true,
        idempotent: true,
        largest_body: 64,
        ..Operation::bound(summary)
    };
    let request = post("/accounts/alice/200?x=%2F1").insert_header(("X-Request-Id", "q-1"));
    let answer = ask(&stub.guard(), strict, &seen, request.set_payload(r#"{"amount": "EUR:120.00"}"#)).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"done"[..]));
    let call = &stub.calls()[0];
    assert_eq!((call.verb.as_str(), call.path.as_str()), ("POST", "/tokens/reserve"));
    assert_eq!((call.authorization.as_str(), call.request_id.as_str()), (format!("Bearer {TOKEN}").as_str(), "q-1"));
    let expected = json!({
        "username": "alice",
        "operation": {
            "method": "POST",
            "path": "/accounts/alice/200?x=%2F1",
            "body_sha256": "23496ba1202cd4fa2754a366d966206ca5681c6a0918c38a1b25f0b536ea4082",
            "summary": "Transfer EUR:120.00",
        },
        "tan_token": "tan_abc",
        "assurance": "bound",
        "strength": "possession",
        "enrolled": true,
        "idempotent": true,
    });
    assert_eq!(call.body, expected);
}

#[actix_web::test]
async fn the_bodys_hash_is_that_of_the_published_vectors() {
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
    for vector in vectors["operation_digest"].as_array().unwrap() {
        let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
        let body = HEXLOWER.decode(vector["body_hex"].as_str().unwrap().as_bytes()).unwrap();
        let large = Operation { largest_body: 1024, ..Operation::token() };
        ask(&stub.guard(), large, &seen, post("/accounts/alice/200").set_payload(body.clone())).await;
        let sent = stub.calls()[0].body["operation"]["body_sha256"].as_str().unwrap().to_owned();
        assert_eq!(digest_of(vector, &sent), vector["digest"]);
        assert_eq!(*seen.bodies.lock().unwrap(), [body], "the body reaches the handler unchanged");
    }
}

/// The digest of the operation by the contract's formula, out of the body's hash that was sent.
fn digest_of(vector: &Value, body_sha256: &str) -> String {
    let mut message = b"tanager-operation-v1\0".to_vec();
    let texts = ["username", "method", "path_and_query"].map(|name| vector[name].as_str().unwrap().as_bytes().to_vec());
    for part in texts.into_iter().chain([HEXLOWER.decode(body_sha256.as_bytes()).unwrap()]) {
        message.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
        message.extend(part);
    }
    HEXLOWER.encode(&Sha256::digest(&message))
}

#[actix_web::test]
async fn what_is_not_asked_for_is_said_too_and_what_is_absent_is_not() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    ask(&stub.guard(), operation(), &seen, TestRequest::post().uri("/accounts/alice/200")).await;
    let body = stub.calls()[0].body.clone();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let expected = json!({
        "username": "alice",
        "operation": {"method": "POST", "path": "/accounts/alice/200", "body_sha256": empty},
        "assurance": "token",
        "strength": "inform",
        "enrolled": false,
        "idempotent": false,
    });
    assert_eq!(body, expected);
}

#[actix_web::test]
async fn the_handler_learns_of_the_proof() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    ask(&stub.guard(), operation(), &seen, post("/accounts/alice/200")).await;
    let approved = seen.approvals.lock().unwrap().remove(0);
    let approval = approved.approval().unwrap();
    assert_eq!((approval.reservation_id.as_str(), approval.challenge_id.as_str()), ("r-1", "c-1"));
    assert_eq!((approval.idempotency_key.as_str(), approval.bound), ("k-1", true));
}

#[actix_web::test]
async fn an_account_that_needs_no_proof_passes_and_nothing_is_settled() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    stub.say("reserve", Said { status: 200, headers: Vec::new(), body: r#"{"required": false}"#.to_owned() });
    assert_eq!(ask(&stub.guard(), operation(), &seen, post("/accounts/alice/200")).await.status, 200);
    assert_eq!(*seen.approvals.lock().unwrap(), [Approved::NotRequired]);
    assert_eq!(stub.ends(), ["reserve"]);
}

#[actix_web::test]
async fn another_method_of_the_resource_is_not_protected() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let answer = ask(&stub.guard(), operation(), &seen, TestRequest::get().uri("/accounts/alice/200")).await;
    assert_eq!((answer.status, stub.calls().len()), (200, 0));
}

#[actix_web::test]
async fn whose_account_it_is_may_stand_elsewhere_and_must_stand_somewhere() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let by_header = Operation {
        username: |request| Some(request.headers().get("X-Account")?.to_str().ok()?.to_owned()),
        ..operation()
    };
    let named = post("/accounts/alice/200").insert_header(("X-Account", "bob"));
    assert_eq!(ask(&stub.guard(), by_header, &seen, named).await.status, 200);
    assert_eq!(stub.calls()[0].body["username"], "bob");
    assert_eq!(ask(&stub.guard(), by_header, &seen, post("/accounts/alice/200")).await.error(), (503, 10090));
    assert_eq!(seen.runs(), 1);
}

#[actix_web::test]
async fn a_handler_that_asks_for_an_approval_does_not_run_without_a_guard() {
    let seen = web::Data::new(Seen::default());
    let route = web::resource("/accounts/{username}/{does}").route(web::post().to(handler));
    let core = init_service(App::new().app_data(seen.clone()).service(route)).await;
    let reply = core.call(post("/accounts/alice/200").to_request()).await.unwrap();
    assert_eq!((reply.status().as_u16(), seen.runs()), (503, 0));
}

#[test]
fn settings_that_cannot_be_called_with_are_refused_at_the_start() {
    let made = |url: &str| Guard::new(&GuardSettings::new(url, ServiceToken::parse(TOKEN).unwrap())).map(|_| ());
    for url in ["", "tanager", "ftp://tanager", "unix:/run/t.sock", "http://tanager/?a=b", "http://tanager/#a"] {
        assert!(matches!(made(url), Err(GuardError::Address)), "{url}");
    }
    for url in ["http://127.0.0.1:9967", "http://tanager/", "http://tanager/below"] {
        assert!(made(url).is_ok(), "{url}");
    }
    for token in ["", "secret-token:", "abc", "secret-token:a b", "secret-token:ä"] {
        assert!(matches!(ServiceToken::parse(token), Err(GuardError::Token)), "{token}");
    }
    let never = GuardSettings {
        timeout: Duration::ZERO,
        ..GuardSettings::new("http://t", ServiceToken::parse(TOKEN).unwrap())
    };
    assert!(matches!(Guard::new(&never), Err(GuardError::Timeout)));
}

#[actix_web::test]
async fn over_a_real_connection_a_body_in_pieces_reaches_the_handler_whole() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let (guard, shared) = (stub.guard(), seen.clone());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/accounts/alice/200", listener.local_addr().unwrap());
    let server = HttpServer::new(move || core(&guard, operation(), &shared)).workers(1).disable_signals();
    let server = server.listen(listener).unwrap().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let pieces = ["piece ", "by ", "piece"].map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let reply = client.post(url).header("TAN-Token", "tan_abc").body(body).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), stub.ends()), (200, ["reserve", "commit"].map(str::to_owned).to_vec()));
    assert_eq!(*seen.bodies.lock().unwrap(), [b"piece by piece"]);
    handle.stop(false).await;
}
