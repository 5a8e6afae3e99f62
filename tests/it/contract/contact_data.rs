//! `PATCH /accounts/{username}` (section 4): contact data and language.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{trace, until_sent, with_token};
use crate::app::{Answer, Customer, TestApp};

const OTHER: &str = "+41790000042";

async fn patched(customer: &Customer, contact: Value) -> Answer {
    customer.client.patch(&customer.path(""), json!({"contact_data": contact})).await
}

async fn contact(app: &TestApp) -> Value {
    app.admin.get("/accounts/alice").await.body["contact_data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_a_channel_changes_and_goes_at_once() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    assert_eq!(patched(&alice, json!({"phone": OTHER})).await.status, 204);
    assert_eq!(contact(&app).await, json!({"phone": OTHER, "email": alice.email}));
    assert_eq!(patched(&alice, json!({"phone": null, "email": null})).await.status, 204);
    assert_eq!(contact(&app).await, json!({}));
    assert_eq!(patched(&alice, json!({"phone": OTHER, "email": "new@example.com"})).await.status, 204);
    assert_eq!(contact(&app).await, json!({"phone": OTHER, "email": "new@example.com"}));
    assert_eq!(app.messages(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_changed_freely_and_shown_and_messages_name_it() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let changed = alice.client.patch("/accounts/alice", json!({"language": "de-CH"})).await;
    assert_eq!(changed.status, 204, "{changed:?}");
    let shown = alice.client.get("/accounts/alice").await;
    assert!(shown.text("language").eq_ignore_ascii_case("de-ch"));
    alice.challenge("sms").await;
    assert_eq!(app.sms.last_to(&alice.phone).unwrap().language, "de", "what the text is in");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_channel_needs_a_token_to_change_and_to_go() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    until_sent(&app.email, 1).await;
    let before = trace(&app).await;
    for wanted in [json!({"phone": OTHER}), json!({"phone": null}), json!({"email": null})] {
        let refused = patched(&alice, wanted.clone()).await;
        assert_eq!(refused.error(), (403, 10002), "{wanted}");
        assert_eq!(refused.header("tan-required"), "token");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_pending_until_the_new_address_is_proven_and_the_old_one_is_then_told() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_sent(&app.sms, 1).await;
    let token = alice.token(&app).await;
    let body = json!({"contact_data": {"phone": OTHER}});
    let pending = with_token(&alice.client, Method::PATCH, "/accounts/alice", &token, Some(body)).await;
    assert_eq!(pending.status, 202, "{pending:?}");
    assert_eq!((pending.text("tan_channel"), pending.text("state")), ("sms", "pending"));
    assert_eq!(contact(&app).await["phone"], json!(alice.phone), "the old one stays in force");
    let rows = alice.client.get("/accounts/alice/tan").await.body["tan_channels"].clone();
    assert_eq!((&rows[0]["state"], &rows[1]["state"]), (&json!("active"), &json!("pending")), "{rows}");
    assert_ne!(rows[0]["tan_info"], rows[1]["tan_info"]);
    app.advance(Duration::from_mins(1));
    let id = pending.body["challenge"]["challenge_id"].as_str().unwrap();
    assert_eq!(app.sms.sent().len(), 3);
    let proven = alice.confirm(id, &app.tan_sent_to(OTHER)).await;
    assert_eq!(proven.body, json!({"tan_channel": "sms", "state": "active"}));
    assert_eq!(contact(&app).await["phone"], json!(OTHER));
    until_sent(&app.sms, 4).await;
    assert_eq!(app.sms.sent()[3].address.reveal(), alice.phone, "the old address is told");
    assert!(!app.sms.sent()[3].body.reveal().contains(OTHER));
    alice.challenge("sms").await;
    assert_eq!(app.sms.sent()[4].address.reveal(), OTHER);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_an_address_removes_its_channel_and_tells_it() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    until_sent(&app.sms, 1).await;
    let token = alice.token_by(&app, "email").await;
    let body = json!({"contact_data": {"phone": null}});
    let removed = with_token(&alice.client, Method::PATCH, "/accounts/alice", &token, Some(body)).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    let shown = alice.client.get("/accounts/alice").await;
    assert_eq!(shown.body["tan_channels"], json!(["email"]));
    assert_eq!(contact(&app).await, json!({"email": alice.email}));
    until_sent(&app.sms, 2).await;
    assert_eq!(app.sms.sent()[1].address.reveal(), alice.phone);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_changes_in_one_request_are_refused_and_nothing_is_changed() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    until_sent(&app.email, 1).await;
    let token = alice.token(&app).await;
    let before = trace(&app).await;
    let body = json!({"contact_data": {"phone": OTHER, "email": "new@example.com"}, "language": "fr"});
    let refused = with_token(&alice.client, Method::PATCH, "/accounts/alice", &token, Some(body.clone())).await;
    assert_eq!(refused.error(), (400, 26));
    assert_eq!(alice.client.patch("/accounts/alice", body).await.error(), (400, 26));
    assert_eq!(trace(&app).await, before);
    assert!(alice.client.get("/accounts/alice").await.body.get("language").is_none());
    let one = json!({"contact_data": {"phone": OTHER, "email": alice.email}});
    let pending = with_token(&alice.client, Method::PATCH, "/accounts/alice", &token, Some(one)).await;
    assert_eq!(pending.status, 202, "the token was not used up, and the other address did not change: {pending:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_needs_no_token_and_voids_nothing() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.challenge("sms").await.text("challenge_id").to_owned();
    let spaced = format!("{} {}", &alice.phone[..3], &alice.phone[3..]);
    for contact in [json!({}), json!({"phone": alice.phone}), json!({"phone": spaced, "email": alice.email})] {
        assert_eq!(patched(&alice, contact.clone()).await.status, 204, "{contact}");
    }
    assert_eq!(alice.client.patch("/accounts/alice", json!({})).await.status, 204);
    assert_eq!(alice.state(&challenge).await, "open");
    assert_eq!(alice.confirm(&challenge, &app.tan_sent_to(&alice.phone)).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_changes_and_removes_without_a_token() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    until_sent(&app.sms, 1).await;
    let body = json!({"contact_data": {"phone": OTHER}});
    let pending = app.admin.patch("/accounts/alice", body).await;
    assert_eq!(pending.status, 202, "{pending:?}");
    assert_eq!(app.sms.sent().last().unwrap().address.reveal(), OTHER);
    let id = pending.body["challenge"]["challenge_id"].as_str().unwrap();
    let path = format!("/accounts/alice/tan/challenge/{id}/confirm");
    let tan = json!({"tan": app.tan_sent_to(OTHER)});
    assert_eq!(app.admin.post(&path, tan).await.error(), (403, 44), "who proves an address is its customer");
    let removed = app.admin.patch("/accounts/alice", json!({"contact_data": {"email": null}})).await;
    assert_eq!(removed.status, 204);
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channels"], json!(["sms"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_an_address_that_cannot_be_reached_changes_nothing() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    app.sms.fail_next(tanager::channel::SendError::Failed(tanager::channel::Reason::new("a test")));
    let body = || Some(json!({"contact_data": {"phone": OTHER}}));
    let failed = with_token(&alice.client, Method::PATCH, "/accounts/alice", &token, body()).await;
    assert_eq!(failed.error(), (502, 5133));
    assert_eq!(alice.client.get("/accounts/alice/tan").await.body["tan_channels"].as_array().map(Vec::len), Some(1));
    assert_eq!(contact(&app).await["phone"], json!(alice.phone));
    let again = with_token(&alice.client, Method::PATCH, "/accounts/alice", &token, body()).await;
    assert_eq!(again.status, 202, "the token was released: {again:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_message_fails_leaves_the_language_alone_too() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    app.sms.fail_next(tanager::channel::SendError::Failed(tanager::channel::Reason::new("a test")));
    let body = Some(json!({"contact_data": {"phone": OTHER, "email": "new@example.com"}, "language": "fr"}));
    let failed = with_token(&alice.client, Method::PATCH, "/accounts/alice", &token, body).await;
    assert_eq!(failed.error(), (502, 5133));
    assert!(alice.client.get("/accounts/alice").await.body.get("language").is_none());
    assert_eq!(contact(&app).await, json!({"phone": alice.phone, "email": alice.email}));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_data_without_a_channel_changes_while_the_account_is_blocked() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.block(&app).await;
    assert_eq!(patched(&alice, json!({"email": "new@example.com"})).await.status, 204);
    assert_eq!(contact(&app).await["email"], json!("new@example.com"));
    app.stop().await;
}
