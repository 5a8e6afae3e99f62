//! Enrolling an address (section 4).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tanager::channel::MessageKind;

use super::{trace, until_sent, with_token};
use crate::app::{Answer, Customer, TestApp, other_than};

const NEW: &str = "+41790000042";

async fn enrol(customer: &Customer, channel: &str, address: &str) -> Answer {
    customer.client.post(&customer.path(&format!("/tan/{channel}")), json!({"address": address})).await
}

fn id(enrolled: &Answer) -> String {
    assert_eq!(enrolled.status, 202, "{enrolled:?}");
    enrolled.body["challenge"]["challenge_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_sends_to_the_new_address_and_is_pending_until_proven() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let enrolled = enrol(&alice, "sms", "+41 (79) 000-00.42").await;
    let challenge = id(&enrolled);
    assert_eq!((enrolled.text("tan_channel"), enrolled.text("state")), ("sms", "pending"));
    let members = enrolled.body["challenge"].as_object().unwrap();
    for member in [
        "tan_channel",
        "tan_info",
        "solve_expiration",
        "earliest_retransmission",
        "attempts_left",
        "transmissions_left",
    ] {
        assert!(members.contains_key(member), "{member} is absent: {enrolled:?}");
    }
    assert!(app.sms.last_to(&alice.phone).is_none());
    assert_eq!(app.sms.last_to(NEW).unwrap().kind, MessageKind::Tan);
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channels"], json!([]));
    let proven = alice.confirm(&challenge, &app.tan_sent_to(NEW)).await;
    assert_eq!((proven.status.as_u16(), proven.body.clone()), (200, json!({"tan_channel": "sms", "state": "active"})));
    let account = app.admin.get("/accounts/alice").await;
    assert_eq!(account.body["contact_data"]["phone"], json!(NEW), "a proven address is the contact data");
    assert_eq!(alice.state(&challenge).await, "solved");
    assert_eq!(alice.confirm(&challenge, &app.tan_sent_to(NEW)).await.error(), (410, 10001));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_the_contact_data_is_used_and_none_is_refused() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    for (channel, address) in [("sms", &alice.phone), ("email", &alice.email)] {
        let body = if channel == "sms" { None } else { Some("{}".to_owned()) };
        let enrolled = alice.client.send(Method::POST, &alice.path(&format!("/tan/{channel}")), &[], body).await;
        assert_eq!(enrolled.status, 202, "{enrolled:?}");
        assert_eq!(app.tan_sent_to(address).len(), 8);
    }
    assert_eq!(app.admin.post("/accounts", json!({"username": "bare"})).await.status, 201);
    let bare = app.log_in("bare").await;
    let before = trace(&app).await;
    for channel in ["sms", "email"] {
        assert_eq!(bare.post(&format!("/accounts/bare/tan/{channel}"), json!({})).await.error(), (409, 5129));
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_active_address_is_not_enrolled_again() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let before = trace(&app).await;
    assert_eq!(enrol(&alice, "sms", &alice.phone).await.error(), (409, 10007));
    let with_proof = with_token(&alice.client, Method::POST, "/accounts/alice/tan/sms", &token, Some(json!({}))).await;
    assert_eq!(with_proof.error(), (409, 10007));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_enrolment_voids_the_first() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let first = id(&enrol(&alice, "sms", NEW).await);
    let tan = app.tan_sent_to(NEW);
    let before = trace(&app).await;
    let hot = enrol(&alice, "sms", "+41790000043").await;
    assert_eq!((hot.error(), hot.text("limit")), ((429, 5131), "retransmission_period"), "whatever its address");
    assert_eq!(trace(&app).await, before);
    app.advance(Duration::from_mins(1));
    let second = id(&enrol(&alice, "sms", "+41790000043").await);
    assert_eq!(alice.state(&first).await, "void");
    assert_eq!(alice.confirm(&first, &tan).await.error(), (409, 5144));
    assert_eq!(alice.client.get("/accounts/alice/tan").await.body["tan_channels"].as_array().unwrap().len(), 1);
    assert_eq!(alice.confirm(&second, &app.tan_sent_to("+41790000043")).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_on_another_channel_voids_no_pending_one() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let sms = id(&enrol(&alice, "sms", NEW).await);
    let email = id(&enrol(&alice, "email", "new@example.com").await);
    assert_eq!((alice.state(&sms).await, alice.state(&email).await), ("open".to_owned(), "open".to_owned()));
    assert_eq!(alice.confirm(&email, &app.tan_sent_to("new@example.com")).await.status, 200);
    assert_eq!(alice.confirm(&sms, &app.tan_sent_to(NEW)).await.status, 200, "adding a channel voids nothing");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_that_cannot_be_sent_is_void_and_may_be_tried_again_at_once() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.sms.fail_next(tanager::channel::SendError::TryLater(tanager::channel::Reason::new("a test")));
    let failed = enrol(&alice, "sms", NEW).await;
    assert_eq!(failed.error(), (502, 5133));
    assert!(failed.body.get("challenge").is_none());
    assert_eq!(alice.client.get("/accounts/alice/tan").await.body["tan_channels"], json!([]));
    let again = id(&enrol(&alice, "sms", NEW).await);
    assert_eq!(alice.confirm(&again, &app.tan_sent_to(NEW)).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_account_enrols_nothing() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    until_sent(&app.sms, 2).await;
    alice.block(&app).await;
    until_sent(&app.sms, 5).await;
    let before = trace(&app).await;
    let body = || Some(json!({"address": "new@example.com"}));
    let refused = with_token(&alice.client, Method::POST, "/accounts/alice/tan/email", &token, body()).await;
    assert_eq!(refused.error(), (429, 10006));
    let bare = alice.client.post("/accounts/alice/tan/email", json!({})).await;
    assert_eq!(bare.error(), (429, 10006));
    let patch = Some(json!({"contact_data": {"phone": NEW}}));
    let patched = with_token(&alice.client, Method::PATCH, "/accounts/alice", &token, patch).await;
    assert_eq!(patched.error(), (429, 10006));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tans_of_an_enrolment_are_counted_and_its_proof_clears_no_count() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let body = Some(json!({"address": "new@example.com"}));
    let challenge = id(&with_token(&alice.client, Method::POST, "/accounts/alice/tan/email", &token, body).await);
    let tan = app.tan_sent_to("new@example.com");
    for left in [2, 1] {
        let wrong = alice.confirm(&challenge, &other_than(&tan)).await;
        assert_eq!((wrong.error(), wrong.number("attempts_left")), ((409, 5134), left));
    }
    assert_eq!(alice.confirm(&challenge, &tan).await.status, 200);
    let failures = "select failures::bigint from accounts where username = 'alice'";
    assert_eq!(super::count(&app, failures).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_spent_when_the_message_of_the_enrolment_was_handed_over() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let body = || Some(json!({"address": "new@example.com"}));
    id(&with_token(&alice.client, Method::POST, "/accounts/alice/tan/email", &token, body()).await);
    let again = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &token, None).await;
    assert_eq!(again.error(), (403, 10003), "the token was spent by the enrolment");
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channels"], json!(["sms"]));
    app.stop().await;
}
