//! What a change of a factor voids, and what it does not (section 4).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::with_token;
use crate::app::{Customer, TestApp};

const NEW: &str = "+41790000042";

/// What an account holds before the change: an open challenge by mail, and an unspent token by SMS.
struct Held {
    challenge: String,
    solved: String,
    token: String,
}

async fn held(app: &TestApp, customer: &Customer) -> Held {
    let solved = customer.challenge("sms").await.text("challenge_id").to_owned();
    let token = customer.confirm(&solved, &app.tan_sent_to(&customer.phone)).await.text("tan_token").to_owned();
    let challenge = customer.challenge("email").await.text("challenge_id").to_owned();
    Held { challenge, solved, token }
}

async fn assert_void(app: &TestApp, customer: &Customer, held: &Held) {
    assert_eq!(customer.state(&held.challenge).await, "void");
    assert_eq!(customer.state(&held.solved).await, "void");
    let tan = app.tan_sent_to(&customer.email);
    assert_eq!(customer.confirm(&held.challenge, &tan).await.error(), (409, 5144));
    assert_eq!(customer.retransmit(&held.challenge).await.error(), (409, 5144));
    let refused = with_token(&customer.client, Method::DELETE, &customer.path(""), &held.token, None).await;
    assert_eq!(refused.error(), (403, 10003));
    assert_eq!(customer.client.get(&customer.path("")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn activating_another_address_voids_the_rest() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    let paid = alice.token(&app).await;
    let body = Some(json!({"address": NEW}));
    let enrolled = with_token(&alice.client, Method::POST, "/accounts/alice/tan/sms", &paid, body).await;
    assert_eq!(enrolled.status, 202);
    app.advance(Duration::from_mins(1));
    let held = held(&app, &alice).await;
    assert_eq!(alice.state(&held.challenge).await, "open", "a pending address voids nothing yet");
    let id = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    assert_eq!(alice.confirm(id, &app.tan_sent_to(NEW)).await.status, 200);
    assert_eq!(alice.state(id).await, "solved");
    assert_void(&app, &alice, &held).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_a_channel_voids_the_rest_and_spends_its_own_token() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    let paid = alice.challenge("sms").await.text("challenge_id").to_owned();
    let token = alice.confirm(&paid, &app.tan_sent_to(&alice.phone)).await.text("tan_token").to_owned();
    let held = held(&app, &alice).await;
    let removed = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &token, None).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    assert_eq!(alice.state(&paid).await, "spent");
    assert_void(&app, &alice, &held).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_change_of_a_factor_by_an_operator_voids_the_rest() {
    let app = TestApp::start().await;
    for (name, method, channel) in [("alice", "PUT", "sms"), ("bob", "PUT", "email"), ("carol", "DELETE", "sms")] {
        let customer = app.customer_with_both(name).await;
        let held = held(&app, &customer).await;
        let address = if channel == "sms" { NEW } else { "new@example.com" };
        let body = (method == "PUT").then(|| json!({"address": address}).to_string());
        let path = customer.path(&format!("/tan/{channel}"));
        let changed = app.admin.send(method.parse().unwrap(), &path, &[], body).await;
        assert_eq!(changed.status, 204, "{changed:?}");
        assert_void(&app, &customer, &held).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_an_operator_adds_voids_the_rest_too() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let put = app.admin.put("/accounts/alice/tan/email", json!({"address": alice.email})).await;
    assert_eq!(put.status, 204);
    assert_eq!(alice.state(&id).await, "void");
    assert_eq!(alice.confirm(&id, &app.tan_sent_to(&alice.phone)).await.error(), (409, 5144));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_the_customer_adds_voids_nothing() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let (paid, kept) = (alice.token(&app).await, alice.token(&app).await);
    let open = alice.challenge("sms").await.text("challenge_id").to_owned();
    let body = Some(json!({"address": alice.email}));
    let enrolled = with_token(&alice.client, Method::POST, "/accounts/alice/tan/email", &paid, body).await;
    let id = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    assert_eq!(alice.confirm(id, &app.tan_sent_to(&alice.email)).await.status, 200);
    assert_eq!(alice.state(&open).await, "open");
    let removed = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/email", &kept, None).await;
    assert_eq!(removed.status, 204, "the unspent token is as it was: {removed:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_data_without_a_channel_behind_it_voids_nothing() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let (open, token) = {
        let token = alice.token(&app).await;
        (alice.challenge("sms").await.text("challenge_id").to_owned(), token)
    };
    let patch = json!({"contact_data": {"email": "new@example.com"}, "language": "fr"});
    assert_eq!(alice.client.patch("/accounts/alice", patch).await.status, 204);
    assert_eq!(alice.state(&open).await, "open");
    let removed = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &token, None).await;
    assert_eq!(removed.status, 204);
    app.stop().await;
}
