//! The extractors, without a database.

use std::future::ready;

use actix_web::{
    App, HttpResponse, ResponseError as _,
    dev::ServiceResponse,
    error::PayloadError,
    http::header::AUTHORIZATION,
    test::{self as web_test, TestRequest},
    web::Bytes,
};
use futures_util::{Stream, StreamExt as _, stream};

use super::*;
use crate::{
    domain::{
        caller::{Mfa, Scope},
        keys::tests::Fixed,
    },
    http::{
        error::tests::body_of,
        handlers::{accounts, challenges, channels, operators, tokens},
        routes::{Api, TABLE},
    },
    service::fixture::{token, without_database},
};

const ID: &str = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";
const PUBLIC: [&str; 3] = ["/config", "/health/live", "/health/ready"];

/// A request of `caller` as a handler gets it.
async fn call(caller: AccessToken, request: TestRequest) -> Call {
    let (request, mut payload) = request.to_http_parts();
    let body = body(&request, &mut payload).await.ok().unwrap();
    Call { service: without_database(), caller, request, body }
}

fn of_alice(request: TestRequest) -> TestRequest {
    request.param("username", "alice")
}

async fn digest(request: TestRequest) -> [u8; 32] {
    let call = call(token(Scope::ReadWrite), of_alice(request)).await;
    let username = call.username().ok().unwrap();
    *call.protected(&username).ok().unwrap().operation.as_bytes()
}

fn code(outcome: Result<HttpResponse, ApiError>) -> u16 {
    outcome.err().map_or(0, |error| error.code().number())
}

#[actix_web::test]
async fn a_digest_is_over_account_method_target_and_body_as_they_were_sent() {
    let target = "/accounts/%61lice/tan/sms?a=%41&&b=+";
    let username = Username::parse("alice").unwrap();
    let expected = |method, body: &[u8]| {
        *OperationDigest::of(&username, method, target, &body_sha256(body)).of_our_own().as_bytes()
    };
    let body = b" {\"address\" : \"+41791234567\"}\n";
    assert_eq!(digest(TestRequest::post().uri(target).set_payload(&body[..])).await, expected("POST", body));
    assert_eq!(digest(TestRequest::delete().uri(target).set_payload("x")).await, expected("DELETE", b"x"));
    assert_eq!(digest(TestRequest::delete().uri(target)).await, expected("DELETE", b""));
    let absolute = format!("http://bank.example{target}");
    assert_eq!(digest(TestRequest::delete().uri(&absolute)).await, expected("DELETE", b""));
    assert_ne!(digest(TestRequest::delete().uri("/accounts/alice/tan/sms")).await, expected("DELETE", b""));
}

#[actix_web::test]
async fn a_proof_is_the_hash_of_the_header_and_a_malformed_one_is_told() {
    let username = Username::parse("alice").unwrap();
    let presented = async |request: TestRequest| {
        let call = call(token(Scope::ReadWrite), request).await;
        call.protected(&username).map(|request| request.presented)
    };
    assert_eq!(presented(TestRequest::delete()).await.ok().unwrap(), None);
    let one = TestRequest::delete().insert_header(("TAN-Token", "tan_a"));
    assert_eq!(presented(one).await.ok().unwrap(), Some(SecretHash::of("tan_a")));
    let two = TestRequest::delete().append_header(("TAN-Token", "tan_a")).append_header(("TAN-Token", "tan_a"));
    assert_eq!(presented(two).await.err().unwrap().code(), Code::HeadersMalformed);
}

#[actix_web::test]
async fn an_idempotency_key_stands_for_the_very_request_it_came_with() {
    let username = Username::parse("alice").unwrap();
    let sent = async |body: &'static str| {
        let request = TestRequest::post().uri("/x").insert_header(("Idempotency-Key", "k")).set_payload(body);
        call(token(Scope::ReadWrite), request).await.idempotency(&username).ok().unwrap().unwrap()
    };
    assert_eq!(sent("{}").await, sent("{}").await);
    assert_eq!(sent("{}").await.key, SecretHash::of("k"));
    assert_ne!(sent("{}").await.request, sent("{ }").await.request);
    let without = call(token(Scope::ReadWrite), TestRequest::post()).await;
    assert_eq!(without.idempotency(&username).ok().unwrap(), None);
}

#[actix_web::test]
async fn get_has_no_body() {
    let sent = TestRequest::get().insert_header(("Content-Encoding", "gzip")).set_payload("x".repeat(1 << 20));
    let call = call(token(Scope::ReadOnly), sent).await;
    assert!(call.object_or_nothing().is_ok());
}

#[actix_web::test]
async fn a_body_that_never_ends_is_given_up() {
    tokio::time::pause();
    let chunks = stream::once(ready(Ok(Bytes::from_static(b"{")))).chain(stream::pending());
    let chunks: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(chunks);
    let outcome = body(&TestRequest::post().to_http_request(), &mut Payload::from(chunks)).await;
    assert_eq!(outcome.err().unwrap().code(), Code::JsonInvalid);
}

/// The reply of the whole API to a request.
async fn reply(request: TestRequest) -> ServiceResponse {
    let api = Api::new(without_database(), [], &Fixed(1)).unwrap();
    let app = web_test::init_service(App::new().configure(|routes| api.configure(routes))).await;
    web_test::call_service(&app, request.to_request()).await
}

async fn status_and_code(request: TestRequest) -> (u16, u64) {
    let reply = reply(request).await;
    let status = reply.status().as_u16();
    let body: serde_json::Value = web_test::read_body_json(reply).await;
    (status, body["code"].as_u64().unwrap_or_default())
}

/// Every route for callers, as a request that is wrong in every way that can be told from outside.
fn wrong_in_every_way() -> impl Iterator<Item = TestRequest> {
    let routes = TABLE.iter().filter(|(path, _)| !PUBLIC.contains(path));
    routes.flat_map(|(path, methods)| methods.iter().map(move |method| (path, method))).map(|(path, method)| {
        let target = format!("{}?limit=x&limit=y", path.replace('{', "%00").replace('}', "!"));
        TestRequest::with_uri(&target)
            .method(method.to_uppercase().parse().unwrap())
            .insert_header(("Content-Encoding", "br"))
            .insert_header(("TAN-Token", "a,b"))
            .insert_header(("Idempotency-Key", "a b"))
            .set_payload("{{{")
    })
}

#[actix_web::test]
async fn a_stranger_is_told_nothing_but_that_he_is_one() {
    let mut routes = 0;
    for request in wrong_in_every_way() {
        let reply = reply(request).await;
        assert_eq!(reply.headers().get("WWW-Authenticate").unwrap(), "Bearer");
        assert_eq!(reply.status(), 401);
        routes += 1;
    }
    assert!(routes >= 19, "{routes}");
}

#[actix_web::test]
async fn nothing_is_read_before_it_is_known_who_calls() {
    let credential = format!("Bearer secret-token:{}", "a".repeat(43));
    for request in wrong_in_every_way() {
        // The database is away, so nobody can be known; had anything else been looked at, it would be a 400 or a 415.
        let request = request.insert_header((AUTHORIZATION, credential.as_str()));
        assert_eq!(status_and_code(request).await, (503, 10090));
    }
}

#[actix_web::test]
async fn what_anyone_may_read_needs_no_database_but_readiness() {
    assert_eq!(status_and_code(TestRequest::get().uri("/health/ready")).await, (503, 10090));
    assert_eq!(reply(TestRequest::get().uri("/health/live")).await.status(), 200);
    let config: serde_json::Value = web_test::read_body_json(reply(TestRequest::get().uri("/config")).await).await;
    let expected = serde_json::json!({
        "name": "tanager", "version": "1:0:0", "implementation": concat!("tanager ", env!("CARGO_PKG_VERSION")),
        "supported_tan_channels": ["sms", "totp", "recovery"], "tan_digits": 8, "tan_lifetime": {"d_us": 300_000_000},
        "retransmission_period": {"d_us": 60_000_000}, "tan_header": "TAN-Token",
    });
    assert_eq!(config, expected);
}

#[actix_web::test]
async fn who_may_not_act_is_told_so_before_what_is_malformed_and_who_may_is_told_that() {
    let challenge = |owner: &'static str, id: &'static str, body: &'static str| {
        TestRequest::post().param("username", owner).param("challenge", id).set_payload(body)
    };
    let by = async |scope, owner, id, body| {
        code(challenges::confirm_challenge(call(token(scope), challenge(owner, id, body)).await).await)
    };
    let confirmed = async |id, body| by(Scope::ReadWrite, "alice", id, body).await;
    assert_eq!(confirmed("sms", r#"{"tan":"12345678"}"#).await, 26);
    assert_eq!(confirmed(ID, "").await, 22);
    assert_eq!(confirmed(ID, "{}").await, 25);
    assert_eq!(confirmed(ID, r#"{"tan":12345678}"#).await, 26);
    for no_candidate in [r#"{"tan":"1234567"}"#, r#"{"tan":"123456789"}"#, r#"{"tan":"١٢٣٤٥٦٧٨"}"#, r#"{"tan":""}"#]
    {
        assert_eq!(confirmed(ID, no_candidate).await, 26, "{no_candidate}");
    }
    for candidate in [r#"{"tan":"T-1234-5678"}"#, r#"{"tan":" 12 34 56 78 "}"#, r#"{"tan":"123456"}"#] {
        assert_eq!(by(Scope::Admin, "bob", ID, candidate).await, 44, "{candidate}");
    }
    for (owner, scope) in [("bob", Scope::Admin), ("bob", Scope::ReadWrite), ("alice", Scope::ReadOnly)] {
        for malformed in ["", "{}", r#"{"tan":12345678}"#, r#"{"tan":""}"#] {
            assert_eq!(by(scope, owner, ID, malformed).await, 44, "{owner} {malformed}");
        }
    }
}

#[actix_web::test]
async fn another_accounts_path_is_forbidden_whatever_channel_it_names() {
    for channel in ["sms", "totp", "pigeon", "challenge"] {
        let request =
            || TestRequest::post().param("username", "bob").param("channel", channel).param("challenge", channel);
        let alice = async || call(token(Scope::ReadWrite), request()).await;
        assert_eq!(code(channels::enrol(alice().await).await), 44, "{channel}");
        assert_eq!(code(challenges::request_challenge(alice().await).await), 44, "{channel}");
        let call = call(token(Scope::ReadWrite), request().method(Method::DELETE)).await;
        assert_eq!(code(channels::remove_channel(call).await), 44, "{channel}");
    }
}

#[actix_web::test]
async fn a_channel_that_there_is_not_is_a_conflict_and_with_delete_not_found() {
    let request = |method| of_alice(TestRequest::default().method(method)).param("channel", "pigeon");
    let enrolled = channels::enrol(call(token(Scope::ReadWrite), request(Method::POST)).await).await.err().unwrap();
    let removed =
        channels::remove_channel(call(token(Scope::ReadWrite), request(Method::DELETE)).await).await.err().unwrap();
    assert_eq!((enrolled.status_code().as_u16(), enrolled.code().number()), (409, 5132));
    assert_eq!((removed.status_code().as_u16(), removed.code().number()), (404, 5132));
    assert!(body_of(&removed).await["hint"].is_string());
}

#[actix_web::test]
async fn each_scope_is_kept_from_what_is_not_its_own_before_the_database_is_asked() {
    let sent = |method: Method, body: &'static str| {
        let request = of_alice(TestRequest::default().method(method)).set_payload(body);
        request.param("channel", "sms").param("challenge", ID).param("token_id", ID)
    };
    let calling = async |scope, method, body| call(token(scope), sent(method, body)).await;
    let created = calling(Scope::ReadWrite, Method::POST, r#"{"username":"carol"}"#).await;
    assert_eq!(code(operators::create_account(created).await), 44);
    assert_eq!(code(operators::list_accounts(calling(Scope::Service, Method::GET, "").await).await), 44);
    assert_eq!(code(operators::unblock_account(calling(Scope::ReadWrite, Method::POST, "").await).await), 44);
    let address = r#"{"address":"+41791234567"}"#;
    assert_eq!(code(channels::set_address(calling(Scope::ReadWrite, Method::PUT, address).await).await), 44);
    assert_eq!(code(accounts::patch_account(calling(Scope::ReadOnly, Method::PATCH, "{}").await).await), 44);
    assert_eq!(code(accounts::delete_account(calling(Scope::ReadOnly, Method::DELETE, "").await).await), 44);
    assert_eq!(code(accounts::show_account(calling(Scope::Service, Method::GET, "").await).await), 44);
    assert_eq!(code(challenges::abort_challenge(calling(Scope::Admin, Method::DELETE, "").await).await), 44);
    assert_eq!(code(challenges::retransmit_challenge(calling(Scope::Admin, Method::POST, "").await).await), 44);
    assert_eq!(code(tokens::end_token(calling(Scope::ReadOnly, Method::DELETE, "").await).await), 44);
    assert_eq!(code(tokens::log_out(calling(Scope::Admin, Method::DELETE, "").await).await), 44);
    let wish = r#"{"scope":"readwrite"}"#;
    assert_eq!(code(tokens::mint_token(calling(Scope::ReadOnly, Method::POST, wish).await).await), 44);
    let api_token = AccessToken { mfa: Mfa::NonInteractive, ..token(Scope::ReadWrite) };
    let asked = call(api_token, of_alice(TestRequest::post()).param("challenge", "sms")).await;
    assert_eq!(code(challenges::request_challenge(asked).await), 44);
}
