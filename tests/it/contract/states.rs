//! Where a challenge stands (section 5): each state is seen, and what can be done in it.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{trace, with_token};
use crate::app::{TestApp, other_than};

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_open_then_solved_then_spent() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    assert_eq!(alice.state(&id).await, "open");
    let tan = app.tan_sent_to(&alice.phone);
    let token = alice.confirm(&id, &tan).await.text("tan_token").to_owned();
    assert_eq!(alice.state(&id).await, "solved");
    assert_eq!(alice.confirm(&id, &tan).await.error(), (410, 10001));
    assert_eq!(alice.retransmit(&id).await.error(), (410, 10001));
    let removed = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &token, None).await;
    assert_eq!(removed.status, 204);
    assert_eq!(alice.state(&id).await, "spent");
    for answer in
        [alice.confirm(&id, &tan).await, alice.confirm(&id, &other_than(&tan)).await, alice.retransmit(&id).await]
    {
        assert_eq!(answer.error(), (410, 10001));
    }
    assert_eq!(alice.client.delete(&alice.path(&format!("/tan/challenge/{id}"))).await.status, 204);
    assert_eq!(alice.state(&id).await, "spent", "what is done is not aborted");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_expired_when_its_tan_ran_out() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&alice.phone);
    app.advance(Duration::from_mins(5) - Duration::from_secs(20));
    assert_eq!(alice.state(&id).await, "open");
    app.advance(Duration::from_secs(20));
    assert_eq!(alice.state(&id).await, "expired");
    let before = trace(&app).await;
    assert_eq!(alice.confirm(&id, &tan).await.error(), (409, 5144));
    assert_eq!(alice.confirm(&id, &other_than(&tan)).await.error(), (409, 5144));
    assert_eq!(trace(&app).await.0.contains("\"alice\""), before.0.contains("\"alice\""));
    let failures = "select failures::bigint from accounts where username = 'alice'";
    assert_eq!(super::count(&app, failures).await, 0, "a try on a dead challenge is not counted");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_expired_when_its_token_ran_out_unspent() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&alice.phone);
    let solved = alice.confirm(&id, &tan).await;
    app.advance(Duration::from_mins(5));
    assert_eq!(alice.state(&id).await, "expired");
    assert_eq!(alice.confirm(&id, &tan).await.error(), (410, 10001), "a token is never issued twice");
    let token = solved.text("tan_token");
    let refused = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", token, None).await;
    assert_eq!(refused.error(), (403, 10003));
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channels"], json!(["sms"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_exhausted_after_its_last_wrong_tan() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&alice.phone);
    for left in [2, 1] {
        let wrong = alice.confirm(&id, &other_than(&tan)).await;
        assert_eq!((wrong.error(), wrong.number("attempts_left")), ((409, 5134), left));
    }
    let last = alice.confirm(&id, &other_than(&tan)).await;
    assert_eq!((last.error(), last.text("limit")), ((429, 5131), "attempts_per_tan"));
    assert!((40..=60).contains(&last.retry_after()), "{last:?}");
    let watched = alice.client.get(&alice.path(&format!("/tan/challenge/{id}"))).await;
    assert_eq!((watched.text("state"), watched.number("attempts_left")), ("exhausted", 0));
    let before = trace(&app).await;
    assert_eq!(alice.confirm(&id, &tan).await.error(), (429, 5131), "the right one comes too late");
    assert_eq!(alice.confirm(&id, &other_than(&tan)).await.error(), (429, 5131));
    assert_eq!(super::count(&app, "select failures::bigint from accounts where username = 'alice'").await, 3);
    assert_eq!(trace(&app).await.1, before.1);
    app.advance(Duration::from_mins(6));
    assert_eq!(alice.confirm(&id, &tan).await.error(), (429, 5131), "exhausted comes before expired");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_past_its_lifetime_is_sent_no_more() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    app.advance(Duration::from_mins(30));
    let sent = super::tans_sent(&app);
    assert_eq!(alice.retransmit(&id).await.error(), (409, 5144));
    assert_eq!(alice.state(&id).await, "expired");
    assert_eq!(super::tans_sent(&app), sent);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_aborted_and_a_dead_one_stays_what_it_was() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let path = alice.path(&format!("/tan/challenge/{id}"));
    assert_eq!(alice.client.delete(&path).await.status, 204);
    assert_eq!(alice.state(&id).await, "aborted");
    app.advance(Duration::from_hours(1));
    let young = app.log_in("alice").await;
    assert_eq!(young.get(&path).await.text("state"), "aborted");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_challenge_cannot_be_aborted_into_another_state() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    assert_eq!(app.admin.delete("/accounts/alice/tan/sms").await.status, 204);
    assert_eq!(alice.state(&id).await, "void");
    assert_eq!(alice.client.delete(&alice.path(&format!("/tan/challenge/{id}"))).await.status, 204);
    assert_eq!(alice.state(&id).await, "void");
    app.stop().await;
}
