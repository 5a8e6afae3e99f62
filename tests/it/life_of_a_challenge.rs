//! From a phone number to a spent token, and the races on the way.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::app::{TestApp, other_than};

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_enrolled_and_a_token_is_spent_by_the_operation_that_succeeded() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;

    let enrolled = alice.client.post("/accounts/alice/tan/sms", json!({})).await;
    assert_eq!(enrolled.status, 202, "{enrolled:?}");
    assert_eq!(enrolled.text("state"), "pending");
    let challenge = enrolled.body["challenge"]["challenge_id"].as_str().unwrap().to_owned();
    let confirmed = alice.confirm(&challenge, &app.tan_sent_to(&alice.phone)).await;
    assert_eq!((confirmed.status.as_u16(), confirmed.text("state")), (200, "active"));

    let refused = alice.client.delete("/accounts/alice/tan/sms").await;
    assert_eq!(refused.error(), (403, 10002));
    assert_eq!(refused.header("tan-required"), "token");
    let ticket = refused.text("operation");
    let requested = alice.client.post("/accounts/alice/tan/challenge/sms", json!({"operation": ticket})).await;
    assert_eq!(requested.status, 200, "{requested:?}");
    let solved = alice.confirm(requested.text("challenge_id"), &app.tan_sent_to(&alice.phone)).await;
    assert_eq!(solved.body["bound"], true);
    let token = solved.text("tan_token").to_owned();

    let removed =
        alice.client.send(reqwest::Method::DELETE, "/accounts/alice/tan/sms", &[("TAN-Token", &token)], None).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    let account = alice.client.get("/accounts/alice").await;
    assert_eq!(account.body["tan_channels"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_right_tans_at_once_yield_one_token() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    let (id, tan) = (challenge.text("challenge_id").to_owned(), app.tan_sent_to(&alice.phone));

    let answers = join_all((0..50).map(|_| alice.confirm(&id, &tan))).await;

    let solved = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(solved, 1);
    let others: Vec<_> = answers.iter().filter(|answer| answer.status != 200).map(crate::app::Answer::error).collect();
    assert!(others.iter().all(|error| *error == (410, 10001)), "{others:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_wrong_tans_at_once_cost_exactly_the_allowed_number() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    let (id, tan) = (challenge.text("challenge_id").to_owned(), app.tan_sent_to(&alice.phone));
    let wrong = other_than(&tan);

    let answers = join_all((0..100).map(|_| alice.confirm(&id, &wrong))).await;

    let counted = answers.iter().filter(|answer| answer.error() == (409, 5134)).count();
    let refused = answers.iter().filter(|answer| answer.error() == (429, 5131)).count();
    assert_eq!((counted, refused), (2, 98), "three tries: two with tries left, the last one exhausts");
    let owner = app.database.owner().await;
    let failures: i16 =
        owner.query_one("select failures from accounts where username = 'alice'", &[]).await.unwrap().get(0);
    assert_eq!(failures, 3);
    assert_eq!(alice.confirm(&id, &tan).await.error(), (429, 5131), "the right TAN comes too late");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operations_at_once_with_one_token_have_one_effect() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let headers = [("TAN-Token", token.as_str())];

    let enrol = |address: &str| {
        let body = json!({"address": address}).to_string();
        alice.client.send(reqwest::Method::POST, "/accounts/alice/tan/email", &headers, Some(body))
    };
    let (one, other) = tokio::join!(enrol("one@example.com"), enrol("other@example.com"));

    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 202, "{one:?} {other:?}");
    assert!(matches!(statuses[1], 403 | 409 | 429), "{one:?} {other:?}");
    assert_eq!(app.email.attempts(), 1);
    app.advance(Duration::from_mins(2));
    assert_eq!(enrol("third@example.com").await.error(), (403, 10003), "the token is spent");
    app.stop().await;
}
