//! What all replies have in common (section 1).

use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    count,
    routes::{Place, TABLE},
    seconds, trace,
};
use crate::app::{Answer, Client, TestApp};

const NOWHERE: Place<'_> = Place {
    username: "nobody",
    challenge: "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
    token: "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f",
};

fn assert_is_an_error_body(answer: &Answer) {
    let hint = answer.text("hint");
    assert!(hint.ends_with('.') && hint.contains(' '), "{hint} is no sentence");
    assert!(answer.body["code"].is_u64(), "{answer:?}");
    assert!(answer.body.get("detail").is_none_or(serde_json::Value::is_string), "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_has_a_code_a_sentence_and_perhaps_a_detail() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let errors = [
        app.stranger().get("/nowhere").await,
        app.stranger().get("/accounts").await,
        app.stranger().delete("/accounts").await,
        alice.client.get("/accounts").await,
        alice.client.post("/accounts/alice/tan/challenge/email", json!({})).await,
        alice.client.post("/accounts/alice/tan/challenge/sms", json!({"operation": 1})).await,
        alice.client.delete("/accounts/alice/tan/sms").await,
        app.admin.get("/accounts/nobody").await,
    ];
    let codes: Vec<_> = errors.iter().map(Answer::error).collect();
    let expected = [(404, 21), (401, 40), (405, 20), (403, 44), (409, 5132), (400, 26), (403, 10002), (404, 5106)];
    assert_eq!(codes, expected);
    errors.iter().for_each(assert_is_an_error_body);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reply_names_its_request_and_is_not_to_be_stored() {
    let app = TestApp::start().await;
    for client in [app.stranger(), app.admin.clone()] {
        for route in TABLE {
            let sent = [("X-Request-Id", "trace.7:a-b_C")];
            let answer = client.send(route.verb(), &NOWHERE.path(route.path), &sent, None).await;
            assert_eq!(answer.header("x-request-id"), "trace.7:a-b_C", "{} {}", route.method, route.path);
            assert_eq!(answer.header("cache-control"), "no-store", "{} {}", route.method, route.path);
        }
    }
    for path in ["/nowhere", "/docs/start.js", "/accounts/a/b/c/d/e/f"] {
        let answer = app.stranger().get(path).await;
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_names_itself_badly_or_not_gets_a_name_of_its_own() {
    let app = TestApp::start().await;
    let long = "x".repeat(4000);
    let bad: [&[&str]; 5] = [&[], &["a b"], &["<script>"], &[&long], &["one", "two"]];
    let mut names = Vec::new();
    for values in bad {
        let headers: Vec<_> = values.iter().map(|value| ("X-Request-Id", *value)).collect();
        let answer = app.stranger().send(Method::GET, "/config", &headers, None).await;
        let name = answer.header("x-request-id").to_owned();
        assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
        assert!(!name.is_empty() && !values.contains(&name.as_str()), "{name}");
        names.push(name);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 5, "names are given out once");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credentials_are_told_which_scheme_is_wanted() {
    let app = TestApp::start().await;
    for route in TABLE.iter().filter(|route| route.may.is_some()) {
        let answer = app.stranger().send(route.verb(), &NOWHERE.path(route.path), &[], None).await;
        assert_eq!(answer.error(), (401, 40), "{} {}", route.method, route.path);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_an_envelope_with_their_name() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    assert_eq!(app.admin.get("/accounts").await.body["accounts"].as_array().map(Vec::len), Some(1));
    let tokens = alice.client.get("/accounts/alice/tokens").await;
    assert_eq!(tokens.body.as_object().unwrap().keys().collect::<Vec<_>>(), ["tokens"]);
    let channels = alice.client.get("/accounts/alice/tan").await;
    assert_eq!(channels.body.as_object().unwrap().keys().collect::<Vec<_>>(), ["tan_channels"]);
    assert_eq!(channels.body["tan_channels"].as_array().map(Vec::len), Some(1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn timestamps_are_seconds_since_1970_and_durations_microseconds() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let now = count(&app, "select floor(extract(epoch from clock_timestamp()))::bigint").await.unsigned_abs();
    let challenge = alice.challenge("sms").await;
    let (expires, again) =
        (seconds(&challenge.body["solve_expiration"]), seconds(&challenge.body["earliest_retransmission"]));
    assert!((now + 299..=now + 360).contains(&expires), "{challenge:?}");
    assert_eq!(expires - again, 240, "five minutes less one");
    assert_eq!(challenge.body["solve_expiration"].as_object().unwrap().len(), 1);
    let config = app.stranger().get("/config").await;
    assert_eq!(config.body["tan_lifetime"], json!({"d_us": 300_000_000}));
    let forever = app.core.post("/accounts/alice/token", json!({"scope": "readonly", "duration": {"d_us": "forever"}}));
    assert_eq!(forever.await.status, 200);
    app.stop().await;
}

/// The reply to a body that comes in chunks, so that its length is not known before.
async fn unannounced(client: &Client, body: &str) -> String {
    let host = client.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "PATCH /accounts/alice HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        client.token
    );
    let chunks = format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    stream.write_all(chunks.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    // The server may reset what it does not read to the end; what it said before that is here.
    let _ = stream.read_to_end(&mut reply).await;
    String::from_utf8(reply).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_bound_is_refused_whether_or_not_its_length_is_announced() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let before = trace(&app).await;
    let padded = |length: usize| format!("{{\"language\":\"de\",\"pad\":\"{}\"}}", "x".repeat(length));
    let large = alice.client.send(Method::PATCH, "/accounts/alice", &[], Some(padded(64 * 1024))).await;
    assert_eq!(large.error(), (413, 32));
    let chunked = unannounced(&alice.client, &padded(80 * 1024)).await;
    assert!(chunked.starts_with("HTTP/1.1 413 ") && chunked.contains("\"code\":32"), "{chunked}");
    assert_eq!(trace(&app).await, before);
    let small = alice.client.send(Method::PATCH, "/accounts/alice", &[], Some(padded(60 * 1024))).await;
    assert_eq!(small.status, 204, "{small:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoded_body_is_refused_and_one_sent_as_identity_is_read() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let before = trace(&app).await;
    let body = || Some(json!({"language": "de"}).to_string());
    for coding in ["gzip", "br", "identity, gzip", "unknown"] {
        let sent = [("Content-Encoding", coding)];
        let answer = alice.client.send(Method::PATCH, "/accounts/alice", &sent, body()).await;
        assert_eq!(answer.error(), (415, 28), "{coding}");
    }
    assert_eq!(trace(&app).await, before);
    let sent = [("Content-Encoding", "identity")];
    let plain = alice.client.send(Method::PATCH, "/accounts/alice", &sent, body()).await;
    assert_eq!(plain.status, 204, "{plain:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_is_settled_before_the_body_is_looked_at() {
    let app = TestApp::start().await;
    let large = "x".repeat(70 * 1024);
    for body in ["nope", "[]", large.as_str()] {
        let answer = app.stranger().send(Method::POST, "/accounts", &[], Some(body.to_owned())).await;
        assert_eq!(answer.error(), (401, 40));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_like_get_without_the_body() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    for (client, path) in
        [(app.stranger(), "/config"), (alice.client, "/accounts/alice"), (app.stranger(), "/accounts")]
    {
        let (get, head) = (client.get(path).await, client.send(Method::HEAD, path, &[], None).await);
        assert_eq!((head.status, head.raw.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
    app.stop().await;
}
