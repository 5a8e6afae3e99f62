//! Sessions that the bank core knows (mode `upstream`): stepped up here, ended here, and never mixed up.

use reqwest::Method;
use serde_json::json;

use super::{api_token, step_up};
use crate::{
    app::{Answer, Client, Customer, TestApp, Wish},
    bank_core::{BankCore, CORE_PASSWORD, Reply, Script, basic, core_credential},
    contract::{count, trace},
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

/// A password is sent anew with each request: no log-out would end what it was stepped up to.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_not_stepped_up_whatever_comes_with_it() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    let token = bank.unbound(&alice, "sms").await.token;
    let password = basic("alice", CORE_PASSWORD);
    let by_password = [("Authorization", password.as_str()), ("TAN-Token", token.as_str())];
    let step_up_path = alice.path("/session/step-up");
    let before = trace(&bank.app).await;
    for headers in [&by_password[..1], &by_password] {
        let refused = bank.client("").send(Method::POST, &step_up_path, headers, None).await;
        assert_eq!(refused.error(), (403, 44), "{refused:?}");
    }
    assert_eq!(trace(&bank.app).await, before);
    let contact = Request::post("/accounts/alice/contacts", "{}");
    let asked = contact.send_with(&bank.client(""), &by_password[..1]).await;
    assert_eq!(asked.error(), (403, 10002), "it is asked each time");
    assert_eq!(contact.send_with(&bank.client(""), &by_password).await.status, 200, "a token does");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_that_a_session_of_the_core_made_is_not_stepped_up_and_passes_what_it_names() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    let at_the_api = Customer { client: bank.app.admin.with_token(&alice.client.token), ..bank_customer(&alice) };
    let wish = json!({"scope": "readwrite", "operations": ["contact"]});
    let robot = bank.client(api_token(&bank.app, &at_the_api, wish).await.text("access_token"));
    assert_eq!(contact(&robot).await.status, 200);
    let token = bank.unbound(&alice, "sms").await.token;
    assert_eq!(step_up(&robot, &alice, &token).await.error(), (403, 44));
    assert_eq!(step_up(&alice.client, &alice, &token).await.status, 200, "the token is as it was");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_lasts_no_longer_than_the_token_of_an_authorization_server() {
    let server = BankCore::open().await;
    let identity = format!(
        "[identity]\nmode = \"introspection\"\nurl = \"{}/introspect\"\nclient_id = \"tanager\"\nclient_secret = \"hush\"\n",
        server.url()
    );
    let app = TestApp::start_with(Wish { more: identity, ..Wish::default() }).await;
    let end = count(&app, "select floor(extract(epoch from clock_timestamp()))::bigint").await + 300;
    let said = json!({"active": true, "sub": "alice", "scope": "readwrite", "exp": end});
    server.on("POST", "/introspect", Script::say(&Reply::new(200).json(&said)));
    let client = app.admin.with_token("a-token-of-alice");
    let answer = client.send(Method::POST, "/accounts/alice/session/step-up", &[], None).await;
    assert_eq!((answer.status.as_u16(), &answer.body["mfa_expiration"]), (200, &json!({"t_s": end})), "{answer:?}");
    app.stop().await;
}
