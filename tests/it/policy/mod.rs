//! What the bank has decided about factors, as its customers and its operators meet it: which one serves for what, which
//! one is offered first, who brings the first one, from when on a new one counts, and what a removal costs.

mod devices;
mod first;
mod own_operations;
mod own_strength;
mod preference;
mod strength;
mod waiting;
mod warning;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, Authenticator, Client, Customer, TestApp, Wish},
    factors::send,
    gateway::{Approval, Bank, Plan, Request},
};

/// Protected routes that differ in what they demand of a factor.
const OPERATIONS: &str = r#"
[[gateway.operation]]
name = "transfer"
method = "POST"
path = "/accounts/{username}/transactions"
enrolled = true
summary = "Transfer {{ body.amount }} to {{ body.payto_uri }}"
[[gateway.operation]]
name = "limit"
method = "PUT"
path = "/accounts/{username}/limits/{kind}"
strength = "possession"
[[gateway.operation]]
name = "mandate"
method = "POST"
path = "/accounts/{username}/mandates"
assurance = "token"
enrolled = true
[[gateway.operation]]
name = "statement"
method = "POST"
path = "/accounts/{username}/statements"
assurance = "token"
[[gateway.operation]]
name = "contact"
method = "POST"
path = "/accounts/{username}/contacts"
assurance = "session"
[[gateway.operation]]
name = "withdrawal"
method = "POST"
path = "/accounts/{username}/withdrawals/{id}/confirm"
on_missing = "challenge"
"#;

/// How long a customer's new factor counts for nothing that is bound.
const WAITING: Duration = Duration::from_hours(2);

/// A bank with these routes; `more` is TOML, which begins within `[channel.email]`.
async fn bank(more: &str) -> Bank {
    let usual = Plan::operations(OPERATIONS);
    Bank::with(Plan { limits: format!("{more}\n{}", usual.limits), ..usual }).await
}

/// A bank where a new factor waits.
async fn waiting_bank() -> Bank {
    bank("[enrolment]\nwaiting = \"2 h\"").await
}

/// A service without a gateway.
async fn service(more: &str, server: &str) -> TestApp {
    TestApp::start_with(Wish { more: more.to_owned(), server: server.to_owned(), ..Wish::default() }).await
}

/// The protected request that asks for possession.
fn limit() -> Request<'static> {
    Request::new("PUT", "/accounts/alice/limits/daily", Some("{}"))
}

/// The one that asks for a token.
fn statement() -> Request<'static> {
    Request::post("/accounts/alice/statements", "{}")
}

/// The one that a stepped-up session may do.
fn contact() -> Request<'static> {
    Request::post("/accounts/alice/contacts", "{}")
}

/// The channels that a reply offers, in their order.
fn offered(answer: &Answer) -> Vec<String> {
    let rows = answer.body["tan_channels"].as_array().unwrap_or_else(|| panic!("no channels in {answer:?}"));
    rows.iter().map(|row| row["tan_channel"].as_str().unwrap().to_owned()).collect()
}

/// What a request without a sufficient proof is offered.
async fn refused(request: &Request<'_>, client: &Client, token: &str) -> (Vec<String>, String) {
    let answer = request.send(client, token).await;
    assert_eq!(answer.error(), (403, 10002), "{answer:?}");
    (offered(&answer), answer.text("operation").to_owned())
}

/// A token by this channel, for the ticket or, without one, for anything.
async fn solve(app: &TestApp, customer: &Customer, channel: &str, ticket: Option<&str>) -> Approval {
    let wanted = ticket.map_or(json!({}), |ticket| json!({"operation": ticket}));
    let asked = customer.client.post(&customer.path(&format!("/tan/challenge/{channel}")), wanted).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let address = if channel == "sms" { &customer.phone } else { &customer.email };
    answer(customer, &asked, &app.tan_sent_to(address)).await
}

/// What the answer to a challenge yields.
async fn answer(customer: &Customer, asked: &Answer, tan: &str) -> Approval {
    let solved = customer.confirm(asked.text("challenge_id"), tan).await;
    assert_eq!(solved.status, 200, "{solved:?}");
    let (token, challenge) = (solved.text("tan_token").to_owned(), asked.text("challenge_id").to_owned());
    Approval { token, challenge, bound: solved.body["bound"].clone() }
}

/// The customer's own enrolment of the address that the bank knows, proven; an empty token is none.
pub async fn enrol(app: &TestApp, customer: &Customer, channel: &str, token: &str) {
    let path = customer.path(&format!("/tan/{channel}"));
    let begun = send(&customer.client, Method::POST, &path, token, Some(&json!({}))).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    let address = if channel == "sms" { &customer.phone } else { &customer.email };
    prove(customer, &begun, &app.tan_sent_to(address)).await;
}

/// Proves what an enrolment began.
async fn prove(customer: &Customer, begun: &Answer, tan: &str) {
    let proven = customer.confirm(begun.body["challenge"]["challenge_id"].as_str().unwrap(), tan).await;
    assert_eq!((proven.status.as_u16(), &proven.body["state"]), (200, &json!("active")), "{proven:?}");
}

/// The active channels, each once, as the customer sees them.
async fn active(customer: &Customer) -> Value {
    let listed = customer.client.get(&customer.path("/tan")).await;
    let rows = listed.body["tan_channels"].as_array().unwrap_or_else(|| panic!("no channels in {listed:?}"));
    let rows = rows.iter().filter(|row| row["state"] == json!("active"));
    let mut channels: Vec<Value> = rows.map(|row| row["tan_channel"].clone()).collect();
    channels.dedup();
    Value::from(channels)
}

/// The code that the app shows now; the next step begins behind it.
fn code(app: &TestApp, device: &Authenticator) -> String {
    let code = device.code_at(app.now());
    app.advance(Duration::from_secs(30));
    code
}
