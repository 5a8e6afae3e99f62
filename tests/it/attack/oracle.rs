//! No oracle in words: what is unknown, another's, run out, spent, revoked or void gets one reply, byte for byte, and costs
//! the database the same; and nobody else reads how often an account was tried.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::alike::{assert_alike, seen};
use crate::{
    app::{Answer, Client, Customer, Database, TestApp, Wish, other_than},
    bank_core::BankCore,
    budgets::wire::Wire,
    gateway::{Plan, gateway_of},
};

/// A service behind a gateway, with what an attacker may ask about.
struct Scene {
    app: TestApp,
    /// Where the statements pass by.
    wire: Wire,
    gateway: Client,
    bob: Customer,
    alice: Customer,
    _core: BankCore,
}

impl Scene {
    async fn set() -> Self {
        let core = BankCore::open().await;
        let database = Database::fresh().await;
        let wire = Wire::to(&database.url().await).await;
        let server = "operators_listen = \"127.0.0.1:0\"\n".to_owned();
        let wish = Wish { database_url: Some(wire.url()), server, ..Plan::default().wish(&core) };
        let app = TestApp::on(database, wish).await;
        let (alice, bob) = (app.customer_with_both("alice").await, app.customer_with_both("bob").await);
        let gateway = Client::new(&format!("http://{}", gateway_of(&app)), "");
        Self { app, wire, gateway, bob, alice, _core: core }
    }

    /// A token of this customer's, with the id of its challenge.
    async fn token(&self, customer: &Customer) -> (String, String) {
        let asked = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let id = asked.text("challenge_id").to_owned();
        let solved = customer.confirm(&id, &self.app.tan_sent_to(&customer.phone)).await;
        (solved.text("tan_token").to_owned(), id)
    }

    /// Tokens that prove nothing for Bob, by what they are.
    async fn dead_tokens(&mut self) -> Vec<(&'static str, String)> {
        let unknown = format!("tan_{}", "A".repeat(43));
        let (expired, _) = self.token(&self.bob).await;
        self.app.advance(Duration::from_mins(6));
        let (spent, _) = self.token(&self.bob).await;
        let gone = self.spend(&spent).await;
        assert_eq!(gone.status, 200, "{gone:?}");
        let (revoked, id) = self.token(&self.bob).await;
        let aborted = self.bob.client.delete(&self.bob.path(&format!("/tan/challenge/{id}"))).await;
        assert_eq!(aborted.status, 204);
        let (logged_out, _) = self.token(&self.bob).await;
        assert_eq!(self.bob.client.delete("/accounts/bob/token").await.status, 204);
        self.bob.client = self.app.log_in("bob").await;
        let (void, _) = self.token(&self.bob).await;
        self.app.set_address(&self.bob, "email", "bob-elsewhere@example.com").await;
        let (anothers, _) = self.token(&self.alice).await;
        vec![
            ("unknown", unknown),
            ("expired", expired),
            ("spent", spent),
            ("revoked", revoked),
            ("logged out", logged_out),
            ("void", void),
            ("another's", anothers),
        ]
    }

    async fn spend(&self, token: &str) -> Answer {
        let plan = self.gateway.with_token(&self.bob.client.token);
        plan.send(Method::PUT, "/accounts/bob/plan", &[("TAN-Token", token)], Some("{}".to_owned())).await
    }

    /// What a request is answered, and which statements it cost.
    async fn watched(&self, request: impl Future<Output = Answer>) -> (Answer, Vec<String>) {
        // The session is then remembered, and every connection knows the statements.
        self.bob.client.get("/accounts/bob").await;
        self.wire.take();
        let answer = request.await;
        (answer, self.wire.take())
    }
}

fn unknown_ids() -> [&'static str; 2] {
    ["0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f", "01a20260-0000-7000-8000-000000000000"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_is_unknown_and_one_of_another_s_are_one_in_words_and_in_what_they_cost() {
    let scene = Scene::set().await;
    let (_, solved) = scene.token(&scene.alice).await;
    let open = scene.alice.challenge("sms").await.text("challenge_id").to_owned();
    let aborted = scene.alice.challenge("email").await.text("challenge_id").to_owned();
    scene.alice.client.delete(&scene.alice.path(&format!("/tan/challenge/{aborted}"))).await;
    let right = scene.app.tan_sent_to(&scene.alice.phone);
    let ids = [unknown_ids()[0], unknown_ids()[1], &open, &solved, &aborted];
    let ways: [(Method, &str, Option<Value>); 5] = [
        (Method::POST, "/confirm", Some(json!({"tan": "12345678"}))),
        (Method::POST, "/confirm", Some(json!({"tan": right}))),
        (Method::POST, "/retransmit", None),
        (Method::GET, "", None),
        (Method::DELETE, "", None),
    ];
    for (method, rest, body) in ways {
        let (mut answers, mut costs) = (Vec::new(), Vec::new());
        for id in ids {
            let path = format!("/accounts/bob/tan/challenge/{id}{rest}");
            let body = body.as_ref().map(Value::to_string);
            let (answer, cost) = scene.watched(scene.bob.client.send(method.clone(), &path, &[], body)).await;
            answers.push((format!("{method} {path}"), answer));
            costs.push(cost);
        }
        assert_alike((404, 5143), &answers);
        assert!(costs.iter().all(|cost| *cost == ["account.load"]), "{method} {rest}: {costs:?}");
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_prove_nothing_are_one_wherever_they_are_shown() {
    let mut scene = Scene::set().await;
    let tokens = scene.dead_tokens().await;
    let operation = json!({"method": "POST", "path": "/pay", "body_sha256": "00".repeat(32)});
    let at_gateway = scene.gateway.with_token(&scene.bob.client.token);
    let new_phone = json!({"address": "+41791112233"}).to_string();
    for way in ["own", "enrolment", "gateway", "reserve", "redeem"] {
        let (mut answers, mut costs) = (Vec::new(), Vec::new());
        for (what, token) in &tokens {
            let shown = [("TAN-Token", token.as_str())];
            let asking = json!({"username": "bob", "operation": operation, "tan_token": token});
            let (answer, cost) = match way {
                "own" => {
                    scene.watched(scene.bob.client.send(Method::DELETE, "/accounts/bob/tan/sms", &shown, None)).await
                }
                "enrolment" => {
                    let body = Some(new_phone.clone());
                    scene.watched(scene.bob.client.send(Method::POST, "/accounts/bob/tan/sms", &shown, body)).await
                }
                "gateway" => {
                    let body = Some("{}".to_owned());
                    scene.watched(at_gateway.send(Method::PUT, "/accounts/bob/plan", &shown, body)).await
                }
                route => scene.watched(scene.app.core.post(&format!("/tokens/{route}"), asking)).await,
            };
            answers.push((format!("{way}: {what}"), answer));
            costs.push(cost);
        }
        assert_alike((403, 10003), &answers);
        assert!(costs.iter().all(|cost| *cost == costs[0] && cost.len() == 1), "{way}: {costs:?}");
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_s_path_is_one_whether_there_is_such_an_account_or_not() {
    let scene = Scene::set().await;
    scene.app.customer("carol").await;
    assert_eq!(scene.app.admin.delete("/accounts/carol").await.status, 204);
    let id = scene.alice.challenge("sms").await.text("challenge_id").to_owned();
    let ways: [(Method, &str); 8] = [
        (Method::GET, ""),
        (Method::GET, "/tan"),
        (Method::GET, "/tokens"),
        (Method::POST, "/tan/challenge/sms"),
        (Method::DELETE, "/tan/sms"),
        (Method::GET, "/tan/challenge/ID"),
        (Method::POST, "/tan/challenge/ID/retransmit"),
        (Method::DELETE, "/token"),
    ];
    for (method, rest) in ways {
        let (mut answers, mut costs) = (Vec::new(), Vec::new());
        for name in ["alice", "nobody", "carol"] {
            let path = format!("/accounts/{name}{}", rest.replace("ID", &id));
            let (answer, cost) = scene.watched(scene.bob.client.send(method.clone(), &path, &[], None)).await;
            answers.push((format!("{method} {path}"), answer));
            costs.push(cost);
        }
        assert_alike((403, 44), &answers);
        assert!(costs.iter().all(Vec::is_empty), "nothing is looked up: {costs:?}");
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_none_are_one() {
    let scene = Scene::set().await;
    let minted =
        scene.app.core.post("/accounts/bob/token", json!({"scope": "readonly", "duration": {"d_us": 60_000_000}}));
    let short = minted.await.text("access_token").to_owned();
    let ended = scene.app.log_in("bob").await;
    assert_eq!(ended.delete("/accounts/bob/token").await.status, 204);
    scene.app.advance(Duration::from_mins(2));
    let unknown = format!("secret-token:{}", "A".repeat(43));
    for door in [&scene.app.admin, &scene.gateway] {
        let (mut answers, mut costs) = (Vec::new(), Vec::new());
        for (what, token) in [("unknown", &unknown), ("run out", &short), ("ended", &ended.token)] {
            let (answer, cost) = scene.watched(door.with_token(token).get("/accounts/bob/tan")).await;
            answers.push((what.to_owned(), answer));
            costs.push(cost);
        }
        assert_alike((401, 40), &answers);
        assert!(costs.iter().all(|cost| *cost == ["access_token.find"]), "{costs:?}");
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taler_s_ids_that_are_none_are_one() {
    let scene = Scene::set().await;
    let client = scene.gateway.with_token(&scene.alice.client.token);
    let offered = client.post("/accounts/alice/withdrawals/7/confirm", json!({"amount": "KUDOS:5"})).await;
    let id = offered.body["challenges"][0]["challenge_id"].as_str().unwrap().to_owned();
    let invented = format!("{}{}", "A".repeat(20), &id[20..]);
    let own = scene.alice.challenge("email").await.text("challenge_id").to_owned();
    for (rest, error) in [("", (404, 5107)), ("/confirm", (404, 5143))] {
        let (mut answers, mut costs) = (Vec::new(), Vec::new());
        for (name, id) in [
            ("alice", invented.as_str()),
            ("nobody", &invented),
            ("bob", &id),
            ("nobody", &id),
            ("alice", &own),
            ("alice", unknown_ids()[0]),
            ("alice", "x"),
        ] {
            let path = format!("/accounts/{name}/challenge/{id}{rest}");
            let (answer, cost) = scene.watched(scene.gateway.post(&path, json!({"tan": "12345678"}))).await;
            answers.push((path, answer));
            costs.push(cost);
        }
        assert_alike(error, &answers);
        assert!(costs.iter().all(Vec::is_empty), "nothing is looked up: {costs:?}");
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_often_an_account_was_tried_is_read_by_itself_alone() {
    let scene = Scene::set().await;
    let id = scene.alice.challenge("sms").await.text("challenge_id").to_owned();
    let wrong = other_than(&scene.app.tan_sent_to(&scene.alice.phone));
    let readonly = scene.app.core.post("/accounts/bob/token", json!({"scope": "readonly"})).await;
    let readonly = scene.bob.client.with_token(readonly.text("access_token"));
    let others = [&scene.bob.client, &readonly, &scene.app.core, &scene.gateway];
    let look = async || {
        let mut all = Vec::new();
        for client in others {
            for (method, path) in [
                (Method::GET, format!("/accounts/alice/tan/challenge/{id}")),
                (Method::GET, format!("/accounts/bob/tan/challenge/{id}")),
                (Method::POST, format!("/accounts/bob/tan/challenge/{id}/confirm")),
                (Method::POST, format!("/accounts/alice/tan/challenge/{id}/confirm")),
                (Method::GET, "/accounts/alice".to_owned()),
                (Method::GET, "/accounts/alice/tan".to_owned()),
            ] {
                let body = (method == Method::POST).then(|| json!({"tan": wrong}).to_string());
                all.push(seen(&client.send(method, &path, &[], body).await));
            }
        }
        all
    };
    let before = look().await;
    for _ in 0..2 {
        assert_eq!(scene.alice.confirm(&id, &wrong).await.error(), (409, 5134));
        assert_eq!(look().await, before, "another sees that she was tried");
    }
    let operators = scene.app.running.operators_address().expect("an operators' listener");
    let metrics = Client::new(&format!("http://{operators}"), "").get("/metrics").await;
    assert_eq!(metrics.status, 200, "{metrics:?}");
    for word in ["alice", "bob", id.as_str(), scene.alice.phone.as_str()] {
        assert!(!metrics.raw.contains(word), "{word} stands in the metrics");
    }
    scene.app.stop().await;
}
