//! Pages of browsers (section 1).

use std::collections::BTreeSet;

use reqwest::Method;

use super::routes::{Place, TABLE};
use crate::app::{Answer, TestApp};

const BANK: &str = "https://bank.example";

fn names(answer: &Answer, header: &str) -> BTreeSet<String> {
    let listed = answer.headers.get_all(header).iter().flat_map(|value| value.to_str().unwrap().split(','));
    listed.map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect()
}

async fn preflight(app: &TestApp, origin: &str, method: &str, path: &str, headers: &str) -> Answer {
    let sent =
        [("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers)];
    app.stranger().send(Method::OPTIONS, path, &sent, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_bank_may_call_every_route_with_the_headers_of_the_contract() {
    let app = TestApp::start().await;
    let wanted = "authorization, content-type, tan-token, taler-challenge-ids, idempotency-key";
    let place = Place { username: "alice", challenge: "x", token: "x" };
    for route in TABLE {
        let answer = preflight(&app, BANK, route.method, &place.path(route.path), wanted).await;
        assert!(answer.status.is_success(), "{} {}: {answer:?}", route.method, route.path);
        assert_eq!(answer.header("access-control-allow-origin"), BANK, "{}", route.path);
        assert!(names(&answer, "access-control-allow-methods").contains(&route.method.to_lowercase()));
        let allowed = names(&answer, "access-control-allow-headers");
        assert!(wanted.split(", ").all(|name| allowed.contains(name)), "{allowed:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_needs_to_read_is_exposed_on_success_and_on_errors() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let origin = [("Origin", BANK)];
    for (method, path, status) in [
        (Method::GET, "/accounts/alice", 200),
        (Method::DELETE, "/accounts/alice/tan/sms", 403),
        (Method::GET, "/accounts/bob", 403),
        (Method::GET, "/nowhere", 404),
        (Method::PATCH, "/config", 405),
    ] {
        let answer = alice.client.send(method, path, &origin, None).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), BANK, "{path}");
        let exposed = names(&answer, "access-control-expose-headers");
        let expected = ["retry-after", "tan-required", "tan-warning", "x-request-id"];
        assert_eq!(exposed, expected.map(ToOwned::to_owned).into(), "{path}");
        assert!(names(&answer, "vary").contains("origin"), "{path}: {answer:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_from_elsewhere_is_told_nothing() {
    let app = TestApp::start().await;
    for origin in ["https://evil.example", "https://bank.example.evil.example", "http://bank.example", "null"] {
        let answer = preflight(&app, origin, "POST", "/accounts", "authorization").await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{origin}: {answer:?}");
        assert_eq!(answer.status, 403, "{origin}: {answer:?}");
        let simple = app.stranger().send(Method::GET, "/config", &[("Origin", origin)], None).await;
        assert!(!simple.headers.contains_key("access-control-allow-origin"), "{origin}: {simple:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_allowed_cookies_or_other_headers() {
    let app = TestApp::start().await;
    let odd = preflight(&app, BANK, "POST", "/accounts", "x-tan-account").await;
    assert!(!names(&odd, "access-control-allow-headers").contains("x-tan-account"), "{odd:?}");
    let usual = preflight(&app, BANK, "POST", "/accounts", "authorization").await;
    assert!(usual.status.is_success() && !usual.headers.contains_key("access-control-allow-credentials"));
    app.stop().await;
}
