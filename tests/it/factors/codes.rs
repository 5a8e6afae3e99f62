//! Which codes are right, which are counted, and that none is right twice.

use std::time::Duration;

use serde_json::json;

use super::{STEP, Still, enrol, proven};
use crate::{app::Customer, contract::count};

async fn challenge(customer: &Customer) -> String {
    customer.challenge("totp").await.text("challenge_id").to_owned()
}

async fn failures(app: &Still) -> i64 {
    count(app, "select total_failures::bigint from accounts where username = 'alice'").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_right_one_step_before_and_after_its_own_and_no_further() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    // As far from the steps that were used as from each other.
    app.advance(10 * STEP);
    for steps in [-2, 2] {
        let id = challenge(&alice).await;
        assert_eq!(alice.confirm(&id, &app.code(&device, steps)).await.error(), (409, 5134), "{steps}");
    }
    for steps in [-1, 0, 1] {
        let id = challenge(&alice).await;
        assert_eq!(alice.confirm(&id, &app.code(&device, steps)).await.status, 200, "{steps}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_moves_with_the_second_at_which_a_step_begins() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    app.advance(10 * STEP);
    let (id, two_on) = (challenge(&alice).await, app.code(&device, 2));
    app.advance(Duration::from_secs(29));
    assert_eq!(alice.confirm(&id, &two_on).await.error(), (409, 5134));
    app.advance(Duration::from_secs(1));
    assert_eq!(alice.confirm(&id, &two_on).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_accepted_is_wrong_on_every_other_challenge_until_the_next() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let (used, other) = (challenge(&alice).await, challenge(&alice).await);
    let code = app.code(&device, 0);
    assert_eq!(alice.confirm(&used, &code).await.status, 200);
    assert_eq!(alice.confirm(&used, &code).await.error(), (410, 10001));
    assert_eq!(alice.confirm(&other, &code).await.error(), (409, 5134));
    app.advance(STEP);
    assert_eq!(alice.confirm(&other, &code).await.error(), (409, 5134), "as the code of the step before");
    assert_eq!(failures(&app).await, 2);
    assert_eq!(alice.confirm(&other, &app.code(&device, 0)).await.status, 200);
    // An earlier one that was not used is still right, and a later one that was used is not.
    app.advance(3 * STEP);
    proven(&alice, "totp", &app.code(&device, 1)).await;
    proven(&alice, "totp", &app.code(&device, -1)).await;
    app.advance(STEP);
    let id = challenge(&alice).await;
    assert_eq!(alice.confirm(&id, &app.code(&device, 0)).await.error(), (409, 5134));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_that_put_an_app_in_force_is_no_other_proof() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let (id, device) = super::set_up(&enrol(&alice, &json!({}), "").await);
    let code = app.code(&device, 0);
    assert_eq!(alice.confirm(&id, &code).await.status, 200);
    let id = challenge(&alice).await;
    assert_eq!(alice.confirm(&id, &code).await.error(), (409, 5134));
    assert_eq!(alice.confirm(&id, &app.code(&device, 1)).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_wrong_codes_exhaust_a_challenge_and_five_block_the_account() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let (first, second, wrong) = (challenge(&alice).await, challenge(&alice).await, app.wrong(&[&device]));
    for left in [2, 1] {
        let answer = alice.confirm(&first, &wrong).await;
        assert_eq!((answer.error(), answer.number("attempts_left")), ((409, 5134), left));
    }
    let last = alice.confirm(&first, &wrong).await;
    assert_eq!((last.error(), last.text("limit")), ((429, 5131), "attempts_per_tan"));
    assert_eq!(alice.confirm(&first, &app.code(&device, 0)).await.error(), (429, 5131), "the right one comes too late");
    assert_eq!(alice.state(&first).await, "exhausted");
    assert_eq!(alice.confirm(&second, &wrong).await.error(), (409, 5134));
    assert_eq!(alice.confirm(&second, &wrong).await.error(), (409, 5134), "the fifth blocks and is answered like any");
    let blocked = alice.confirm(&second, &app.code(&device, 0)).await;
    assert_eq!(blocked.error(), (429, 10006), "for the right one too");
    assert!(blocked.retry_after() > 60);
    assert_eq!(alice.client.post("/accounts/alice/tan/challenge/totp", json!({})).await.error(), (429, 10006));
    for channel in ["totp", "recovery"] {
        let refused = alice.client.post(&alice.path(&format!("/tan/{channel}")), json!({"name": "x"})).await;
        assert_eq!(refused.error(), (429, 10006), "{channel}");
    }
    assert_eq!(failures(&app).await, 5);
    app.advance(Duration::from_secs(blocked.retry_after()));
    proven(&alice, "totp", &app.code(&device, 0)).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_code_is_no_attempt() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let id = challenge(&alice).await;
    for tan in ["", "12345", "1234567", "12345678", "abcdef", "abcd-efgh-2345", "١٢٣٤٥٦"] {
        assert_eq!(alice.confirm(&id, tan).await.error(), (400, 26), "{tan}");
    }
    assert_eq!(failures(&app).await, 0);
    let typed = app.code(&device, 0);
    let (head, tail) = typed.split_at(3);
    assert_eq!(alice.confirm(&id, &format!(" {head} {tail} ")).await.status, 200, "as apps show it");
    app.stop().await;
}
