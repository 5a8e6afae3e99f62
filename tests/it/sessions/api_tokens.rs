//! What an API token passes, what it never may, and when it ends.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{api_token, rows};
use crate::{
    app::{Client, Customer, TestApp},
    bank_core::Script,
    contract::{trace, with_token},
    gateway::{Bank, Request, TRANSFER},
};

/// A token whose proof an API token might bring along, and a challenge that is open.
struct Loot {
    token: String,
    open: String,
}

impl Loot {
    async fn of(app: &TestApp, alice: &Customer) -> Self {
        let open = alice.challenge("sms").await.text("challenge_id").to_owned();
        app.advance(Duration::from_mins(1));
        Self { token: alice.token(app).await, open }
    }
}

/// Whatever changes anything of the service's own is forbidden, with and without a proof.
async fn assert_only_looks(app: &TestApp, robot: &Client, alice: &Customer, loot: &Loot) {
    let before = trace(app).await;
    let others = rows(&alice.client, alice).await.remove(0)["token_id"].as_str().unwrap().to_owned();
    let challenge = alice.path(&format!("/tan/challenge/{}", loot.open));
    for (method, path, body) in [
        (Method::PATCH, alice.path(""), Some(json!({"language": "de"}))),
        (Method::PATCH, alice.path(""), Some(json!({"contact_data": {"email": "mallory@example.com"}}))),
        (Method::PATCH, alice.path(""), Some(json!({"contact_data": {"phone": null}}))),
        (Method::PATCH, alice.path(""), Some(json!({}))),
        (Method::DELETE, alice.path(""), None),
        (Method::POST, alice.path("/tan/sms"), Some(json!({"address": "+41791112233"}))),
        (Method::POST, alice.path("/tan/email"), Some(json!({}))),
        (Method::POST, alice.path("/tan/totp"), Some(json!({}))),
        (Method::POST, alice.path("/tan/recovery"), Some(json!({}))),
        (Method::POST, alice.path("/tan/pigeon"), Some(json!({}))),
        (Method::DELETE, alice.path("/tan/sms"), None),
        (Method::DELETE, alice.path("/tan/totp"), None),
        (Method::PUT, alice.path("/tan/sms"), Some(json!({"address": "+41791112233"}))),
        (Method::POST, alice.path("/tan/challenge/sms"), Some(json!({}))),
        (Method::POST, format!("{challenge}/retransmit"), None),
        (Method::POST, format!("{challenge}/confirm"), Some(json!({"tan": app.tan_sent_to(&alice.phone)}))),
        (Method::DELETE, challenge.clone(), None),
        (Method::POST, alice.path("/token"), Some(json!({"scope": "readonly"}))),
        (Method::POST, alice.path("/session/step-up"), None),
        (Method::DELETE, alice.path(&format!("/tokens/{others}")), None),
    ] {
        for token in ["", &loot.token] {
            let headers = [("TAN-Token", token)];
            let headers = if token.is_empty() { &[][..] } else { &headers[..] };
            let refused = robot.send(method.clone(), &path, headers, body.as_ref().map(ToString::to_string)).await;
            assert_eq!(refused.error(), (403, 44), "{method} {path} {body:?}: {refused:?}");
        }
    }
    for path in [alice.path(""), alice.path("/tan"), alice.path("/tokens"), challenge] {
        assert_eq!(robot.get(&path).await.status, 200, "{path}");
    }
    assert_eq!(trace(app).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_looks_and_changes_nothing_of_the_services_own() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    for scope in ["readwrite", "readonly"] {
        let made = api_token(&app, &alice, json!({"scope": scope})).await;
        let robot = app.admin.with_token(made.text("access_token"));
        let loot = Loot::of(&app, &alice).await;
        assert_only_looks(&app, &robot, &alice, &loot).await;
        let removed = with_token(&alice.client, Method::DELETE, "/accounts/alice/tan/email", "tan_x", None).await;
        assert_eq!(removed.error(), (403, 10003));
        app.advance(Duration::from_mins(10));
    }
    app.stop().await;
}

/// What goes to contact data next is the TAN of an enrolment without an address: it is the customer's to say where.
#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_brings_a_bare_account_no_factor_and_no_address() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let made = alice.client.post("/accounts/alice/token", json!({"scope": "readwrite"})).await;
    let robot = app.admin.with_token(made.text("access_token"));
    let before = trace(&app).await;
    for (method, path, body) in [
        (Method::POST, "/accounts/alice/tan/sms", json!({})),
        (Method::POST, "/accounts/alice/tan/sms", json!({"address": "+41791112233"})),
        (Method::PATCH, "/accounts/alice", json!({"contact_data": {"phone": "+41791112233"}})),
        (Method::PATCH, "/accounts/alice", json!({"language": "de"})),
        (Method::DELETE, "/accounts/alice", json!({})),
        (Method::POST, "/accounts/alice/session/step-up", json!({})),
    ] {
        let refused = robot.send(method.clone(), path, &[], Some(body.to_string())).await;
        assert_eq!(refused.error(), (403, 44), "{method} {path} {body}");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_ends_itself_alone() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let made = api_token(&app, &alice, json!({"scope": "readwrite"})).await;
    let robot = app.admin.with_token(made.text("access_token"));
    let path = alice.path(&format!("/tokens/{}", made.text("token_id")));
    assert_eq!(robot.delete(&path).await.status, 204);
    assert_eq!(robot.get("/accounts/alice").await.error(), (401, 40));
    for scope in ["readwrite", "readonly"] {
        let made = api_token(&app, &alice, json!({"scope": scope})).await;
        let robot = app.admin.with_token(made.text("access_token"));
        assert_eq!(robot.delete("/accounts/alice/token").await.status, 204, "it logs out");
        assert_eq!(robot.get("/accounts/alice").await.error(), (401, 40));
    }
    assert_eq!(rows(&alice.client, &alice).await.len(), 1, "who made them is as before");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_passes_what_it_names_and_what_is_not_protected_until_it_runs_out() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let at_the_api = Customer {
        client: bank.app.admin.with_token(&alice.client.token),
        username: "alice".to_owned(),
        phone: alice.phone.clone(),
        email: alice.email.clone(),
    };
    let wish = json!({"scope": "readwrite", "operations": ["contact"], "duration": {"d_us": 3_600_000_000_u64}});
    let made = api_token(&bank.app, &at_the_api, wish.clone()).await;
    let robot = bank.client(made.text("access_token"));
    for (path, expected) in [
        ("/accounts/alice/contacts", (200, 0)),
        ("/accounts/alice/elsewhere", (200, 0)),
        ("/accounts/alice/transactions", (403, 44)),
        ("/accounts/alice/mandates", (403, 44)),
        ("/accounts/alice/notes", (403, 44)),
    ] {
        assert_eq!(Request::post(path, TRANSFER).send(&robot, "").await.error(), expected, "{path}");
    }
    let late = api_token(&bank.app, &at_the_api, wish).await;
    bank.app.advance(Duration::from_hours(1));
    let late = bank.client(late.text("access_token"));
    assert_eq!(Request::post("/accounts/alice/contacts", "{}").send(&late, "").await.error(), (401, 40));
    assert_eq!(bank.core.effects("POST", "/accounts/alice/contacts"), 1);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_that_only_looks_does_not_do_what_it_names() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let at_the_api = bank.app.admin.with_token(&alice.client.token);
    let alice = Customer { client: at_the_api, ..alice };
    let made = api_token(&bank.app, &alice, json!({"scope": "readonly", "operations": ["contact", "statement"]})).await;
    let robot = bank.client(made.text("access_token"));
    bank.core.on("GET", "/accounts/alice/statement", Script::done(200));
    assert_eq!(Request::post("/accounts/alice/contacts", "{}").send(&robot, "").await.error(), (403, 44));
    assert_eq!(robot.get("/accounts/alice/statement").await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_channels_are_asked_for_an_api_token_of_an_account_that_lost_its_own_is_refused() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let alice = Customer { client: bank.app.admin.with_token(&alice.client.token), ..alice };
    let made = api_token(&bank.app, &alice, json!({"scope": "readwrite", "operations": ["mandate", "contact"]})).await;
    let robot = bank.client(made.text("access_token"));
    let mandate = Request::post("/accounts/alice/mandates", "{}");
    assert_eq!(mandate.send(&robot, "").await.status, 200);
    assert_eq!(bank.app.admin.delete("/accounts/alice/tan/sms").await.status, 204);
    let refused = mandate.send(&robot, "").await;
    assert_eq!((refused.error(), &refused.body["tan_channels"]), ((403, 10002), &json!([])), "{refused:?}");
    assert_eq!(Request::post("/accounts/alice/contacts", "{}").send(&robot, "").await.status, 200);
    assert_eq!(bank.core.effects("POST", "/accounts/alice/mandates"), 1);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_ends_with_its_account_and_outlives_who_made_it() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let made = api_token(&app, &alice, json!({"scope": "readwrite", "duration": {"d_us": "forever"}})).await;
    let robot = app.admin.with_token(made.text("access_token"));
    assert_eq!(alice.client.delete("/accounts/alice/token").await.status, 204);
    assert_eq!(robot.get("/accounts/alice").await.status, 200, "it is the account's");
    assert_eq!(app.core.delete("/accounts/alice").await.status, 204);
    assert_eq!(robot.get("/accounts/alice").await.error(), (401, 40));
    app.stop().await;
}
