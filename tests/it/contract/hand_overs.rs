//! Messages that could not be handed over (section 5): they spend no attempt and no cool-down.

use std::{num::NonZeroU16, time::Duration};

use serde_json::json;
use tanager::channel::{GateSettings, Reason, SendError};

use super::count;
use crate::app::{TestApp, Wish};

const ALIVE: &str = "select count(*) from challenges where state = 'open'";

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_failure_is_the_same_to_a_client_and_may_be_tried_again_at_once() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let reason = || Reason::new("+41790000042 said 12345678");
    for error in [
        SendError::AddressRefused(reason()),
        SendError::TryLater(reason()),
        SendError::Misconfigured(reason()),
        SendError::Failed(reason()),
        SendError::TimedOut(reason()),
    ] {
        app.sms.fail_next(error);
        let failed = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
        assert_eq!(failed.error(), (502, 5133));
        let mut members: Vec<_> = failed.body.as_object().unwrap().keys().map(String::as_str).collect();
        members.retain(|member| *member != "detail");
        assert_eq!(members, ["code", "hint"]);
        assert!(!failed.raw.contains("12345678") && !failed.raw.contains("+4179"), "{}", failed.raw);
        assert_eq!(count(&app, ALIVE).await, 0, "no challenge stays open");
    }
    let challenge = alice.challenge("sms").await;
    assert_eq!((challenge.number("attempts_left"), challenge.number("transmissions_left")), (3, 2));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_survives_a_failure_of_sending_it_again() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&alice.phone);
    app.advance(Duration::from_mins(1));
    app.sms.fail_next(SendError::Failed(Reason::default()));
    assert_eq!(alice.retransmit(&id).await.error(), (502, 5133));
    assert_eq!(alice.state(&id).await, "open");
    let again = alice.retransmit(&id).await;
    assert_eq!((again.status.as_u16(), again.number("transmissions_left")), (200, 1), "a failure is not counted");
    assert_eq!(app.tan_sent_to(&alice.phone), tan);
    assert_eq!(alice.confirm(&id, &tan).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_hand_over_frees_the_key() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let key = [("Idempotency-Key", "one")];
    let path = "/accounts/alice/tan/challenge/sms";
    app.sms.fail_next(SendError::TryLater(Reason::default()));
    let failed = alice.client.send(reqwest::Method::POST, path, &key, Some("{}".to_owned())).await;
    assert_eq!(failed.error(), (502, 5133));
    let sent = app.sms.attempts();
    let again = alice.client.send(reqwest::Method::POST, path, &key, Some("{}".to_owned())).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(app.sms.attempts(), sent + 1);
    assert_eq!(alice.state(again.text("challenge_id")).await, "open");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_for_a_new_challenge_leaves_the_cool_down_of_the_earlier_one() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.challenge("sms").await;
    app.advance(Duration::from_mins(1));
    app.sms.fail_next(SendError::Failed(Reason::default()));
    let path = "/accounts/alice/tan/challenge/sms";
    assert_eq!(alice.client.post(path, json!({})).await.error(), (502, 5133));
    alice.challenge("sms").await;
    assert_eq!(alice.client.post(path, json!({})).await.error(), (429, 5131));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_message_is_on_its_way_no_other_goes_out_on_that_channel() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    super::until_sent(&app.sms, 1).await;
    app.sms.hold();
    let path = "/accounts/alice/tan/challenge/sms";
    let client = alice.client.clone();
    let first = tokio::spawn(async move { client.post(path, json!({})).await });
    app.sms.until_held(1).await;
    assert_eq!(alice.client.post(path, json!({})).await.error(), (429, 5131));
    assert!(!first.is_finished(), "200 is not sent before the message was handed over");
    app.sms.release();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(app.sms.attempts(), 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_place_is_taken_the_next_is_told_so_and_nothing_is_begun() {
    let gate = GateSettings { at_once: NonZeroU16::MIN, waiting: 0, patience: Duration::from_secs(1) };
    let app = TestApp::start_with(Wish { gate, ..Wish::default() }).await;
    let (alice, bob) = (app.customer_with_sms("alice").await, app.customer_with_sms("bob").await);
    let sent = app.sms.attempts();
    app.sms.hold();
    let (client, path) = (alice.client.clone(), alice.path("/tan/challenge/sms"));
    let first = tokio::spawn(async move { client.post(&path, json!({})).await });
    app.sms.until_held(1).await;

    let refused = bob.client.post(&bob.path("/tan/challenge/sms"), json!({})).await;

    assert_eq!(refused.error(), (503, 10090), "{refused:?}");
    assert!(refused.retry_after() >= 1);
    let owner = app.database.owner().await;
    let begun = "select count(*) from challenges join accounts using (account_id) where username = 'bob'";
    assert_eq!(owner.query_one(begun, &[]).await.unwrap().get::<_, i64>(0), 0);
    app.sms.release();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(bob.client.post(&bob.path("/tan/challenge/sms"), json!({})).await.status, 200);
    assert_eq!(app.sms.attempts(), sent + 2);
    app.stop().await;
}
