//! Requesting and aborting challenges (section 5).

use std::time::Duration;

use serde_json::json;
use tanager::channel::MessageKind;

use super::{count, seconds, trace};
use crate::app::TestApp;

const COOLING: &str = "retransmission_period";

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_answered_when_its_message_was_handed_over() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    super::until_sent(&app.sms, 1).await;
    let challenge = alice.challenge("sms").await;
    let message = app.sms.last_to(&alice.phone).unwrap();
    assert_eq!((app.sms.sent().len(), message.kind), (2, MessageKind::Tan));
    let mut members: Vec<_> = challenge.body.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    let expected = [
        "attempts_left",
        "challenge_id",
        "earliest_retransmission",
        "solve_expiration",
        "tan_channel",
        "tan_info",
        "transmissions_left",
    ];
    assert_eq!(members, expected);
    assert_eq!((challenge.number("attempts_left"), challenge.number("transmissions_left")), (3, 2));
    assert_eq!(challenge.text("tan_channel"), "sms");
    assert!(challenge.text("tan_info").contains('*'));
    let tan = app.tan_sent_to(&alice.phone);
    assert!(!challenge.raw.contains(&tan));
    assert!(message.body.reveal().ends_with(&format!("\n@bank.example #{tan}")), "bound to the bank's origin");
    let watched = alice.client.get(&alice.path(&format!("/tan/challenge/{}", challenge.text("challenge_id")))).await;
    let mut with_state = challenge.body.clone();
    with_state["state"] = json!("open");
    assert_eq!(watched.body, with_state);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_needs_no_body() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let bare = alice.client.send(reqwest::Method::POST, "/accounts/alice/tan/challenge/sms", &[], None).await;
    assert_eq!(bare.status, 200, "{bare:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_cools_down_while_its_challenge_is_unsolved() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    super::until_sent(&app.email, 1).await;
    let first = alice.challenge("sms").await;
    let before = trace(&app).await;
    let hot = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!((hot.error(), hot.text("limit")), ((429, 5131), COOLING));
    assert!((40..=60).contains(&hot.retry_after()), "{hot:?}");
    assert_eq!(trace(&app).await, before);
    alice.challenge("email").await;
    app.advance(Duration::from_secs(hot.retry_after()));
    alice.challenge("sms").await;
    assert_eq!(alice.state(first.text("challenge_id")).await, "open", "an earlier unsolved one stays open");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_exact() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.challenge("sms").await;
    app.advance(Duration::from_secs(30));
    let hot = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    let wait = hot.retry_after();
    assert!((10..=30).contains(&wait), "{hot:?}");
    app.advance(Duration::from_secs(wait / 3));
    let still = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!(still.error(), (429, 5131));
    app.advance(Duration::from_secs(still.retry_after()));
    alice.challenge("sms").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solved_challenge_starts_no_cool_down() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let ids: Vec<String> = {
        let first = alice.challenge("sms").await.text("challenge_id").to_owned();
        assert_eq!(alice.confirm(&first, &app.tan_sent_to(&alice.phone)).await.status, 200);
        let second = alice.challenge("sms").await.text("challenge_id").to_owned();
        vec![first, second]
    };
    assert_ne!(ids[0], ids[1]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_challenge_is_dead_and_its_cool_down_stays() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let path = alice.path(&format!("/tan/challenge/{id}"));
    assert_eq!(alice.client.delete(&path).await.status, 204);
    let before = trace(&app).await;
    assert_eq!(alice.client.delete(&path).await.status, 204, "idempotent");
    assert_eq!(alice.confirm(&id, &app.tan_sent_to(&alice.phone)).await.error(), (409, 5144));
    assert_eq!(alice.retransmit(&id).await.error(), (409, 5144));
    let hot = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!((hot.error(), hot.text("limit")), ((429, 5131), COOLING));
    let after = trace(&app).await;
    assert_eq!(after.1, before.1, "nothing was sent");
    assert_eq!(count(&app, "select failures::bigint from accounts where username = 'alice'").await, 0);
    app.advance(Duration::from_mins(1));
    alice.challenge("sms").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_challenge_takes_its_unspent_token_with_it() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let token = alice.confirm(&id, &app.tan_sent_to(&alice.phone)).await.text("tan_token").to_owned();
    assert_eq!(alice.client.delete(&alice.path(&format!("/tan/challenge/{id}"))).await.status, 204);
    let path = "/accounts/alice/tan/sms";
    let refused = super::with_token(&alice.client, reqwest::Method::DELETE, path, &token, None).await;
    assert_eq!(refused.error(), (403, 10003));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_challenges_may_be_open_than_the_limit_says() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let mut first = None;
    for _ in 0..5 {
        let challenge = alice.challenge("sms").await;
        first.get_or_insert(challenge);
        app.advance(Duration::from_mins(1));
    }
    let first = first.unwrap();
    let before = trace(&app).await;
    let full = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!((full.error(), full.text("limit")), ((429, 5131), "open_challenges"));
    assert!((25 * 60 - 20..=25 * 60).contains(&full.retry_after()), "until the first one ends: {full:?}");
    assert_eq!(trace(&app).await, before);
    let path = alice.path(&format!("/tan/challenge/{}", first.text("challenge_id")));
    assert_eq!(alice.client.delete(&path).await.status, 204);
    alice.challenge("sms").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_s_cool_down_is_not_another_s() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.customer_with_sms("alice").await, app.customer_with_sms("bob").await);
    let one = alice.challenge("sms").await;
    let other = bob.challenge("sms").await;
    assert_ne!(one.text("challenge_id"), other.text("challenge_id"));
    assert_ne!(app.tan_sent_to(&alice.phone), app.tan_sent_to(&bob.phone));
    assert!(seconds(&one.body["solve_expiration"]) <= seconds(&other.body["solve_expiration"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_gets_no_more_messages_in_an_hour_than_the_limit_says() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    for _ in 0..10 {
        alice.token(&app).await;
    }
    let sent = super::tans_sent(&app);
    let refused = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "account_per_hour"));
    assert_eq!(super::tans_sent(&app), sent);
    app.stop().await;
}
