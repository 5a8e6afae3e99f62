//! The back channel (section 6b): a bank core reserves, commits, releases and redeems.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::Plan;
use crate::{
    app::{Answer, Client, Customer, Database, TestApp, issue},
    bank_core::BankCore,
    contract::{seconds, tans_sent, trace},
};

pub const LEASE: Duration = Duration::from_secs(30);
pub const EMPTY_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A service beside a bank core that asks it, and its customer.
pub struct Desk {
    pub app: TestApp,
    pub alice: Customer,
}

/// The transfer that these tests ask about.
pub fn operation() -> Value {
    json!({"method": "POST", "path": "/pay?to=bob", "body_sha256": EMPTY_BODY, "summary": "pay bob EUR:5"})
}

impl Desk {
    pub async fn open() -> Self {
        Self::on(Database::fresh().await).await
    }

    pub async fn on(database: Database) -> Self {
        let core = BankCore::open().await;
        let plan = Plan::operations("");
        let wish = crate::app::Wish {
            more: plan.wish(&core).more.split("[gateway]").next().unwrap().to_owned(),
            ..Default::default()
        };
        let app = TestApp::on(database, wish).await;
        let alice = app.customer_with_sms("alice").await;
        Self { app, alice }
    }

    /// Another bank core's credential.
    pub async fn other_core(&self) -> Client {
        let token = issue(&self.app.running, tanager::domain::caller::Scope::Service, None).await;
        self.app.core.with_token(&token)
    }

    pub async fn reserve(&self, token: &str, more: Value) -> Answer {
        self.app.core.post("/tokens/reserve", asking(token, &more)).await
    }

    /// A reservation that is given.
    pub async fn reserved(&self, token: &str, more: Value) -> Answer {
        let reserved = self.reserve(token, more).await;
        assert_eq!((reserved.status.as_u16(), &reserved.body["required"]), (200, &json!(true)), "{reserved:?}");
        reserved
    }

    /// A token bound to [`operation`], and its challenge.
    pub async fn bound(&self) -> (String, String) {
        let refused = self.reserve("", json!({"assurance": "bound"})).await;
        assert_eq!(refused.error(), (403, 10002), "{refused:?}");
        self.solve(json!({"operation": refused.text("operation")})).await
    }

    pub async fn unbound(&self) -> (String, String) {
        self.solve(json!({})).await
    }

    async fn solve(&self, wanted: Value) -> (String, String) {
        let asked = self.alice.client.post("/accounts/alice/tan/challenge/sms", wanted).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let solved = self.alice.confirm(asked.text("challenge_id"), &self.app.tan_sent_to(&self.alice.phone)).await;
        (solved.text("tan_token").to_owned(), asked.text("challenge_id").to_owned())
    }

    pub async fn settle(&self, reservation: &Answer, how: &str) -> Answer {
        settle(&self.app.core, reservation.text("reservation_id"), how).await
    }

    pub async fn state(&self, challenge: &str) -> String {
        self.alice.state(challenge).await
    }
}

/// The body of a reservation; an empty token is none.
pub fn asking(token: &str, more: &Value) -> Value {
    let mut body = json!({"username": "alice", "operation": operation()});
    if !token.is_empty() {
        body["tan_token"] = json!(token);
    }
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// `commit` or `release`.
pub async fn settle(client: &Client, id: &str, how: &str) -> Answer {
    client.send(Method::POST, &format!("/tokens/reservations/{id}/{how}"), &[], None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_is_refused_it_relays_and_the_customer_approves_and_it_is_done_once() {
    let desk = Desk::open().await;
    let before = trace(&desk.app).await;
    let refused = desk.reserve("", json!({"assurance": "bound"})).await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "bound"));
    assert_eq!((refused.text("assurance"), refused.text("summary")), ("bound", "pay bob EUR:5"));
    assert_eq!(refused.body["tan_channels"][0]["tan_channel"], "sms");
    assert!(!refused.raw.contains(&desk.alice.phone));
    assert_eq!(trace(&desk.app).await, before);

    let (token, challenge) = desk.bound().await;
    assert!(desk.app.sms.last_to(&desk.alice.phone).unwrap().body.reveal().contains("pay bob EUR:5"));
    let reserved = desk.reserved(&token, json!({"assurance": "bound"})).await;
    let mut members: Vec<_> = reserved.body.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["bound", "challenge_id", "expiration", "idempotency_key", "required", "reservation_id"]);
    assert_eq!((&reserved.body["bound"], reserved.text("challenge_id")), (&json!(true), challenge.as_str()));
    assert!(reserved.text("idempotency_key").len() >= 16 && seconds(&reserved.body["expiration"]) > 0);
    let busy = desk.reserve(&token, json!({"assurance": "bound"})).await;
    assert_eq!((busy.error(), (1..=30).contains(&busy.retry_after())), ((409, 10005), true));

    for _ in 0..2 {
        assert_eq!(desk.settle(&reserved, "commit").await.status, 204);
        assert_eq!(desk.state(&challenge).await, "spent");
    }
    assert_eq!(desk.settle(&reserved, "release").await.status, 204, "without effect");
    assert_eq!(desk.state(&challenge).await, "spent");
    assert_eq!(desk.reserve(&token, json!({"assurance": "bound"})).await.error(), (403, 10003));
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_makes_the_token_free_and_a_commit_behind_it_is_too_late() {
    let desk = Desk::open().await;
    let (token, challenge) = desk.unbound().await;
    let first = desk.reserved(&token, json!({})).await;
    assert_eq!(first.body["bound"], json!(false));
    for _ in 0..2 {
        assert_eq!(desk.settle(&first, "release").await.status, 204);
        assert_eq!(desk.state(&challenge).await, "solved");
    }
    assert_eq!(desk.settle(&first, "commit").await.error(), (404, 10010));
    let second = desk.reserved(&token, json!({})).await;
    assert_ne!(first.text("idempotency_key"), second.text("idempotency_key"), "a release begins a new key");
    assert_ne!(first.text("reservation_id"), second.text("reservation_id"));
    assert_eq!(desk.settle(&first, "release").await.status, 204, "without effect: another has it");
    assert_eq!(desk.settle(&first, "commit").await.error(), (404, 10010));
    assert_eq!(desk.reserve(&token, json!({})).await.error(), (409, 10005));
    assert_eq!(desk.settle(&second, "commit").await.status, 204);
    assert_eq!(desk.state(&challenge).await, "spent");
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lapsed_reservation_can_still_be_settled_either_way() {
    let desk = Desk::open().await;
    for (how, state, then) in [("commit", "spent", (403, 10003)), ("release", "solved", (200, 0))] {
        let (token, challenge) = desk.unbound().await;
        let reserved = desk.reserved(&token, json!({})).await;
        desk.app.advance(LEASE);
        assert_eq!(desk.settle(&reserved, how).await.status, 204, "{how}");
        assert_eq!(desk.settle(&reserved, how).await.status, 204, "{how}, again");
        assert_eq!(desk.state(&challenge).await, state, "{how}");
        assert_eq!(desk.reserve(&token, json!({})).await.error(), then, "{how}");
    }
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lapsed_reservation_is_void_for_another_and_may_still_be_settled_by_its_holder() {
    let desk = Desk::open().await;
    let (token, challenge) = desk.unbound().await;
    let reserved = desk.reserved(&token, json!({})).await;
    desk.app.advance(LEASE);
    assert_eq!(desk.reserve(&token, json!({})).await.error(), (403, 10003));
    assert_eq!(desk.settle(&reserved, "commit").await.status, 204, "a core that held it knows what became of it");
    assert_eq!(desk.state(&challenge).await, "spent");
    assert_eq!(desk.reserve(&token, json!({})).await.error(), (403, 10003));
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_operation_is_taken_over_with_its_key_and_its_old_holder_is_fenced_off() {
    let desk = Desk::open().await;
    let again = || json!({"idempotent": true});
    let (token, challenge) = desk.unbound().await;
    let first = desk.reserved(&token, again()).await;
    assert_eq!(desk.reserve(&token, again()).await.error(), (409, 10005));
    desk.app.advance(LEASE);
    let second = desk.reserved(&token, again()).await;
    assert_eq!(first.text("idempotency_key"), second.text("idempotency_key"));
    assert_ne!(first.text("reservation_id"), second.text("reservation_id"));
    assert_eq!(desk.settle(&first, "commit").await.error(), (404, 10010));
    assert_eq!(desk.settle(&first, "release").await.status, 204, "without effect");
    assert_eq!(
        (desk.state(&challenge).await.as_str(), desk.reserve(&token, again()).await.error()),
        ("solved", (409, 10005))
    );
    assert_eq!(desk.settle(&second, "commit").await.status, 204);
    assert_eq!(desk.state(&challenge).await, "spent");
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_reservations_at_once_one_is_given() {
    let desk = Desk::open().await;
    let (token, _) = desk.unbound().await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (core, body) = (desk.app.core.clone(), asking(&token, &json!({})));
        all.spawn(async move { core.post("/tokens/reserve", body).await.error() });
    }
    let answers = all.join_all().await;
    assert_eq!(answers.iter().filter(|error| **error == (200, 0)).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|error| **error == (409, 10005)).count(), 49, "{answers:?}");
    assert_eq!(tans_sent(&desk.app), 1);
    desk.app.stop().await;
}
