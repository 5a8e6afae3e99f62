//! Blocks (section 5 and `limits.md`): they begin with too many wrong TANs in a row, double, and end.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tanager::channel::MessageKind;

use super::{Blocking, count, seconds, trace, until_sent, with_token};
use crate::app::{Customer, TestApp, Wish, other_than};

const MINUTE: u64 = 60;
const SMS: &str = "/accounts/alice/tan/challenge/sms";

/// Until when the account is blocked, in seconds from now, by the reply to a request for a challenge.
async fn blocked_for(customer: &Customer) -> u64 {
    let refused = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
    assert_eq!(refused.error(), (429, 10006), "{refused:?}");
    refused.retry_after()
}

fn assert_about(seconds: u64, expected: u64) {
    assert!((expected.saturating_sub(30)..=expected).contains(&seconds), "{seconds} is not about {expected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fifth_wrong_tan_in_a_row_blocks_the_account() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    until_sent(&app.email, 1).await;
    let Blocking { last: id, answer: last, .. } = alice.block(&app).await;
    assert_eq!((last.error(), last.number("attempts_left")), ((409, 5134), 1), "its own answer");
    let tan = app.tan_sent_to(&alice.phone);
    until_sent(&app.sms, 4).await;
    until_sent(&app.email, 2).await;
    let before = trace(&app).await;
    assert_about(blocked_for(&alice).await, 15 * MINUTE);
    let email = alice.client.post("/accounts/alice/tan/challenge/email", json!({})).await;
    assert_eq!(email.error(), (429, 10006), "all channels");
    let right = alice.confirm(&id, &tan).await;
    assert_eq!(right.error(), (429, 10006), "also for the right TAN");
    assert_about(right.retry_after(), 15 * MINUTE);
    assert_eq!(trace(&app).await, before, "nothing is sent, nothing is counted");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_shown_and_told_and_ends_at_its_hour() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.block(&app).await;
    let now =
        count(&app, "select floor(extract(epoch from clock_timestamp()))::bigint").await.unsigned_abs() + 2 * MINUTE;
    for client in [&alice.client, &app.admin] {
        let shown = client.get("/accounts/alice").await;
        let until = seconds(&shown.body["blocked_until"]);
        assert!((now + 15 * MINUTE - 40..=now + 15 * MINUTE + 1).contains(&until), "{shown:?}");
    }
    until_sent(&app.sms, 4).await;
    let told = app.sms.sent()[3].clone();
    assert_eq!((told.kind, told.address.reveal()), (MessageKind::Notice, alice.phone.as_str()));
    app.advance(Duration::from_secs(blocked_for(&alice).await));
    assert!(alice.client.get("/accounts/alice").await.body.get("blocked_until").is_none());
    let token = alice.token(&app).await;
    assert_eq!(token.len(), 47);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_further_block_is_twice_as_long_and_only_the_first_is_told() {
    let app = TestApp::start().await;
    let mut alice = app.customer_with_sms("alice").await;
    for expected in [15, 30, 60, 120, 240, 480, 960, 1440, 1440] {
        alice.log_in_again(&app).await;
        alice.block(&app).await;
        let wait = blocked_for(&alice).await;
        assert_about(wait, expected * MINUTE);
        app.advance(Duration::from_secs(wait));
    }
    let sms = app.sms.clone();
    app.stop().await;
    let notices = sms.sent().iter().filter(|message| message.kind == MessageKind::Notice).count();
    assert_eq!(notices, 2, "the new channel, and the first block");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_a_block_resets_the_doubling() {
    let app = TestApp::start().await;
    let mut alice = app.customer_with_sms("alice").await;
    for _ in 0..2 {
        alice.block(&app).await;
        app.advance(Duration::from_secs(blocked_for(&alice).await));
    }
    app.advance(Duration::from_hours(24));
    alice.log_in_again(&app).await;
    alice.block(&app).await;
    assert_about(blocked_for(&alice).await, 15 * MINUTE);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_block_the_count_starts_again_and_the_total_goes_on() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.block(&app).await;
    app.advance(Duration::from_secs(blocked_for(&alice).await));
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&alice.phone);
    alice.confirm(&id, &other_than(&tan)).await;
    let counts = "select (failures * 100 + total_failures)::bigint from accounts where username = 'alice'";
    assert_eq!(count(&app, counts).await, 106);
    assert_eq!(alice.confirm(&id, &tan).await.status, 200);
    assert_eq!(count(&app, counts).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn solving_does_not_end_the_doubling() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.block(&app).await;
    app.advance(Duration::from_secs(blocked_for(&alice).await));
    alice.token(&app).await;
    alice.block(&app).await;
    assert_about(blocked_for(&alice).await, 30 * MINUTE);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_unblocks() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.block(&app).await;
    for client in [&alice.client, &app.core] {
        assert_eq!(client.post("/accounts/alice/unblock", json!({})).await.error(), (403, 44));
    }
    assert!(blocked_for(&alice).await > 0);
    let unblocked = app.admin.send(Method::POST, "/accounts/alice/unblock", &[], None).await;
    assert_eq!(unblocked.status, 204);
    assert!(alice.client.get("/accounts/alice").await.body.get("blocked_until").is_none());
    app.advance(Duration::from_mins(1));
    alice.token(&app).await;
    assert_eq!(app.admin.post("/accounts/alice/unblock", json!({})).await.status, 204, "idempotent");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_issued_before_a_block_live_on() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    alice.block(&app).await;
    assert!(blocked_for(&alice).await > 0);
    let removed = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &token, None).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_blocks_an_account_knowing_only_its_name() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let bob = app.customer("bob").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let wrong = json!({"tan": other_than(&app.tan_sent_to(&alice.phone))});
    let path = alice.path(&format!("/tan/challenge/{id}/confirm"));
    let before = trace(&app).await;
    for client in [app.stranger(), bob.client.clone(), app.core.clone()] {
        for _ in 0..6 {
            assert!([401, 403].contains(&client.post(&path, wrong.clone()).await.status.as_u16()));
        }
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_all_wrong_tans_blocks_until_an_operator_unblocks() {
    let more = "[limits]\ntotal_failures = 10\n".to_owned();
    let app = TestApp::start_with(Wish { more, ..Wish::default() }).await;
    let mut alice = app.customer_with_sms("alice").await;
    alice.block(&app).await;
    until_sent(&app.sms, 4).await;
    app.advance(Duration::from_secs(blocked_for(&alice).await));
    alice.block(&app).await;
    until_sent(&app.sms, 8).await;
    let notices = app.sms.sent().iter().filter(|message| message.kind == MessageKind::Notice).count();
    assert_eq!(notices, 4, "the channel, the first block, three quarters, and the last block");
    assert_eq!(alice.client.get("/accounts/alice").await.body["blocked_until"], json!({"t_s": "never"}));
    assert_eq!(app.admin.get("/accounts").await.body["accounts"][0]["blocked_until"], json!({"t_s": "never"}));
    assert_eq!(blocked_for(&alice).await, 24 * 60 * MINUTE, "block_max");
    app.advance(Duration::from_hours(24 * 400));
    alice.log_in_again(&app).await;
    assert_eq!(blocked_for(&alice).await, 24 * 60 * MINUTE);
    assert_eq!(app.admin.post("/accounts/alice/unblock", json!({})).await.status, 204);
    alice.challenge("sms").await;
    assert_eq!(alice.client.post(SMS, json!({})).await.error(), (429, 5131));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_tan_that_exhausts_and_blocks_is_answered_as_the_last_allowed() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let mut answers = Vec::new();
    for tries in [2, 3] {
        let id = alice.challenge("sms").await.text("challenge_id").to_owned();
        let wrong = other_than(&app.tan_sent_to(&alice.phone));
        for _ in 0..tries {
            answers.push(alice.confirm(&id, &wrong).await.error());
        }
        app.advance(Duration::from_mins(1));
    }
    assert_eq!(answers, [(409, 5134), (409, 5134), (409, 5134), (409, 5134), (429, 5131)]);
    assert_about(blocked_for(&alice).await, 14 * MINUTE);
    app.stop().await;
}
