//! Ways round a proof that is asked for: an API token for what its maker could not do himself, and the customer's yes to
//! one thing shown where another thing is done.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, Client, Customer, TestApp},
    contract::{trace, with_token},
    gateway::{Bank, Plan, transfer},
};

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
assurance = "token"
strength = "possession"
[[gateway.operation]]
name = "contact"
method = "POST"
path = "/accounts/{username}/contacts"
assurance = "session"
[[gateway.operation]]
name = "rename"
method = "PATCH"
path = "/accounts/{username}"
summary = "Change your name to {{ body.name }}"
"#;

/// The waiting time of a bank that has one.
const WAITING: Duration = Duration::from_hours(2);

async fn bank(more: &str) -> Bank {
    let usual = Plan::operations(OPERATIONS);
    Bank::with(Plan { limits: format!("{more}\n{}", usual.limits), ..usual }).await
}

/// The same customer at the service's own listener.
fn inside(bank: &Bank, customer: &Customer) -> Client {
    bank.app.admin.with_token(&customer.client.token)
}

/// Asks for an API token for these operations; an empty token is none.
async fn make(client: &Client, operations: &[&str], token: &str) -> Answer {
    let wish = json!({"scope": "readwrite", "operations": operations});
    match token {
        "" => client.post("/accounts/alice/token", wish).await,
        token => with_token(client, Method::POST, "/accounts/alice/token", token, Some(wish)).await,
    }
}

/// What a refusal asks for, and by which channels.
fn asked(refused: &Answer) -> (String, Vec<Value>) {
    assert_eq!(refused.error(), (403, 10002), "{refused:?}");
    let channels = refused.body["tan_channels"].as_array().unwrap().iter();
    (refused.header("tan-required").to_owned(), channels.map(|row| row["tan_channel"].clone()).collect())
}

/// A token for a ticket, by a TAN that goes to the customer's mailbox.
async fn mailed(app: &TestApp, customer: &Customer, refused: &Answer) -> String {
    let wanted = json!({"operation": refused.text("operation")});
    let challenge = customer.client.post(&customer.path("/tan/challenge/email"), wanted).await;
    let solved = customer.confirm(challenge.text("challenge_id"), &app.tan_sent_to(&customer.email)).await;
    solved.text("tan_token").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_the_mailbox_alone_makes_no_api_token_for_what_asks_for_possession() {
    let bank = bank("").await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let thief = inside(&bank, &alice);
    let refused = make(&thief, &["contact", "limit"], "").await;
    assert_eq!(asked(&refused), ("token".to_owned(), vec![json!("sms")]));
    let token = mailed(&bank.app, &alice, &refused).await;
    let before = trace(&bank.app).await;
    assert_eq!(asked(&make(&thief, &["contact", "limit"], &token).await).1, vec![json!("sms")]);
    assert_eq!(trace(&bank.app).await.0, before.0);
    let mild = make(&thief, &["contact"], "").await;
    let token = mailed(&bank.app, &alice, &mild).await;
    assert_eq!(make(&thief, &["contact"], &token).await.status, 200, "for that a mailbox does");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tan_for_nothing_in_particular_makes_no_api_token_for_what_is_bound() {
    let bank = bank("").await;
    let alice = bank.customer("alice").await;
    let phished = bank.unbound(&alice, "sms").await;
    let refused = make(&inside(&bank, &alice), &["transfer"], &phished.token).await;
    assert_eq!(asked(&refused), ("bound".to_owned(), vec![json!("sms")]));
    assert_eq!(refused.text("summary"), "make an API token that needs no TAN, for: transfer");
    assert_eq!(alice.state(&phished.challenge).await, "solved", "it stays as it is");
    let token = alice.token_for(&bank.app, &refused).await;
    let robot = make(&inside(&bank, &alice), &["transfer"], &token).await;
    let robot = Customer { client: bank.client(robot.text("access_token")), ..alice };
    assert_eq!((transfer(&robot, "").await.status.as_u16(), bank.transfers(&robot)), (200, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_still_waits_makes_no_api_token_for_what_it_waits_for() {
    let bank = bank("[enrolment]\nwaiting = \"2 h\"").await;
    let alice = bank.customer_with("alice", &[]).await;
    let begun = alice.client.post("/accounts/alice/tan/sms", json!({})).await;
    let challenge = begun.body["challenge"]["challenge_id"].as_str().unwrap();
    assert_eq!(alice.confirm(challenge, &bank.app.tan_sent_to(&alice.phone)).await.status, 200);
    let inside = inside(&bank, &alice);
    let refused = make(&inside, &["transfer"], "").await;
    assert_eq!(asked(&refused), ("bound".to_owned(), vec![]));
    let early = alice.token_for(&bank.app, &refused).await;
    assert_eq!(asked(&make(&inside, &["transfer"], &early).await).1, Vec::<Value>::new());
    bank.app.advance(WAITING);
    let token = alice.token_for(&bank.app, &make(&inside, &["transfer"], "").await).await;
    assert_eq!(make(&inside, &["transfer"], &token).await.status, 200);
    bank.close().await;
}

/// Method, path and body of both are the same, and one of them says a name alone.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_for_the_bank_core_changes_no_factor_here_nor_the_other_way_round() {
    let bank = bank("").await;
    let alice = bank.customer("alice").await;
    let inside = inside(&bank, &alice);
    let body = json!({"name": "Alice B.", "contact_data": {"phone": "+41790000042"}});
    let patch = async |client: &Client, token: &str| {
        with_token(client, Method::PATCH, "/accounts/alice", token, Some(body.clone())).await
    };
    let shown = alice.client.patch("/accounts/alice", body.clone()).await;
    assert_eq!(shown.text("summary"), "Change your name to Alice B.");
    let token = alice.token_for(&bank.app, &shown).await;
    let sent = bank.app.sms.sent().len();
    assert_eq!(patch(&inside, &token).await.error(), (403, 10004), "it is void");
    assert_eq!(bank.app.sms.sent().len(), sent, "nothing went to the thief");

    let own = inside.patch("/accounts/alice", body.clone()).await;
    let token = alice.token_for(&bank.app, &own).await;
    assert_eq!(patch(&alice.client, &token).await.error(), (403, 10004));
    assert_eq!(bank.core.effects("PATCH", "/accounts/alice"), 0);
    bank.close().await;
}
