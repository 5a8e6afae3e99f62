//! Channels as they stand: listed, set by operators, and removed (sections 4 and 8).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tanager::channel::MessageKind;

use super::{seconds, trace, until_sent, with_token};
use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_listed_with_state_masked_address_and_since_when() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let empty = app.customer("bob").await.client.get("/accounts/bob/tan").await;
    assert_eq!(empty.body, json!({"tan_channels": []}));
    app.advance(Duration::from_mins(10));
    let token = alice.token(&app).await;
    let body = json!({"address": "new@example.com"});
    let enrolled = with_token(&alice.client, Method::POST, "/accounts/alice/tan/email", &token, Some(body)).await;
    assert_eq!(enrolled.status, 202);
    let listed = alice.client.get("/accounts/alice/tan").await;
    let rows = listed.body["tan_channels"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{listed:?}");
    for (row, channel, state) in [(&rows[0], "sms", "active"), (&rows[1], "email", "pending")] {
        assert_eq!((&row["tan_channel"], &row["state"]), (&json!(channel), &json!(state)));
        assert!(row["tan_info"].as_str().unwrap().contains('*'));
    }
    let between = seconds(&rows[1]["since"]) - seconds(&rows[0]["since"]);
    assert!((600..660).contains(&between), "{listed:?}");
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channels"], json!(["sms"]), "active ones alone");
    app.advance(Duration::from_mins(30));
    let later = alice.client.get("/accounts/alice/tan").await;
    assert_eq!(later.body["tan_channels"].as_array().unwrap().len(), 1, "what was not proven in time is not pending");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_channel_is_named_beside_the_list() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channel"], json!(null));
    for (channel, address) in [("email", &alice.email), ("sms", &alice.phone)] {
        let put = app.admin.put(&format!("/accounts/alice/tan/{channel}"), json!({"address": address})).await;
        assert_eq!(put.status, 204);
        let shown = alice.client.get("/accounts/alice").await;
        assert_eq!(shown.body["tan_channel"], shown.body["tan_channels"][0]);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_address_is_withdrawn_first_and_freely_and_the_active_one_is_protected() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_sent(&app.sms, 1).await;
    let token = alice.token(&app).await;
    let body = json!({"address": "+41790000042"});
    let enrolled = with_token(&alice.client, Method::POST, "/accounts/alice/tan/sms", &token, Some(body)).await;
    let id = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    let sent = app.sms.attempts();

    assert_eq!(alice.client.delete("/accounts/alice/tan/sms").await.status, 204);
    assert_eq!(alice.state(id).await, "void");
    assert_eq!(alice.confirm(id, &app.tan_sent_to("+41790000042")).await.error(), (409, 5144));
    let rows = alice.client.get("/accounts/alice/tan").await.body["tan_channels"].clone();
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["state"]), (1, &json!("active")));

    let before = trace(&app).await;
    assert_eq!(alice.client.delete("/accounts/alice/tan/sms").await.error(), (403, 10002));
    assert_eq!(trace(&app).await, before);
    let sms = app.sms.clone();
    app.stop().await;
    assert_eq!(sms.attempts(), sent, "nobody is told of what never was in force");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_channel_is_told_and_without_the_last_one_nothing_is_protected() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_sent(&app.sms, 1).await;
    let token = alice.token(&app).await;
    let removed = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &token, None).await;
    assert_eq!(removed.status, 204);
    until_sent(&app.sms, 3).await;
    let told = &app.sms.sent()[2];
    assert_eq!((told.kind, told.address.reveal()), (MessageKind::Notice, alice.phone.as_str()));
    assert_eq!(alice.client.delete("/accounts/alice/tan/sms").await.error(), (404, 5132));
    let refused = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!(refused.error(), (409, 5132));
    assert_eq!(alice.client.delete("/accounts/alice").await.status, 204, "2FA is off");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sets_an_address_without_a_tan_and_old_and_new_are_told() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_sent(&app.sms, 1).await;
    let put = app.admin.put("/accounts/alice/tan/sms", json!({"address": "+41 79 000 00 42"})).await;
    assert_eq!(put.status, 204);
    until_sent(&app.sms, 3).await;
    let mut told: Vec<_> = app.sms.sent()[1..].iter().map(|notice| notice.address.reveal().to_owned()).collect();
    told.sort_unstable();
    let mut expected = ["+41790000042".to_owned(), alice.phone.clone()];
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert!(app.sms.sent().iter().all(|message| message.kind == MessageKind::Notice));
    let shown = app.admin.get("/accounts/alice").await;
    assert_eq!(shown.body["contact_data"]["phone"], json!("+41790000042"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_address_set_again_changes_and_tells_nothing() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_sent(&app.sms, 1).await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let put = app.admin.put("/accounts/alice/tan/sms", json!({"address": alice.phone})).await;
    assert_eq!(put.status, 204);
    assert_eq!(alice.state(&id).await, "open");
    let sms = app.sms.clone();
    app.stop().await;
    assert_eq!(sms.attempts(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_removes_a_channel_without_a_tan_and_its_address_is_told() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    until_sent(&app.email, 1).await;
    assert_eq!(app.admin.delete("/accounts/alice/tan/email").await.status, 204);
    until_sent(&app.email, 2).await;
    assert_eq!(app.email.sent()[1].address.reveal(), alice.email);
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channels"], json!(["sms"]));
    assert_eq!(app.admin.delete("/accounts/alice/tan/email").await.error(), (404, 5132));
    app.stop().await;
}
