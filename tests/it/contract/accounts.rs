//! Accounts: made, shown, listed and deleted (sections 4 and 8).

use reqwest::Method;
use serde_json::json;

use super::{count, trace, until_sent, with_token};
use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_once_and_the_same_again_is_the_same() {
    let app = TestApp::start().await;
    let wanted = json!({"username": "alice", "contact_data": {"phone": "+41791234567", "email": "a@example.com"},
        "tan_channels": ["sms"], "language": "de"});
    let made = app.admin.post("/accounts", wanted.clone()).await;
    assert_eq!(made.status, 201);
    let before = trace(&app).await;
    let again = app.admin.post("/accounts", wanted).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.body, made.body);
    assert_eq!(trace(&app).await, before);
    let alice = app.log_in("alice").await;
    let shown = alice.get("/accounts/alice").await;
    assert_eq!((&shown.body["tan_channels"], &shown.body["tan_channel"]), (&json!(["sms"]), &json!("sms")));
    assert_eq!(shown.body["language"], json!("de"));
    assert!(shown.body.get("blocked_until").is_none());
    assert_eq!(app.messages(), 0, "nobody is told of a channel he was made with");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_data_under_a_taken_name_is_refused() {
    let app = TestApp::start().await;
    let wanted = json!({"username": "alice", "contact_data": {"phone": "+41791234567"}, "language": "de"});
    assert_eq!(app.admin.post("/accounts", wanted).await.status, 201);
    let before = trace(&app).await;
    for other in [
        json!({"username": "alice"}),
        json!({"username": "alice", "contact_data": {"phone": "+41791234568"}, "language": "de"}),
        json!({"username": "alice", "contact_data": {"phone": "+41791234567"}, "language": "fr"}),
        json!({"username": "alice", "contact_data": {"phone": "+41791234567"}, "language": "de", "tan_channels": ["sms"]}),
    ] {
        assert_eq!(app.admin.post("/accounts", other.clone()).await.error(), (409, 5121), "{other}");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_deleted_account_is_not_given_out_again() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let deleted = app.core.delete("/accounts/alice").await;
    assert_eq!(deleted.status, 204);
    assert_eq!(alice.client.get("/accounts/alice").await.error(), (401, 40), "its log-ins ended with it");
    let before = trace(&app).await;
    let again = json!({"username": "alice", "contact_data": {"phone": alice.phone, "email": alice.email}});
    assert_eq!(app.admin.post("/accounts", again).await.error(), (409, 5121));
    assert_eq!(app.admin.post("/accounts", json!({"username": "alice"})).await.error(), (409, 5121));
    assert_eq!(app.core.post("/accounts/alice/token", json!({"scope": "readonly"})).await.error(), (404, 5106));
    for answer in [app.admin.get("/accounts/alice").await, app.admin.delete("/accounts/alice").await] {
        assert_eq!(answer.error(), (404, 5106));
    }
    assert_eq!(app.admin.get("/accounts").await.body["accounts"], json!([]));
    assert_eq!(trace(&app).await, before);
    let events = "select count(*) from events join accounts using (account_id) where username = 'alice'";
    assert!(count(&app, events).await >= 3, "the trail stays");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_distinct_by_case_and_as_long_as_the_contract_allows() {
    let app = TestApp::start().await;
    let long = "a".repeat(126);
    for name in ["a", "A", "...", "-", "~._-", &long] {
        assert_eq!(app.admin.post("/accounts", json!({"username": name})).await.status, 201, "{name}");
        let shown = app.admin.get(&format!("/accounts/{name}")).await;
        assert_eq!(shown.body, json!({"username": name, "contact_data": {}, "tan_channels": [], "tan_channel": null}));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_by_name_in_parts_and_by_what_they_begin_with() {
    let app = TestApp::start().await;
    for name in ["carol", "alice", "bob", "alan"] {
        app.customer(name).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let listed = app.admin.get(&format!("/accounts{query}")).await;
        let rows = listed.body["accounts"].as_array().unwrap().clone();
        rows.iter().map(|row| row["username"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["alan", "alice", "bob", "carol"]);
    assert_eq!(names("?limit=2").await, ["alan", "alice"]);
    assert_eq!(names("?limit=2&offset=3").await, ["carol"]);
    assert_eq!(names("?offset=9").await, [""; 0]);
    assert_eq!(names("?filter=al").await, ["alan", "alice"]);
    assert_eq!(names("?filter=%25").await, [""; 0], "a wildcard is a character like any other");
    assert_eq!(names("?filter=a_").await, [""; 0]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_channels_deletes_the_account_freely_and_one_with_needs_a_token() {
    let app = TestApp::start().await;
    let bare = app.customer("bare").await;
    assert_eq!(bare.client.delete("/accounts/bare").await.status, 204);
    let alice = app.customer_with_sms("alice").await;
    let before = trace(&app).await;
    assert_eq!(alice.client.delete("/accounts/alice").await.error(), (403, 10002));
    assert_eq!(trace(&app).await, before);
    let token = alice.token(&app).await;
    let deleted = with_token(&alice.client, Method::DELETE, "/accounts/alice", &token, None).await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(app.admin.get("/accounts/alice").await.error(), (404, 5106));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_by_the_bank_needs_no_tan_and_ends_all_that_was_open() {
    let app = TestApp::start().await;
    for (name, by) in [("alice", &app.core), ("bob", &app.admin)] {
        let customer = app.customer_with_sms(name).await;
        customer.challenge("sms").await;
        assert_eq!(by.delete(&customer.path("")).await.status, 204);
        let open = format!(
            "select count(*) from challenges join accounts using (account_id) where username = '{name}' and state = 'open'"
        );
        assert_eq!(count(&app, &open).await, 0);
        let tokens =
            format!("select count(*) from access_tokens join accounts using (account_id) where username = '{name}'");
        assert_eq!(count(&app, &tokens).await, 0);
        let data = format!(
            "select count(*) from accounts where username = '{name}' and (contact_phone is not null or contact_email is not null)"
        );
        assert_eq!(count(&app, &data).await, 0, "contact data goes with the customer");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_new_channel_of_an_operator_is_told_to_the_customer() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let put = app.admin.put("/accounts/alice/tan/sms", json!({"address": alice.phone})).await;
    assert_eq!(put.status, 204);
    until_sent(&app.sms, 1).await;
    let (sms, email) = (app.sms.clone(), app.email.clone());
    app.stop().await;
    assert_eq!((sms.attempts(), email.attempts()), (1, 0));
    assert_eq!(sms.sent()[0].address.reveal(), alice.phone);
}
