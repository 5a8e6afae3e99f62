//! The bank over HTTP, as the gateway and a customer meet it.

use std::{net::Ipv4Addr, sync::Arc};

use futures_util::future::join_all;
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use super::{
    Bank, RunningBank,
    customers::{CUSTOMERS, Customer},
};
use crate::chance::SystemChance;

/// A running bank and a browser.
struct Try {
    bank: RunningBank,
    http: reqwest::Client,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn error(&self) -> (u16, u64) {
        (self.status, self.body["code"].as_u64().unwrap_or_default())
    }
}

fn customer(username: &str) -> &'static Customer {
    CUSTOMERS.iter().find(|customer| customer.username == username).unwrap()
}

fn transfer(to: &str, amount: &str) -> Value {
    json!({"payto_uri": format!("payto://iban/{}?message=rent", customer(to).iban), "amount": amount})
}

impl Try {
    fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let bank = Bank::start((Ipv4Addr::LOCALHOST, 0).into(), Arc::new(SystemChance)).unwrap();
        Self { bank, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn send(&self, verb: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut request = self.http.request(verb, format!("http://{}{path}", self.bank.address()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let reply = request.send().await.unwrap();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let body = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }

    async fn log_in_with(&self, username: &str, password: &str, path: &str, body: Value) -> Answer {
        let basic = data_encoding::BASE64.encode(format!("{username}:{password}").as_bytes());
        self.send(Method::POST, path, &[("authorization", &format!("Basic {basic}"))], Some(body)).await
    }

    async fn log_in(&self, username: &str, scope: &str) -> String {
        let path = format!("/accounts/{username}/token");
        let answer = self.log_in_with(username, customer(username).password, &path, json!({"scope": scope})).await;
        assert_eq!(answer.status, 200);
        format!("Bearer {}", answer.body["access_token"].as_str().unwrap())
    }

    async fn call(&self, verb: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
        self.send(verb, path, &[("authorization", token)], body).await
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, token, None).await
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::POST, path, token, Some(body)).await
    }

    async fn balance(&self, username: &str) -> String {
        let token = self.log_in(username, "readonly").await;
        let answer = self.get(&format!("/accounts/{username}"), &token).await;
        assert_eq!(answer.body["balance"]["credit_debit_indicator"], "credit");
        answer.body["balance"]["amount"].as_str().unwrap().to_owned()
    }
}

const TRANSFERS: &str = "/accounts/alice/transactions";

#[tokio::test]
async fn a_password_becomes_a_token_that_says_whose_it_is_and_what_it_may() {
    let tried = Try::start();
    for scope in ["readonly", "readwrite"] {
        let token = tried.log_in("alice", scope).await;
        let answer = tried.get("/accounts/alice", &token).await;
        assert_eq!(
            (answer.status, &answer.body["username"], &answer.body["scope"]),
            (200, &json!("alice"), &json!(scope))
        );
        assert_eq!(answer.body["payto_uri"], "payto://iban/DE70999900000000001001?receiver-name=Alice+Example");
    }
    let forever = json!({"scope": "readwrite", "duration": {"d_us": "forever"}});
    let answer = tried.log_in_with("bob", customer("bob").password, "/accounts/bob/token", forever).await;
    assert_eq!(answer.body["expiration"], json!({"t_s": "never"}));
    tried.bank.stop().await;
}

#[tokio::test]
async fn nobody_logs_in_without_the_password_of_that_account() {
    let tried = Try::start();
    let body = || json!({"scope": "readwrite"});
    let alice = "/accounts/alice/token";
    for (username, password) in
        [("alice", "wrong"), ("nobody", "wrong"), ("alice", ""), ("alice", customer("bob").password)]
    {
        let answer = tried.log_in_with(username, password, alice, body()).await;
        assert_eq!(answer.error(), (401, 40), "{username}");
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    }
    let answer = tried.log_in_with("bob", customer("bob").password, alice, body()).await;
    assert_eq!(answer.error(), (403, 44));
    assert_eq!(tried.send(Method::POST, alice, &[], Some(body())).await.error(), (401, 40));
}

#[tokio::test]
async fn a_token_is_good_for_its_own_account_and_its_own_scope() {
    let tried = Try::start();
    let (acting, looking) = (tried.log_in("alice", "readwrite").await, tried.log_in("alice", "readonly").await);
    assert_eq!(tried.get("/accounts/bob", &acting).await.error(), (403, 44));
    assert_eq!(tried.get("/accounts/alice", "Bearer secret-token:nobody").await.error(), (401, 40));
    assert_eq!(tried.send(Method::GET, "/accounts/alice", &[], None).await.error(), (401, 40));
    assert_eq!(tried.post(TRANSFERS, &looking, transfer("bob", "EUR:1")).await.error(), (403, 44));
    assert_eq!(tried.balance("alice").await, "EUR:1000.00");
}

#[tokio::test]
async fn a_log_out_ends_the_session_that_calls_and_no_other() {
    let tried = Try::start();
    let (first, second) = (tried.log_in("alice", "readonly").await, tried.log_in("alice", "readwrite").await);
    assert_eq!(tried.call(Method::DELETE, "/accounts/alice/token", &first, None).await.status, 204);
    assert_eq!(tried.get("/accounts/alice", &first).await.error(), (401, 40));
    assert_eq!(tried.get("/accounts/alice", &second).await.status, 200);
}

#[tokio::test]
async fn a_transfer_moves_money_and_is_listed_on_both_sides() {
    let tried = Try::start();
    let (alice, bob) = (tried.log_in("alice", "readwrite").await, tried.log_in("bob", "readonly").await);
    let paid = tried.post(TRANSFERS, &alice, transfer("bob", "EUR:120.5")).await;
    assert_eq!((paid.status, &paid.body), (200, &json!({"row_id": 1})));
    assert_eq!((tried.balance("alice").await, tried.balance("bob").await), ("EUR:879.50".into(), "EUR:620.50".into()));
    for (path, token, direction) in [(TRANSFERS, &alice, "debit"), ("/accounts/bob/transactions", &bob, "credit")] {
        let row = tried.get(path, token).await.body["transactions"][0].clone();
        assert_eq!((&row["direction"], &row["amount"]), (&json!(direction), &json!("EUR:120.50")));
        assert_eq!(row["subject"], "rent");
    }
}

#[tokio::test]
async fn a_transfer_that_cannot_be_done_moves_nothing() {
    let tried = Try::start();
    let alice = tried.log_in("alice", "readwrite").await;
    let nobody = json!({"payto_uri": "payto://iban/DE00999900000000009999", "amount": "EUR:1"});
    let twice = json!({"payto_uri": "payto://iban/DE43999900000000001002?amount=EUR:2", "amount": "EUR:1"});
    for (body, error) in [
        (transfer("bob", "EUR:1000.01"), (409, 5102)),
        (transfer("alice", "EUR:1"), (409, 5101)),
        (nobody, (409, 5124)),
        (transfer("bob", "EUR:0"), (400, 26)),
        (transfer("bob", "EUR:1.001"), (400, 26)),
        (transfer("bob", "CHF:1"), (400, 26)),
        (twice, (400, 26)),
        (json!({"amount": "EUR:1"}), (400, 26)),
        (json!([]), (400, 26)),
    ] {
        assert_eq!(tried.post(TRANSFERS, &alice, body.clone()).await.error(), error, "{body}");
    }
    assert_eq!(tried.balance("alice").await, "EUR:1000.00");
}

#[tokio::test]
async fn a_repeat_under_the_same_key_is_answered_alike_and_moves_nothing() {
    let tried = Try::start();
    let alice = tried.log_in("alice", "readwrite").await;
    let keyed = async |body: Value| {
        let headers = [("authorization", alice.as_str()), ("idempotency-key", "k-1")];
        tried.send(Method::POST, TRANSFERS, &headers, Some(body)).await
    };
    let refused = keyed(transfer("bob", "EUR:5000")).await;
    assert_eq!(refused.error(), (409, 5102), "a refusal leaves the key free");
    let answers = join_all((0..20).map(|_| keyed(transfer("bob", "EUR:10")))).await;
    for answer in answers {
        assert_eq!((answer.status, &answer.body), (200, &json!({"row_id": 1})));
    }
    assert_eq!(keyed(transfer("bob", "EUR:11")).await.error(), (409, 5112));
    assert_eq!(tried.balance("alice").await, "EUR:990.00");
    let twice = [("authorization", alice.as_str()), ("idempotency-key", "a"), ("idempotency-key", "b")];
    let answer = tried.send(Method::POST, TRANSFERS, &twice, Some(transfer("bob", "EUR:1"))).await;
    assert_eq!(answer.error(), (400, 23));
}

#[tokio::test]
async fn a_withdrawal_moves_money_when_it_is_confirmed_and_only_once() {
    let tried = Try::start();
    let (alice, bob) = (tried.log_in("alice", "readwrite").await, tried.log_in("bob", "readwrite").await);
    let begun = tried.post("/accounts/alice/withdrawals", &alice, json!({"amount": "EUR:50"})).await;
    let id = begun.body["withdrawal_id"].as_str().unwrap();
    assert!(begun.body["taler_withdraw_uri"].as_str().unwrap().ends_with(id));
    let path = format!("/accounts/alice/withdrawals/{id}");
    assert_eq!(tried.get(&path, &alice).await.body["status"], "pending");
    assert_eq!(tried.balance("alice").await, "EUR:1000.00");
    let stolen = format!("/accounts/bob/withdrawals/{id}/confirm");
    let amount = |amount: &str| json!({"amount": amount});
    assert_eq!(tried.post(&stolen, &bob, amount("EUR:50")).await.error(), (404, 5107));
    let confirm = format!("{path}/confirm");
    assert_eq!(tried.post(&confirm, &alice, amount("EUR:5")).await.error(), (409, 5148), "another amount");
    assert_eq!(tried.post(&confirm, &alice, json!({})).await.error(), (400, 26));
    assert_eq!(tried.balance("alice").await, "EUR:1000.00");
    assert_eq!(tried.post(&confirm, &alice, amount("EUR:50.00")).await.status, 204);
    assert_eq!(tried.post(&confirm, &alice, amount("EUR:50")).await.error(), (409, 5116));
    assert_eq!(tried.get(&path, &alice).await.body["status"], "confirmed");
    assert_eq!(
        (tried.balance("alice").await, tried.balance("bank").await),
        ("EUR:950.00".into(), "EUR:10050.00".into())
    );
}

#[tokio::test]
async fn a_cash_out_pays_to_the_bank() {
    let tried = Try::start();
    let alice = tried.log_in("alice", "readwrite").await;
    let paid = tried.post("/accounts/alice/cashouts", &alice, json!({"amount_debit": "EUR:1.01"})).await;
    assert_eq!((paid.status, &paid.body), (200, &json!({"cashout_id": 1})));
    assert_eq!(tried.balance("bank").await, "EUR:10001.01");
}

#[tokio::test]
async fn an_account_is_changed_member_by_member() {
    let tried = Try::start();
    let alice = tried.log_in("alice", "readwrite").await;
    let phone = json!({"contact_data": {"phone": "+41791234567", "email": "a@example.com"}});
    for (body, expected) in [
        (phone, json!({"phone": "+41791234567", "email": "a@example.com"})),
        (json!({"name": "Alice A."}), json!({"phone": "+41791234567", "email": "a@example.com"})),
        (json!({"contact_data": {"phone": null}}), json!({"phone": null, "email": "a@example.com"})),
    ] {
        assert_eq!(tried.call(Method::PATCH, "/accounts/alice", &alice, Some(body)).await.status, 204);
        assert_eq!(tried.get("/accounts/alice", &alice).await.body["contact_data"], expected);
    }
    assert_eq!(tried.get("/accounts/alice", &alice).await.body["name"], "Alice A.");
    let answer = tried.call(Method::PATCH, "/accounts/alice", &alice, Some(json!({"name": "a\nb"}))).await;
    assert_eq!(answer.error(), (400, 26));
}

#[tokio::test]
async fn only_an_empty_account_is_closed_and_then_nobody_can_log_in() {
    let tried = Try::start();
    let acme = tried.log_in("acme", "readwrite").await;
    let bob = tried.log_in("bob", "readwrite").await;
    let bank = tried.log_in("bank", "readwrite").await;
    assert_eq!(tried.call(Method::DELETE, "/accounts/bob", &bob, None).await.error(), (409, 5123));
    assert_eq!(tried.call(Method::DELETE, "/accounts/bank", &bank, None).await.error(), (409, 5120));
    assert_eq!(tried.call(Method::DELETE, "/accounts/acme", &acme, None).await.status, 204);
    assert_eq!(tried.get("/accounts/acme", &acme).await.error(), (401, 40));
    let password = customer("acme").password;
    let answer = tried.log_in_with("acme", password, "/accounts/acme/token", json!({"scope": "readonly"})).await;
    assert_eq!(answer.error(), (401, 40));
}

#[tokio::test]
async fn fifty_at_once_spend_what_there_is_and_no_cent_more() {
    let tried = Try::start();
    let alice = tried.log_in("alice", "readwrite").await;
    let each = join_all((0..50).map(|_| tried.post(TRANSFERS, &alice, transfer("bob", "EUR:30")))).await;
    let count = |status: u16| each.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(409)), (33, 17));
    assert_eq!((tried.balance("alice").await, tried.balance("bob").await), ("EUR:10.00".into(), "EUR:1490.00".into()));
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_same_form() {
    let tried = Try::start();
    assert_eq!(tried.get("/nothing", "").await.error(), (404, 21));
    assert_eq!(tried.send(Method::PUT, "/config", &[], None).await.error(), (405, 20));
    assert_eq!(tried.get("/config", "").await.body["currency"], "EUR");
    let alice = tried.log_in("alice", "readwrite").await;
    let large = json!({"name": "x".repeat(70_000)});
    let answer = tried.call(Method::PATCH, "/accounts/alice", &alice, Some(large)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
