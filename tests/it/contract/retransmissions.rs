//! Sending a TAN again (section 5).

use std::time::Duration;

use super::{seconds, trace};
use crate::app::{TestApp, other_than};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn before_its_time_nothing_is_sent_again_and_then_the_same_tan() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.challenge("sms").await;
    let (id, tan) = (challenge.text("challenge_id"), app.tan_sent_to(&alice.phone));
    let before = trace(&app).await;
    let early = alice.retransmit(id).await;
    assert_eq!((early.error(), early.text("limit")), ((429, 5131), "retransmission_period"));
    assert!((40..=60).contains(&early.retry_after()), "{early:?}");
    assert_eq!(trace(&app).await, before);
    app.advance(Duration::from_secs(early.retry_after()));
    let again = alice.retransmit(id).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.text("challenge_id"), id);
    assert_eq!((again.number("transmissions_left"), again.number("attempts_left")), (1, 3));
    assert_eq!(again.body["solve_expiration"], challenge.body["solve_expiration"]);
    let later = seconds(&again.body["earliest_retransmission"]) - seconds(&challenge.body["earliest_retransmission"]);
    assert!((60..=80).contains(&later), "{again:?}");
    assert!(again.body.get("state").is_none(), "like the reply to the request");
    assert_eq!(super::tans_sent(&app), before.1 + 1);
    assert_eq!(app.tan_sent_to(&alice.phone), tan);
    assert_eq!(alice.confirm(id, &tan).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_exhaustion_a_fresh_tan_is_sent_and_the_old_one_is_dead() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let old = app.tan_sent_to(&alice.phone);
    for _ in 0..3 {
        alice.confirm(&id, &other_than(&old)).await;
    }
    assert_eq!(alice.retransmit(&id).await.error(), (429, 5131), "the cool-down holds here too");
    app.advance(MINUTE);
    let again = alice.retransmit(&id).await;
    assert_eq!((again.status.as_u16(), again.number("attempts_left")), (200, 3));
    let fresh = app.tan_sent_to(&alice.phone);
    assert_ne!(fresh, old);
    assert_eq!(alice.state(&id).await, "open");
    assert_eq!(alice.confirm(&id, &old).await.error(), (409, 5134));
    assert_eq!(alice.confirm(&id, &fresh).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_it_ran_out_a_fresh_tan_is_sent_and_the_old_one_is_dead() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.challenge("sms").await;
    let (id, old) = (challenge.text("challenge_id"), app.tan_sent_to(&alice.phone));
    app.advance(5 * MINUTE);
    let again = alice.retransmit(id).await;
    assert_eq!(again.status, 200, "{again:?}");
    let gained = seconds(&again.body["solve_expiration"]) - seconds(&challenge.body["solve_expiration"]);
    assert!((300..=330).contains(&gained), "{again:?}");
    let fresh = app.tan_sent_to(&alice.phone);
    assert_ne!(fresh, old);
    assert_eq!(alice.confirm(id, &old).await.error(), (409, 5134));
    assert_eq!(alice.confirm(id, &fresh).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tries_are_not_forgiven_by_sending_the_same_tan_again() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&alice.phone);
    alice.confirm(&id, &other_than(&tan)).await;
    app.advance(MINUTE);
    assert_eq!(alice.retransmit(&id).await.number("attempts_left"), 2);
    assert_eq!(app.tan_sent_to(&alice.phone), tan);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_sent_no_more_often_than_the_limit_says() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    for left in [1, 0] {
        app.advance(MINUTE);
        assert_eq!(alice.retransmit(&id).await.number("transmissions_left"), left);
    }
    app.advance(MINUTE);
    let before = trace(&app).await;
    let refused = alice.retransmit(&id).await;
    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "transmissions_per_challenge"));
    assert!((27 * 60 - 20..=27 * 60).contains(&refused.retry_after()), "until it ends: {refused:?}");
    assert_eq!(trace(&app).await, before);
    assert_eq!(alice.confirm(&id, &app.tan_sent_to(&alice.phone)).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_cannot_be_sent_any_more_gets_no_fresh_tan() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    for _ in 0..2 {
        app.advance(MINUTE);
        assert_eq!(alice.retransmit(&id).await.status, 200);
    }
    app.advance(5 * MINUTE);
    assert_eq!(alice.retransmit(&id).await.error(), (429, 5131));
    assert_eq!(alice.state(&id).await, "expired");
    assert_eq!(alice.confirm(&id, &app.tan_sent_to(&alice.phone)).await.error(), (409, 5144));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tan_of_the_last_minutes_ends_with_its_challenge() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.challenge("sms").await;
    let id = challenge.text("challenge_id");
    app.advance(28 * MINUTE);
    let again = alice.retransmit(id).await;
    let lifetime = seconds(&again.body["solve_expiration"]) - seconds(&challenge.body["solve_expiration"]);
    assert_eq!(lifetime, 25 * 60, "no TAN outlives its challenge");
    app.advance(2 * MINUTE);
    assert_eq!(alice.confirm(id, &app.tan_sent_to(&alice.phone)).await.error(), (409, 5144));
    assert_eq!(alice.retransmit(id).await.error(), (409, 5144));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_account_is_sent_nothing_again() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.block(&app).await.last;
    super::until_sent(&app.sms, 4).await;
    app.advance(MINUTE);
    let before = trace(&app).await;
    assert_eq!(alice.retransmit(&id).await.error(), (429, 10006));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_of_an_enrolment_is_sent_again_too() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let enrolled = alice.client.post("/accounts/alice/tan/sms", serde_json::json!({})).await;
    let id = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    let tan = app.tan_sent_to(&alice.phone);
    app.advance(MINUTE);
    assert_eq!(alice.retransmit(id).await.status, 200);
    assert_eq!((super::tans_sent(&app), app.tan_sent_to(&alice.phone)), (2, tan.clone()));
    assert_eq!(alice.confirm(id, &tan).await.text("state"), "active");
    app.stop().await;
}
