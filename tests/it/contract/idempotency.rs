//! `Idempotency-Key` (section 1).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::trace;
use crate::app::{Answer, Client, TestApp};

async fn requested(client: &Client, path: &str, key: &str, body: &str) -> Answer {
    client.send(Method::POST, path, &[("Idempotency-Key", key)], Some(body.to_owned())).await
}

const SMS: &str = "/accounts/alice/tan/challenge/sms";
const EMAIL: &str = "/accounts/alice/tan/challenge/email";

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_names_the_same_challenge_and_transmits_nothing() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let first = requested(&alice.client, SMS, "one", "{}").await;
    assert_eq!(first.status, 200);
    let before = trace(&app).await;
    let again = requested(&alice.client, SMS, "one", "{}").await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &first.body));
    assert_eq!(trace(&app).await, before);
    let other_session = app.log_in("alice").await;
    let elsewhere = requested(&other_session, SMS, "one", "{}").await;
    assert_eq!(elsewhere.text("challenge_id"), first.text("challenge_id"), "the key is the account's");
    app.advance(Duration::from_mins(10));
    let later = requested(&alice.client, SMS, "one", "{}").await;
    assert_eq!(later.text("challenge_id"), first.text("challenge_id"));
    assert_eq!(super::tans_sent(&app), before.1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_names_its_challenge_also_when_that_was_solved() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let first = requested(&alice.client, SMS, "one", "{}").await;
    let id = first.text("challenge_id");
    assert_eq!(alice.confirm(id, &app.tan_sent_to(&alice.phone)).await.status, 200);
    app.advance(Duration::from_hours(2));
    let sent = super::tans_sent(&app);
    let again = requested(&alice.client, SMS, "one", "{}").await;
    assert_eq!((again.status.as_u16(), again.text("challenge_id")), (200, id));
    assert_eq!(super::tans_sent(&app), sent);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_request_under_a_used_key_is_refused() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    let ticket = alice.client.delete("/accounts/alice/tan/sms").await.text("operation").to_owned();
    assert_eq!(requested(&alice.client, SMS, "one", "{}").await.status, 200);
    super::until_sent(&app.email, 1).await;
    let before = trace(&app).await;
    let bound = json!({"operation": ticket}).to_string();
    for (path, body) in [(EMAIL, "{}"), (SMS, bound.as_str()), (SMS, "{\"operation\":null}")] {
        let other = requested(&alice.client, path, "one", body).await;
        assert_eq!(other.error(), (422, 10009), "{path} {body}");
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(requested(&alice.client, EMAIL, "One", "{}").await.status, 200, "another key");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_first_request_runs_the_same_one_is_told_to_wait() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    let told = app.sms.attempts();
    app.sms.hold();
    let client = alice.client.clone();
    let first = tokio::spawn(async move { requested(&client, SMS, "one", "{}").await });
    app.sms.until_held(1).await;
    let running = requested(&alice.client, SMS, "one", "{}").await;
    assert_eq!(running.error(), (503, 10090));
    assert!((1..=15).contains(&running.retry_after()), "{running:?}");
    assert_eq!(requested(&alice.client, EMAIL, "one", "{}").await.error(), (422, 10009));
    app.sms.release();
    let first = first.await.unwrap();
    let after = requested(&alice.client, SMS, "one", "{}").await;
    assert_eq!((after.status.as_u16(), after.text("challenge_id")), (200, first.text("challenge_id")));
    assert_eq!(app.sms.attempts(), told + 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_later_the_key_is_new() {
    let app = TestApp::start().await;
    let mut alice = app.customer_with_sms("alice").await;
    let first = requested(&alice.client, SMS, "one", "{}").await;
    app.advance(Duration::from_hours(24) - Duration::from_mins(1));
    alice.log_in_again(&app).await;
    let same = requested(&alice.client, SMS, "one", "{}").await;
    assert_eq!(same.text("challenge_id"), first.text("challenge_id"));
    app.advance(Duration::from_mins(1));
    let sent = super::tans_sent(&app);
    let new = requested(&alice.client, SMS, "one", "{}").await;
    assert_eq!(new.status, 200, "{new:?}");
    assert_ne!(new.text("challenge_id"), first.text("challenge_id"));
    assert_eq!(super::tans_sent(&app), sent + 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_account_s_own() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let bob = app.customer_with_sms("bob").await;
    let one = requested(&alice.client, SMS, "one", "{}").await;
    let other = requested(&bob.client, "/accounts/bob/tan/challenge/sms", "one", "{}").await;
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    assert_ne!(one.text("challenge_id"), other.text("challenge_id"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_uses_up_no_key() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.challenge("sms").await;
    assert_eq!(requested(&alice.client, SMS, "one", "{}").await.error(), (429, 5131));
    app.advance(Duration::from_mins(1));
    let sent = super::tans_sent(&app);
    assert_eq!(requested(&alice.client, SMS, "one", "{}").await.status, 200);
    assert_eq!(super::tans_sent(&app), sent + 1);
    app.stop().await;
}
