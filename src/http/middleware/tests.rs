//! What every reply has in common.

use std::{future::ready, sync::Arc};

use actix_web::{
    App, HttpResponse,
    body::MessageBody,
    error,
    http::{Method, StatusCode},
    middleware::from_fn,
    test::{self, TestRequest},
    web,
};
use serde_json::Value;

use super::*;
use crate::{
    domain::chance::Chance,
    http::{body::ApiBody, code::Code, error::ApiError, method},
};

struct Zeros;

impl Chance for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

const HOME: &str = "https://bank.example";

fn routes(routes: &mut web::ServiceConfig) {
    routes
        .service(
            web::resource("/accounts/{username}")
                .route(method::get().to(|| async { HttpResponse::Ok().body("x") }))
                .route(
                    web::post().to(|body: ApiBody| async move { body.object().map(|_| HttpResponse::Ok().finish()) }),
                ),
        )
        .service(web::resource("/count/{number}").route(
            method::get().to(|number: web::Path<u8>| async move { HttpResponse::Ok().body(number.to_string()) }),
        ))
        .service(web::resource("/foreign/{status}").route(method::get().to(|status: web::Path<u16>| async move {
            HttpResponse::build(StatusCode::from_u16(*status).unwrap()).body("text of a library")
        })))
        .service(
            web::resource("/ours")
                .route(method::get().to(|| ready(Err::<String, _>(ApiError::new(Code::TanRateLimited))))),
        );
}

async fn reply(request: TestRequest) -> ServiceResponse<impl MessageBody> {
    let frame = Frame::new(Arc::new(RequestIds::new(&Zeros)));
    let app = App::new().wrap(cors(&[HOME.to_owned()])).wrap(frame).configure(routes);
    test::call_service(&test::init_service(app).await, request.to_request()).await
}

fn header<'a, B>(reply: &'a ServiceResponse<B>, name: &str) -> Option<&'a str> {
    reply.headers().get(name).map(|value| value.to_str().unwrap())
}

/// What must hold of every reply; the status, and for an error its code.
async fn checked(request: TestRequest) -> (u16, u64) {
    let reply = reply(request).await;
    let status = reply.status().as_u16();
    assert!(header(&reply, "X-Request-Id").is_some_and(|id| !id.is_empty()), "{status}");
    assert_eq!(header(&reply, "Cache-Control"), Some("no-store"), "{status}");
    assert_eq!(header(&reply, "X-Content-Type-Options"), Some("nosniff"), "{status}");
    if status < 400 {
        return (status, 0);
    }
    assert_eq!(header(&reply, "Content-Type"), Some("application/json"), "{status}");
    assert_eq!(header(&reply, "Retry-After").is_some(), matches!(status, 429 | 503), "{status}");
    let body: Value = test::read_body_json(reply).await;
    assert!(body["hint"].as_str().is_some_and(|hint| hint.ends_with('.')), "{body}");
    (status, body["code"].as_u64().unwrap())
}

fn preflight(origin: &'static str, method: &'static str, headers: &'static str) -> TestRequest {
    TestRequest::default()
        .method(Method::OPTIONS)
        .uri("/accounts/alice")
        .insert_header(("Origin", origin))
        .insert_header(("Access-Control-Request-Method", method))
        .insert_header(("Access-Control-Request-Headers", headers))
}

#[actix_web::test]
async fn no_reply_leaves_without_our_body_and_our_headers() {
    let get = |path: &str| TestRequest::get().uri(path);
    let cases = vec![
        (get("/accounts/alice"), (200, 0)),
        (get("/nothing"), (404, 21)),
        (get("/accounts/alice/"), (404, 21)),
        (get("/accounts//"), (404, 21)),
        (get("/count/many"), (404, 21)),
        (get("/accounts/%ff%00"), (200, 0)),
        (TestRequest::delete().uri("/accounts/alice"), (405, 20)),
        (TestRequest::default().method(Method::from_bytes(b"BREW").unwrap()).uri("/accounts/alice"), (405, 20)),
        (TestRequest::post().uri("/accounts/alice"), (400, 22)),
        (TestRequest::post().uri("/accounts/alice").set_payload(vec![b' '; 65 * 1024]), (413, 32)),
        (TestRequest::post().uri("/accounts/alice").insert_header(("Content-Encoding", "gzip")), (415, 28)),
        (get("/ours"), (429, 5131)),
        (get("/foreign/400"), (400, 26)),
        (get("/foreign/401"), (401, 40)),
        (get("/foreign/403"), (403, 44)),
        (get("/foreign/413"), (413, 32)),
        (get("/foreign/415"), (415, 28)),
        (get("/foreign/418"), (400, 26)),
        (get("/foreign/500"), (503, 10090)),
        (get("/foreign/504"), (503, 10090)),
        (preflight("https://evil.example", "GET", "Authorization"), (403, 44)),
        (preflight(HOME, "TRACE", "Authorization"), (403, 44)),
        (preflight(HOME, "GET", "X-Other"), (403, 44)),
    ];
    for (request, expected) in cases {
        assert_eq!(checked(request).await, expected);
    }
}

#[actix_web::test]
async fn a_method_that_a_path_does_not_know_is_told_those_that_it_knows() {
    let other = reply(TestRequest::delete().uri("/accounts/alice")).await;
    assert_eq!(header(&other, "Allow"), Some("GET, HEAD, POST, OPTIONS"));
    let options = reply(TestRequest::default().method(Method::OPTIONS).uri("/accounts/alice")).await;
    assert_eq!((options.status().as_u16(), header(&options, "Allow")), (204, Some("GET, HEAD, POST, OPTIONS")));
    let nowhere = reply(TestRequest::default().method(Method::OPTIONS).uri("/nothing")).await;
    assert_eq!(nowhere.status(), 404);
    let head = reply(TestRequest::default().method(Method::HEAD).uri("/accounts/alice")).await;
    assert_eq!(head.status(), 200);
}

#[actix_web::test]
async fn a_page_of_the_bank_may_call_and_read_what_it_needs() {
    let allowed = "authorization,content-type,tan-token,taler-challenge-ids,idempotency-key";
    for method in ["GET", "POST", "PATCH", "PUT", "DELETE"] {
        let asked = reply(preflight(HOME, method, allowed)).await;
        assert_eq!(asked.status(), 200, "{method}");
        assert_eq!(header(&asked, "Access-Control-Allow-Origin"), Some(HOME));
    }
    for path in ["/accounts/alice", "/nothing", "/ours", "/foreign/500"] {
        let answer = reply(TestRequest::get().uri(path).insert_header(("Origin", HOME))).await;
        assert_eq!(header(&answer, "Access-Control-Allow-Origin"), Some(HOME), "{path}");
        let mut exposed: Vec<_> = header(&answer, "Access-Control-Expose-Headers").unwrap().split(", ").collect();
        exposed.sort_unstable();
        assert_eq!(exposed, ["retry-after", "tan-required", "tan-warning", "x-request-id"], "{path}");
        assert!(header(&answer, "Vary").unwrap().contains("Origin"), "{path}");
    }
}

#[actix_web::test]
async fn a_page_from_elsewhere_is_answered_without_leave_to_read() {
    for origin in ["https://evil.example", "https://bank.example.evil.example", "null", "https://BANK.example"] {
        let answer = reply(TestRequest::get().uri("/accounts/alice").insert_header(("Origin", origin))).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "Access-Control-Allow-Origin"), None, "{origin}");
    }
}

#[actix_web::test]
async fn a_sane_request_id_is_given_back_and_another_replaced() {
    let sent = reply(TestRequest::get().uri("/nothing").insert_header(("X-Request-Id", "client-7"))).await;
    assert_eq!(header(&sent, "X-Request-Id"), Some("client-7"));
    let odd = reply(TestRequest::get().uri("/nothing").insert_header(("X-Request-Id", "a b"))).await;
    assert_eq!(header(&odd, "X-Request-Id"), Some("0000000000000000-0"));
}

#[actix_web::test]
async fn an_error_that_a_layer_lets_through_is_dressed_too() {
    let frame = Frame::new(Arc::new(RequestIds::new(&Zeros)));
    let failing = from_fn(|_: ServiceRequest, _: actix_web::middleware::Next<BoxBody>| async {
        Err::<ServiceResponse<BoxBody>, _>(error::ErrorInternalServerError("a library's own words"))
    });
    let app = test::init_service(App::new().wrap(failing).wrap(frame)).await;
    let trouble = test::try_call_service(&app, TestRequest::get().to_request()).await.err().unwrap();
    let reply = trouble.error_response();
    assert_eq!(
        (reply.status().as_u16(), reply.headers().get("X-Request-Id").unwrap().to_str().unwrap()),
        (503, "0000000000000000-0")
    );
    let body = reply.into_body().try_into_bytes().ok().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["code"], 10090);
}
