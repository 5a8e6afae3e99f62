//! Who may what (section 2): every route with every kind of credentials.

use std::time::Duration;

use serde_json::json;

use super::{
    routes::{Place, Route, TABLE, Who},
    trace,
};
use crate::app::{Answer, Client, Customer, TestApp};

const UNKNOWN: &str = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";
const EVERYONE: [Who; 5] = [Who::ReadOnly, Who::Api, Who::Service, Who::Admin, Who::Owner];

/// Mints a token for an account, as the bank core.
async fn minted(app: &TestApp, username: &str, wish: serde_json::Value) -> Answer {
    let minted = app.core.post(&format!("/accounts/{username}/token"), wish).await;
    assert_eq!(minted.status, 200, "{minted:?}");
    minted
}

/// An API token of an account that has no channel yet, and so needs no TAN for it.
async fn api_token(customer: &Customer) -> Client {
    let made = customer.client.post(&customer.path("/token"), json!({"scope": "readwrite"})).await;
    assert_eq!((made.status.as_u16(), &made.body["mfa"]), (200, &json!(null)), "{made:?}");
    customer.client.with_token(made.text("access_token"))
}

/// The credentials of each kind for an account with an active channel, and a place of its own.
struct Callers {
    customer: Customer,
    api: Client,
    readonly: Client,
    challenge: String,
    token: String,
}

impl Callers {
    async fn of(app: &TestApp, username: &str) -> Self {
        let customer = app.customer(username).await;
        let api = api_token(&customer).await;
        let put = app.admin.put(&customer.path("/tan/sms"), json!({"address": customer.phone})).await;
        assert_eq!(put.status, 204);
        let readonly = minted(app, username, json!({"scope": "readonly"})).await;
        let challenge = customer.challenge("sms").await.text("challenge_id").to_owned();
        let token = minted(app, username, json!({"scope": "readonly"})).await.text("token_id").to_owned();
        let readonly = customer.client.with_token(readonly.text("access_token"));
        Self { customer, api, readonly, challenge, token }
    }

    fn client<'a>(&'a self, app: &'a TestApp, who: Who) -> &'a Client {
        match who {
            Who::ReadOnly => &self.readonly,
            Who::Api => &self.api,
            Who::Service => &app.core,
            Who::Admin => &app.admin,
            Who::Owner => &self.customer.client,
        }
    }

    fn place(&self) -> Place<'_> {
        Place { username: &self.customer.username, challenge: &self.challenge, token: &self.token }
    }
}

async fn call(client: &Client, route: &Route, place: Place<'_>) -> Answer {
    client.send(route.verb(), &place.path(route.path), &[], route.body_for(place.username)).await
}

fn is_let_in(answer: &Answer) -> bool {
    answer.status != 401 && answer.error() != (403, 44) && answer.status.as_u16() < 500
}

#[tokio::test(flavor = "multi_thread")]
async fn each_caller_is_let_in_where_the_contract_says_and_nowhere_else() {
    let app = TestApp::start().await;
    let protected = TABLE.iter().filter_map(|route| Some((route, route.may?)));
    for (number, (route, may)) in protected.enumerate() {
        for who in EVERYONE {
            if route.unsaid.contains(&who) {
                continue;
            }
            let callers = Callers::of(&app, &format!("r{number}.{}", who as usize)).await;
            let before = trace(&app).await;
            let answer = call(callers.client(&app, who), route, callers.place()).await;
            let (method, path) = (route.method, route.path);
            if may.contains(&who) {
                assert!(is_let_in(&answer), "{who:?} {method} {path}: {answer:?}");
            } else {
                assert_eq!(answer.error(), (403, 44), "{who:?} {method} {path}");
                assert_eq!(trace(&app).await, before, "{who:?} {method} {path}");
            }
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_unknown_ended_or_run_out_are_none_on_every_route() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let short = minted(&app, "alice", json!({"scope": "readwrite", "duration": {"d_us": 1_000_000}})).await;
    let ended = app.log_in("alice").await;
    assert_eq!(ended.delete("/accounts/alice/token").await.status, 204);
    let by_owner = minted(&app, "alice", json!({"scope": "readwrite"})).await;
    let path = format!("/accounts/alice/tokens/{}", by_owner.text("token_id"));
    assert_eq!(alice.client.delete(&path).await.status, 204);
    app.advance(Duration::from_secs(2));
    let before = trace(&app).await;
    let garbage = format!("secret-token:{}", "A".repeat(43));
    for token in ["", &garbage, &ended.token, by_owner.text("access_token"), short.text("access_token")] {
        for route in TABLE.iter().filter(|route| route.may.is_some()) {
            let place = Place { username: "alice", challenge: UNKNOWN, token: UNKNOWN };
            let answer = call(&app.admin.with_token(token), route, place).await;
            assert_eq!(answer.error(), (401, 40), "{} {}", route.method, route.path);
        }
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_lasts_for_the_lifetime_of_a_session_and_no_longer() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.advance(Duration::from_hours(24) - Duration::from_mins(1));
    let young = app.log_in("alice").await;
    assert_eq!(young.get("/accounts/alice").await.status, 200);
    app.advance(Duration::from_mins(1));
    assert_eq!(alice.client.get("/accounts/alice").await.error(), (401, 40));
    assert_eq!(young.get("/accounts/alice").await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_can_neither_prove_nor_begin_what_is_protected_whatever_comes_with_it() {
    let app = TestApp::start().await;
    let callers = Callers::of(&app, "alice").await;
    let alice = &callers.customer;
    let token = alice.confirm(&callers.challenge, &app.tan_sent_to(&alice.phone)).await.text("tan_token").to_owned();
    let before = trace(&app).await;
    for (method, path, body) in [
        (reqwest::Method::DELETE, "/accounts/alice/tan/sms", None),
        (reqwest::Method::DELETE, "/accounts/alice", None),
        (reqwest::Method::POST, "/accounts/alice/tan/email", Some(json!({}))),
        (reqwest::Method::POST, "/accounts/alice/token", Some(json!({"scope": "readonly"}))),
        (reqwest::Method::PATCH, "/accounts/alice", Some(json!({"contact_data": {"phone": null}}))),
    ] {
        let answer = super::with_token(&callers.api, method, path, &token, body).await;
        assert_eq!(answer.error(), (403, 44), "{path}");
    }
    assert_eq!(trace(&app).await, before);
    let removed = super::with_token(&alice.client, reqwest::Method::DELETE, "/accounts/alice/tan/sms", &token, None);
    assert_eq!(removed.await.status, 204, "the token is as it was");
    app.stop().await;
}
