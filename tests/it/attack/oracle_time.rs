//! No oracle in time: replies that look alike take alike. Each pair is measured over a thousand replies of either kind,
//! mixed at random on one connection; a pair that differs by one look-up in the database shows that it would be found.
//! What each of them costs the database, to the statement, is compared beside this, without a clock.

use std::{net::SocketAddr, time::Duration};

use reqwest::Method;
use serde_json::json;

use super::{
    Dice,
    stopwatch::{Kind, Pair, Request, request},
};
use crate::{
    app::{Client, Customer, TestApp},
    bank_core::basic,
    gateway::{Bank, Plan},
};

struct Scene {
    bank: Bank,
    api: SocketAddr,
    bob: Customer,
    dice: Dice,
    /// A challenge of Alice's that waits for its TAN.
    foreign: String,
    /// Tokens of Alice's, and of Bob's that he has spent.
    anothers: Vec<String>,
    spent: Vec<String>,
}

fn bearer(client: &Client) -> String {
    format!("Bearer {}", client.token)
}

impl Scene {
    async fn set() -> Self {
        let bank = Bank::with(Plan::default()).await;
        let api = bank.app.running.address().unwrap();
        let (alice, bob) = (bank.customer_with("alice", &["sms", "email"]).await, bank.customer("bob").await);
        let (mut anothers, mut spent) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            anothers.push(bank.unbound(&alice, "sms").await.token);
            let token = bank.unbound(&bob, "sms").await.token;
            let shown = [("TAN-Token", token.as_str())];
            let plan = bob.client.send(Method::PUT, "/accounts/bob/plan", &shown, Some("{}".to_owned()));
            assert_eq!(plan.await.status, 200);
            spent.push(token);
        }
        let foreign = alice.challenge("sms").await.text("challenge_id").to_owned();
        let dice = Dice::new(0xd1ce);
        Self { bank, api, bob, dice, foreign, anothers, spent }
    }

    fn app(&self) -> &TestApp {
        &self.bank.app
    }

    /// Ids as near to a real one as can be: of the same moment, so of the same partition.
    fn unknown_ids(&mut self) -> Vec<String> {
        let foreign = self.foreign[..24].to_owned();
        (0..4).map(|_| format!("{foreign}{:012x}", self.dice.roll() & 0xffff_ffff_ffff)).collect()
    }

    fn unknown_tokens(&mut self) -> Vec<String> {
        (0..4).map(|_| format!("tan_{:043}", self.dice.roll())).collect()
    }

    fn pair(&self, what: &'static str, error: (u16, u64), one: Vec<Request>, other: Vec<Request>) -> Pair {
        let kind = |requests| Kind { error, requests };
        Pair { what, door: self.api, one: kind(one), other: kind(other) }
    }

    fn pair_at_gateway(&self, what: &'static str, error: (u16, u64), one: Vec<Request>, other: Vec<Request>) -> Pair {
        Pair { door: self.bank.address, ..self.pair(what, error, one, other) }
    }

    /// Bob's confirmations of challenges with these ids.
    fn confirming(&self, ids: &[String]) -> Vec<Request> {
        let (bearer, tan) = (bearer(&self.bob.client), json!({"tan": "12345678"}));
        let path = |id: &String| format!("/accounts/bob/tan/challenge/{id}/confirm");
        ids.iter().map(|id| request(&Method::POST, &path(id), &[("authorization", &bearer)], Some(&tan))).collect()
    }

    /// Bob's removals of his channel with these tokens.
    fn removing(&self, tokens: &[String]) -> Vec<Request> {
        let bearer = bearer(&self.bob.client);
        let headers = |token| [("authorization", bearer.as_str()), ("tan-token", token)];
        tokens.iter().map(|token| request(&Method::DELETE, "/accounts/bob/tan/sms", &headers(token), None)).collect()
    }

    /// A bank core's reservations for Bob with these tokens.
    fn reserving(&self, tokens: &[String]) -> Vec<Request> {
        let bearer = bearer(&self.app().core);
        let operation = json!({"method": "POST", "path": "/pay", "body_sha256": "00".repeat(32)});
        let body = |token: &String| json!({"username": "bob", "operation": operation, "tan_token": token});
        let asked =
            |token| request(&Method::POST, "/tokens/reserve", &[("authorization", &bearer)], Some(&body(token)));
        tokens.iter().map(asked).collect()
    }

    /// Looks at these paths with this credential.
    fn looking(bearer: &str, paths: &[String]) -> Vec<Request> {
        paths.iter().map(|path| request(&Method::GET, path, &[("authorization", bearer)], None)).collect()
    }

    async fn assert_alike(&mut self, pairs: Vec<Pair>) {
        for pair in pairs {
            pair.assert_alike(&mut self.dice).await;
        }
    }
}

/// Log-ins with a wrong password, with and without ids of Taler's that nobody gave out.
fn log_ins(username: &str) -> Vec<Request> {
    let credential = basic(username, "guess");
    let (path, body) = (format!("/accounts/{username}/token"), json!({"scope": "readwrite"}));
    let plain = request(&Method::POST, &path, &[("authorization", &credential)], Some(&body));
    let headers = [("authorization", credential.as_str()), ("taler-challenge-ids", "AAAA,BBBB")];
    vec![plain, request(&Method::POST, &path, &headers, Some(&body))]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_look_up_more_would_be_found() {
    let mut scene = Scene::set().await;
    let (bearer, ids) = (bearer(&scene.bob.client), scene.unknown_ids());
    let paths = |name: &str| ids.iter().map(|id| format!("/accounts/{name}/tan/challenge/{id}")).collect::<Vec<_>>();
    let kind = |error, name| Kind { error, requests: Scene::looking(&bearer, &paths(name)) };
    // At another's path nothing is looked up; at his own it is one load.
    let planted = Pair {
        what: "one look-up more",
        door: scene.api,
        one: kind((403, 44), "alice"),
        other: kind((404, 5143), "bob"),
    };
    let mut dice = Dice::new(9);
    let first = planted.measured(&mut dice).await;
    let found = first.is_telling() || planted.measured(&mut dice).await.is_telling();
    assert!(found, "twice not: {first:?}");
    scene.bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_and_tokens_that_prove_nothing_take_alike() {
    let mut scene = Scene::set().await;
    let (ids, tokens) = (scene.unknown_ids(), scene.unknown_tokens());
    let foreign = [scene.foreign.clone()];
    let (not_found, invalid) = ((404, 5143), (403, 10003));
    let pairs = vec![
        scene.pair("another's challenge", not_found, scene.confirming(&ids), scene.confirming(&foreign)),
        scene.pair("a spent token", invalid, scene.removing(&tokens), scene.removing(&scene.spent)),
        scene.pair("another's token", invalid, scene.removing(&tokens), scene.removing(&scene.anothers)),
        scene.pair(
            "another's token at the back channel",
            invalid,
            scene.reserving(&tokens),
            scene.reserving(&scene.anothers),
        ),
    ];
    scene.assert_alike(pairs).await;
    scene.bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_credentials_that_are_there_and_that_are_not_take_alike() {
    let mut scene = Scene::set().await;
    let short =
        scene.app().core.post("/accounts/bob/token", json!({"scope": "readonly", "duration": {"d_us": 60_000_000}}));
    let short = short.await.text("access_token").to_owned();
    let ended = scene.app().log_in("bob").await;
    assert_eq!(ended.delete("/accounts/bob/token").await.status, 204);
    scene.app().advance(Duration::from_mins(2));
    let bob = bearer(&scene.bob.client);
    let path = |name: &str| [format!("/accounts/{name}/tan")];
    let unknown: Vec<Request> = scene
        .unknown_tokens()
        .iter()
        .flat_map(|token| Scene::looking(&format!("Bearer secret-token:{}", &token[4..]), &path("bob")))
        .collect();
    let run_out = Scene::looking(&format!("Bearer {short}"), &path("bob"));
    let closed = Scene::looking(&bearer(&ended), &path("bob"));
    let pairs = vec![
        scene.pair(
            "an account",
            (403, 44),
            Scene::looking(&bob, &path("nobody")),
            Scene::looking(&bob, &path("alice")),
        ),
        scene.pair("a credential that ran out", (401, 40), unknown.clone(), run_out),
        scene.pair("a credential that was ended", (401, 40), unknown, closed),
    ];
    scene.assert_alike(pairs).await;
    scene.bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_at_the_gateway_that_is_there_and_one_that_is_not_take_alike() {
    let mut scene = Scene::set().await;
    let id = "A".repeat(200);
    let sending =
        |name: &str| vec![request(&Method::POST, &format!("/accounts/{name}/challenge/{id}"), &[], Some(&json!({})))];
    let trying = |name: &str| {
        let path = format!("/accounts/{name}/challenge/{id}/confirm");
        vec![request(&Method::POST, &path, &[], Some(&json!({"tan": "12345678"})))]
    };
    let pairs = vec![
        scene.pair_at_gateway("a log-in name", (401, 5104), log_ins("nobody"), log_ins("alice")),
        scene.pair_at_gateway("a name that Taler's TAN is asked for", (404, 5107), sending("nobody"), sending("alice")),
        scene.pair_at_gateway("a name that Taler's TAN is tried for", (404, 5143), trying("nobody"), trying("alice")),
    ];
    scene.assert_alike(pairs).await;
    scene.bank.close().await;
}
