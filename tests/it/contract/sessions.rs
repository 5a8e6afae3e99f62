//! Ending tokens and logging out (section 7): what dies with a session, and what does not.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::with_token;
use crate::app::{Client, Customer, TestApp};

/// A session of an account with an unspent token and an open challenge.
struct Session {
    client: Client,
    challenge: String,
    token: String,
}

async fn session(app: &TestApp, customer: &Customer) -> Session {
    let client = app.log_in(&customer.username).await;
    let path = customer.path("/tan/challenge/sms");
    let first = client.post(&path, json!({})).await;
    let confirm = customer.path(&format!("/tan/challenge/{}/confirm", first.text("challenge_id")));
    let solved = client.post(&confirm, json!({"tan": app.tan_sent_to(&customer.phone)})).await;
    let challenge = client.post(&path, json!({})).await.text("challenge_id").to_owned();
    app.advance(Duration::from_mins(1));
    Session { client, challenge, token: solved.text("tan_token").to_owned() }
}

async fn assert_dead(customer: &Customer, session: &Session) {
    assert_eq!(session.client.get(&customer.path("")).await.error(), (401, 40));
    assert_eq!(customer.state(&session.challenge).await, "void");
    let refused = with_token(&customer.client, Method::DELETE, &customer.path("/tan/sms"), &session.token, None).await;
    assert_eq!(refused.error(), (403, 10003));
}

async fn assert_alive(app: &TestApp, customer: &Customer, session: &Session) {
    assert_eq!(session.client.get(&customer.path("")).await.status, 200);
    assert_eq!(customer.state(&session.challenge).await, "open");
    let tan = app.tan_sent_to(&customer.phone);
    assert_eq!(customer.confirm(&session.challenge, &tan).await.status, 200);
    let removed = with_token(&session.client, Method::DELETE, &customer.path("/tan/sms"), &session.token, None).await;
    assert_eq!(removed.status, 204, "{removed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_ends_the_session_with_its_challenges_and_unspent_tokens_and_nothing_else() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let (ended, kept) = (session(&app, &alice).await, session(&app, &alice).await);
    assert_eq!(ended.client.delete("/accounts/alice/token").await.status, 204);
    assert_dead(&alice, &ended).await;
    assert_alive(&app, &alice, &kept).await;
    assert_eq!(ended.client.delete("/accounts/alice/token").await.error(), (401, 40));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_another_token_ends_its_challenges_and_unspent_tokens_and_nothing_else() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let first = alice.client.get("/accounts/alice/tokens").await;
    let ended = session(&app, &alice).await;
    let kept = session(&app, &alice).await;
    let listed = alice.client.get("/accounts/alice/tokens").await;
    let rows = listed.body["tokens"].as_array().unwrap();
    assert_eq!((first.body["tokens"].as_array().unwrap().len(), rows.len()), (1, 3), "in the order they were made");
    let path = format!("/accounts/alice/tokens/{}", rows[1]["token_id"].as_str().unwrap());
    assert_eq!(alice.client.delete(&path).await.status, 204);
    assert_eq!(alice.client.delete(&path).await.error(), (404, 21));
    assert_dead(&alice, &ended).await;
    assert_alive(&app, &alice, &kept).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_withdraws_the_session_s_pending_address() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let other = app.log_in("alice").await;
    let enrolled = other.post("/accounts/alice/tan/sms", json!({})).await;
    assert_eq!(enrolled.status, 202);
    assert_eq!(other.delete("/accounts/alice/token").await.status, 204);
    let id = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    assert_eq!(alice.state(id).await, "void");
    assert_eq!(alice.confirm(id, &app.tan_sent_to(&alice.phone)).await.error(), (409, 5144));
    assert_eq!(alice.client.get("/accounts/alice/tan").await.body["tan_channels"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_only_looks_logs_out_and_ends_no_other() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let minted = app.core.post("/accounts/alice/token", json!({"scope": "readonly"})).await;
    let readonly = app.admin.with_token(minted.text("access_token"));
    let listed = readonly.get("/accounts/alice/tokens").await;
    let own = listed.body["tokens"][0]["token_id"].as_str().unwrap();
    assert_eq!(readonly.delete(&format!("/accounts/alice/tokens/{own}")).await.error(), (403, 44));
    assert_eq!(readonly.delete("/accounts/alice/token").await.status, 204);
    assert_eq!(readonly.get("/accounts/alice").await.error(), (401, 40));
    assert_eq!(alice.client.get("/accounts/alice").await.status, 200);
    app.stop().await;
}
