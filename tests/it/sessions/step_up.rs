//! Stepping up: one of the service's own protected operations.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{api_token, mfa, rows, step_up, stepped_up};
use crate::{
    app::{TestApp, Wish},
    contract::{count, seconds, trace, with_token},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_false_then_true_until_its_step_up_ends_and_then_false_again() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    assert_eq!(mfa(&alice.client, &alice).await, [json!(false)]);
    let refused = step_up(&alice.client, &alice, "").await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "token"), "{refused:?}");
    assert_eq!(refused.text("summary"), "confirm this session for 15 min");
    assert_eq!(mfa(&alice.client, &alice).await, [json!(false)]);

    let now = count(&app, "select floor(extract(epoch from clock_timestamp()))::bigint").await.unsigned_abs();
    let answer = stepped_up(&app, &alice).await;
    assert_eq!(answer.body.as_object().unwrap().len(), 2, "{answer:?}");
    let until = seconds(&answer.body["mfa_expiration"]);
    assert!((now + 900..now + 920).contains(&until), "{answer:?}");
    let row = rows(&alice.client, &alice).await.remove(0);
    assert_eq!((&row["mfa"], &row["mfa_expiration"]), (&json!(true), &answer.body["mfa_expiration"]));

    app.advance(Duration::from_mins(14));
    assert_eq!(mfa(&alice.client, &alice).await, [json!(true)]);
    app.advance(Duration::from_mins(1));
    let row = rows(&alice.client, &alice).await.remove(0);
    assert_eq!((&row["mfa"], row.get("mfa_expiration")), (&json!(false), None));
    stepped_up(&app, &alice).await;
    assert_eq!(mfa(&alice.client, &alice).await, [json!(true)]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_spent_by_success_and_by_nothing_else() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.customer_with_sms("alice").await, app.customer_with_sms("bob").await);
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let token = alice.confirm(&id, &app.tan_sent_to(&alice.phone)).await.text("tan_token").to_owned();
    let operation = json!({"method": "POST", "path": "/pay", "body_sha256": "00".repeat(32)});
    let held =
        app.core.post("/tokens/reserve", json!({"username": "alice", "operation": operation, "tan_token": token}));
    let held = held.await;
    assert_eq!(held.status, 200, "{held:?}");
    let busy = step_up(&alice.client, &alice, &token).await;
    assert_eq!((busy.error(), busy.retry_after() > 0), ((409, 10005), true));
    let release = format!("/tokens/reservations/{}/release", held.text("reservation_id"));
    assert_eq!(app.core.post(&release, json!({})).await.status, 204);

    let before = trace(&app).await;
    assert_eq!(step_up(&bob.client, &alice, &token).await.error(), (403, 44));
    assert_eq!(step_up(&bob.client, &bob, &token).await.error(), (403, 10003));
    assert_eq!(step_up(&app.stranger(), &alice, &token).await.error(), (401, 40));
    assert_eq!(step_up(&alice.client, &alice, "tan_none").await.error(), (403, 10003));
    assert_eq!(trace(&app).await, before, "another's token is neither spent nor void by it, and steps nobody up");
    assert_eq!(alice.state(&id).await, "solved");

    assert_eq!(step_up(&alice.client, &alice, &token).await.status, 200);
    assert_eq!(alice.state(&id).await, "spent");
    assert_eq!(step_up(&alice.client, &alice, &token).await.error(), (403, 10003));
    assert_eq!(
        (mfa(&alice.client, &alice).await, mfa(&bob.client, &bob).await),
        (vec![json!(true)], vec![json!(false)])
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_steps_no_other_session_up() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let other = app.log_in("alice").await;
    stepped_up(&app, &alice).await;
    assert_eq!(mfa(&other, &alice).await, [json!(true), json!(false)]);
    let refused = step_up(&other, &alice, "").await;
    assert_eq!(refused.error(), (403, 10002), "a stepped-up session gives nothing to another");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_stepped_up_is_asked_for_a_token_to_be_so_for_longer() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let first = stepped_up(&app, &alice).await;
    app.advance(Duration::from_mins(10));
    assert_eq!(step_up(&alice.client, &alice, "").await.error(), (403, 10002));
    assert_eq!(rows(&alice.client, &alice).await[0]["mfa_expiration"], first.body["mfa_expiration"]);
    let again = stepped_up(&app, &alice).await;
    assert!(seconds(&again.body["mfa_expiration"]) >= seconds(&first.body["mfa_expiration"]) + 600);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_lasts_no_longer_than_its_session() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let wish = json!({"scope": "readwrite", "duration": {"d_us": 300_000_000}});
    let short = app.core.post("/accounts/alice/token", wish).await;
    let client = alice.client.with_token(short.text("access_token"));
    let answer = step_up(&client, &alice, &alice.token(&app).await).await;
    assert_eq!(answer.body["mfa_expiration"], short.body["expiration"], "{answer:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_session_of_his_own_to_step_up_is_refused_whatever_comes_with_it() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let readonly = app.core.post("/accounts/alice/token", json!({"scope": "readonly"})).await;
    let robot = api_token(&app, &alice, json!({"scope": "readwrite"})).await;
    let looking = api_token(&app, &alice, json!({"scope": "readonly"})).await;
    let token = alice.token(&app).await;
    let before = trace(&app).await;
    let of_account = [&readonly, &robot, &looking].map(|made| app.admin.with_token(made.text("access_token")));
    for client in of_account.iter().chain([&app.admin, &app.core]) {
        for token in ["", &token] {
            assert_eq!(step_up(client, &alice, token).await.error(), (403, 44));
        }
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(step_up(&alice.client, &alice, &token).await.status, 200, "the token is as it was");
    assert_eq!(mfa(&alice.client, &alice).await, [json!(true), json!(false), Value::Null, Value::Null]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_own_operations_are_bound_only_a_token_for_this_very_request_steps_up() {
    let app = TestApp::start_with(Wish { server: "own_operations = \"bound\"".to_owned(), ..Wish::default() }).await;
    let alice = app.customer_with_sms("alice").await;
    let unbound = alice.token(&app).await;
    let refused = step_up(&alice.client, &alice, &unbound).await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "bound"));
    let bound = async || {
        let ticket = json!({"operation": refused.text("operation")});
        let asked = alice.client.post("/accounts/alice/tan/challenge/sms", ticket).await;
        assert_eq!(asked.text("summary"), "confirm this session for 15 min");
        alice.confirm(asked.text("challenge_id"), &app.tan_sent_to(&alice.phone)).await.text("tan_token").to_owned()
    };
    let elsewhere = bound().await;
    let removed = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &elsewhere, None).await;
    assert_eq!(removed.error(), (403, 10004));
    assert_eq!(step_up(&alice.client, &alice, &elsewhere).await.error(), (403, 10003), "void");
    assert_eq!(step_up(&alice.client, &alice, &bound().await).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bare_account_was_stepped_up_with_ends_with_its_first_channel() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let other = app.log_in("alice").await;
    assert_eq!(step_up(&alice.client, &alice, "").await.status, 200);
    assert_eq!(step_up(&other, &alice, "tan_ignored").await.status, 200);
    assert_eq!(mfa(&alice.client, &alice).await, [json!(true), json!(true)]);
    let enrolled = other.post("/accounts/alice/tan/sms", json!({})).await;
    assert_eq!(mfa(&alice.client, &alice).await, [json!(true), json!(true)], "nothing is in force yet");
    let id = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    let confirm = format!("/accounts/alice/tan/challenge/{id}/confirm");
    let proven = other.post(&confirm, json!({"tan": app.tan_sent_to(&alice.phone)})).await;
    assert_eq!(proven.status, 200, "{proven:?}");
    assert_eq!(mfa(&alice.client, &alice).await, [json!(false), json!(false)], "also of the one that proved it");
    app.stop().await;
}
