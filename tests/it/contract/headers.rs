//! Headers that are malformed or stand twice (sections 1, 2 and 6): each gets its exact reply and leaves no trace.

use reqwest::{Method, header::HeaderValue};
use serde_json::json;

use super::trace;
use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_tan_token_twice_or_a_list_of_them_is_malformed_on_every_protected_route() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let before = trace(&app).await;
    let list = format!("{token}, {token}");
    let bad: [&[&str]; 5] = [&[&token, &token], &[&list], &[&token, "x"], &[""], &[","]];
    for (method, path, body) in [
        (Method::PATCH, "/accounts/alice", Some(json!({"contact_data": {"phone": null}}))),
        (Method::DELETE, "/accounts/alice", None),
        (Method::POST, "/accounts/alice/tan/email", Some(json!({}))),
        (Method::DELETE, "/accounts/alice/tan/sms", None),
        (Method::POST, "/accounts/alice/token", Some(json!({"scope": "readonly"}))),
    ] {
        for values in bad {
            let headers: Vec<_> = values.iter().map(|value| ("TAN-Token", *value)).collect();
            let sent = body.as_ref().map(ToString::to_string);
            let answer = alice.client.send(method.clone(), path, &headers, sent).await;
            assert_eq!(answer.error(), (400, 23), "{method} {path} {}", values.len());
        }
    }
    assert_eq!(trace(&app).await, before);
    let spent = alice.client.send(Method::DELETE, "/accounts/alice/tan/sms", &[("TAN-Token", &token)], None).await;
    assert_eq!(spent.status, 204, "the token is as it was: {spent:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tan_token_counts_in_its_header_alone() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let in_query = alice.client.delete(&format!("/accounts/alice/tan/sms?TAN-Token={token}")).await;
    assert_eq!(in_query.error(), (403, 10002));
    let body = json!({"tan_token": token, "TAN-Token": token}).to_string();
    let in_body = alice.client.send(Method::DELETE, "/accounts/alice/tan/sms", &[], Some(body)).await;
    assert_eq!(in_body.error(), (403, 10002));
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channels"], json!(["sms"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_that_is_malformed_or_stands_twice_sends_nothing() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let before = trace(&app).await;
    let long = "k".repeat(256);
    let bad: [&[&str]; 6] = [&["a", "a"], &["a", "b"], &[""], &["a b"], &["a\tb"], &[&long]];
    for values in bad {
        let headers: Vec<_> = values.iter().map(|value| ("Idempotency-Key", *value)).collect();
        let answer = alice.client.send(Method::POST, "/accounts/alice/tan/challenge/sms", &headers, None).await;
        assert_eq!(answer.error(), (400, 23), "{values:?}");
    }
    let request = alice.client.request(Method::POST, "/accounts/alice/tan/challenge/sms");
    let request = request.header("authorization", format!("Bearer {}", alice.client.token));
    let odd = request.header("idempotency-key", HeaderValue::from_bytes(b"k\xff").unwrap());
    assert_eq!(alice.client.answer(odd).await.error(), (400, 23));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_another_scheme_or_form_are_none() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let token = alice.client.token.clone();
    let (bare, longer) = (token.replace("secret-token:", ""), format!("{token}A"));
    let sent = [
        format!("Basic {bare}"),
        "Basic YWxpY2U6c2VjcmV0".to_owned(),
        token.clone(),
        format!("Bearer {bare}"),
        format!("Bearer {longer}"),
        format!("Bearer {}", &token[..token.len() - 1]),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},{token}"),
        format!("Bearer {}", token.to_uppercase()),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer secret-token:".to_owned(),
        format!("Bearer secret-token:{}", "A".repeat(43)),
        format!("Bearer secret-token:{}", "A".repeat(5000)),
        "Bearer tan_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        String::new(),
    ];
    for credentials in &sent {
        let answer = app.stranger().send(Method::GET, "/accounts/alice", &[("Authorization", credentials)], None).await;
        assert_eq!(answer.error(), (401, 40), "{credentials}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_stand_twice_are_refused_even_when_both_are_good() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let bearer = format!("Bearer {}", alice.client.token);
    for second in [bearer.as_str(), "Basic YTpi", ""] {
        let answer = alice.client.send(Method::GET, "/accounts/alice", &[("Authorization", second)], None).await;
        assert_eq!(answer.error(), (400, 23), "{second}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_is_read_in_any_case() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    for scheme in ["bearer", "BEARER", "Bearer"] {
        let credentials = format!("{scheme} {}", alice.client.token);
        let answer =
            app.stranger().send(Method::GET, "/accounts/alice", &[("Authorization", &credentials)], None).await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
    app.stop().await;
}
