//! Names, ids, channels and parameters in paths and queries (section 1).

use reqwest::Method;
use serde_json::json;

use super::{
    routes::{Place, TABLE, Who},
    trace,
};
use crate::app::TestApp;

const UNKNOWN: &str = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";

#[tokio::test(flavor = "multi_thread")]
async fn there_is_nothing_at_other_paths_whoever_asks() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    for path in [
        "/",
        "/nowhere",
        "/config/",
        "//config",
        "/Config",
        "/accounts/",
        "/accounts/alice/",
        "/accounts/alice/nowhere",
        "/accounts/alice/tan/",
        "/accounts/alice/tan/sms/x",
        "/accounts/alice/tan/challenge/x/y",
        "/accounts/alice/challenge/x/confirm",
        "/accounts/alice/tokens/x/y",
        "/v1/config",
    ] {
        for client in [app.stranger(), alice.client.clone(), app.admin.clone()] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                assert_eq!(client.send(method, path, &[], None).await.error(), (404, 21), "{path}");
            }
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_is_malformed() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let before = trace(&app).await;
    let braced = format!("%7B{UNKNOWN}%7D");
    let (urn, bare) = (format!("urn:uuid:{UNKNOWN}"), UNKNOWN.replace('-', ""));
    for id in ["x", "1", "%20", "sms%00", "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5", &braced, &urn, &bare] {
        let challenge = format!("/accounts/alice/tan/challenge/{id}");
        for (method, path, body) in [
            (Method::GET, challenge.clone(), None),
            (Method::DELETE, challenge.clone(), None),
            (Method::POST, format!("{challenge}/retransmit"), None),
            (Method::POST, format!("{challenge}/confirm"), Some(json!({"tan": "12345678"}).to_string())),
            (Method::DELETE, format!("/accounts/alice/tokens/{id}"), None),
        ] {
            let answer = alice.client.send(method.clone(), &path, &[], body).await;
            assert_eq!(answer.error(), (400, 26), "{method} {path}");
        }
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_not_found() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let before = trace(&app).await;
    let challenge = format!("/accounts/alice/tan/challenge/{UNKNOWN}");
    assert_eq!(alice.client.get(&challenge).await.error(), (404, 5143));
    assert_eq!(alice.client.delete(&challenge).await.error(), (404, 5143));
    assert_eq!(alice.retransmit(UNKNOWN).await.error(), (404, 5143));
    for tan in ["12345678", "123456", "abcd-efgh-2345", "T-1234 5678"] {
        assert_eq!(alice.confirm(UNKNOWN, tan).await.error(), (404, 5143), "{tan}");
    }
    assert_eq!(alice.client.delete(&format!("/accounts/alice/tokens/{UNKNOWN}")).await.error(), (404, 21));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_username_is_malformed_and_an_unknown_one_is_told_to_operators() {
    let app = TestApp::start().await;
    let before = trace(&app).await;
    let long = "a".repeat(127);
    for route in TABLE.iter().filter(|route| route.path.contains("{username}")) {
        let client = match route.may {
            Some(may) if may.contains(&Who::Admin) => &app.admin,
            Some(may) if may.contains(&Who::Service) => &app.core,
            _ => continue,
        };
        for name in ["a%20b", "%C3%A4", "a%2Fb", "a%00", long.as_str(), "a@b"] {
            let place = Place { username: name, challenge: UNKNOWN, token: UNKNOWN };
            let answer = client.send(route.verb(), &place.path(route.path), &[], route.body_for("x")).await;
            assert_eq!(answer.error(), (400, 26), "{} {} {name}", route.method, route.path);
        }
        let place = Place { username: "nobody", challenge: UNKNOWN, token: UNKNOWN };
        let answer = client.send(route.verb(), &place.path(route.path), &[], route.body_for("x")).await;
        assert_eq!(answer.error(), (404, 5106), "{} {}", route.method, route.path);
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_channel_is_not_supported() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let before = trace(&app).await;
    for channel in ["pigeon", "SMS", "Sms", "sms%20", "x"] {
        let path = format!("/accounts/alice/tan/{channel}");
        assert_eq!(alice.client.post(&path, json!({})).await.error(), (409, 5132), "{channel}");
        assert_eq!(app.admin.put(&path, json!({"address": "+41791234567"})).await.error(), (409, 5132), "{channel}");
        assert_eq!(alice.client.delete(&path).await.error(), (404, 5132), "{channel}");
        assert_eq!(app.admin.delete(&path).await.error(), (404, 5132), "{channel}");
        let challenge = format!("/accounts/alice/tan/challenge/{channel}");
        assert_eq!(alice.client.post(&challenge, json!({})).await.error(), (409, 5132), "{channel}");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_not_active_here_has_no_challenge_and_nothing_to_remove() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let before = trace(&app).await;
    let refused = alice.client.post("/accounts/alice/tan/challenge/email", json!({})).await;
    assert_eq!(refused.error(), (409, 5132));
    assert_eq!(alice.client.delete("/accounts/alice/tan/email").await.error(), (404, 5132));
    assert_eq!(app.admin.delete("/accounts/alice/tan/email").await.error(), (404, 5132));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_no_number_in_range_or_stands_twice_is_malformed() {
    let app = TestApp::start().await;
    let bad = [
        "limit=",
        "limit=x",
        "limit=0",
        "limit=-1",
        "limit=1.5",
        "limit=1&limit=1",
        "limit=99999999999999999999",
        "offset=-1",
        "offset=x",
        "offset=",
        "offset=1&offset=2",
        "filter=a&filter=b",
        "filter=%ff",
        "filter=%0",
        "limit=%31&%6cimit=1",
    ];
    for query in bad {
        let answer = app.admin.get(&format!("/accounts?{query}")).await;
        assert_eq!(answer.error(), (400, 26), "{query}");
    }
    for query in ["", "limit=1", "offset=0", "unknown=1&unknown=2", "filter="] {
        assert_eq!(app.admin.get(&format!("/accounts?{query}")).await.status, 200, "{query}");
    }
    app.stop().await;
}
