//! Sessions that the bank core knows (mode `upstream`): stepped up here, ended here, and never mixed up.

use serde_json::json;

use super::step_up;
use crate::{
    app::{Answer, Client, Customer},
    bank_core::core_credential,
    contract::{count, trace, with_token},
    gateway::{Bank, Plan, Request},
};

async fn contact(client: &Client) -> Answer {
    Request::post("/accounts/alice/contacts", "{}").send(client, "").await
}

/// Another session of Alice's at the bank core.
fn another(bank: &Bank) -> Client {
    bank.client(&format!("{}!readwrite", core_credential("alice")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_core_is_stepped_up_alone() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    assert_eq!(contact(&alice.client).await.error(), (403, 10002));
    let approval = bank.unbound(&alice, "sms").await;
    let answer = step_up(&alice.client, &alice, &approval.token).await;
    assert_eq!((answer.status.as_u16(), &answer.body["mfa"]), (200, &json!(true)), "{answer:?}");
    assert_eq!(contact(&alice.client).await.status, 200);
    assert_eq!(contact(&another(&bank)).await.error(), (403, 10002), "another session of hers");
    let kept = "select count(*) from accounts where step_up_sessions::text like '%core-alice%'";
    assert_eq!(count(&bank.app, kept).await, 0, "kept under a keyed hash");
    assert_eq!(bank.core.hits("POST", "/accounts/alice/session/step-up"), 0, "the core does not see it");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_core_that_only_looks_is_not_stepped_up() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    let looking = bank.client(&format!("{}!readonly", core_credential("alice")));
    let approval = bank.unbound(&alice, "sms").await;
    let before = trace(&bank.app).await;
    assert_eq!(step_up(&looking, &alice, &approval.token).await.error(), (403, 44));
    assert_eq!(trace(&bank.app).await, before);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_ends_what_hangs_on_the_session_of_the_core_and_nothing_else() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    let other = Customer { client: another(&bank), ..bank_customer(&alice) };
    for customer in [&alice, &other] {
        let approval = bank.unbound(customer, "sms").await;
        assert_eq!(step_up(&customer.client, customer, &approval.token).await.status, 200);
    }
    let (hers, others) = (bank.unbound(&alice, "sms").await, bank.unbound(&other, "sms").await);
    let open = alice.challenge("sms").await.text("challenge_id").to_owned();

    let at_the_api = bank.app.admin.with_token(&alice.client.token);
    assert_eq!(at_the_api.delete("/accounts/alice/token").await.status, 204);

    assert_eq!(contact(&alice.client).await.error(), (403, 10002), "it is stepped up no more");
    assert_eq!((alice.state(&open).await, alice.state(&hers.challenge).await), ("void".into(), "void".into()));
    assert_eq!(step_up(&alice.client, &alice, &hers.token).await.error(), (403, 10003));
    assert_eq!(contact(&other.client).await.status, 200);
    assert_eq!(alice.state(&others.challenge).await, "solved");
    bank.close().await;
}

fn bank_customer(customer: &Customer) -> Customer {
    let Customer { username, phone, email, client } = customer;
    Customer { username: username.clone(), phone: phone.clone(), email: email.clone(), client: client.clone() }
}

/// A token of ours is nobody's where the core knows the customers: none is made that could not be used.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_core_makes_no_api_token() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    let approval = bank.unbound(&alice, "sms").await;
    let before = trace(&bank.app).await;
    let (at_the_api, wish) = (bank.app.admin.with_token(&alice.client.token), json!({"scope": "readwrite"}));
    let path = "/accounts/alice/token";
    let refused = with_token(&at_the_api, reqwest::Method::POST, path, &approval.token, Some(wish)).await;
    assert_eq!(refused.error(), (403, 44), "{refused:?}");
    assert_eq!(trace(&bank.app).await, before);
    bank.close().await;
}
