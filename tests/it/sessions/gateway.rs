//! What a step-up passes at the gateway, and what it never does.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{step_up, stepped_up};
use crate::{
    app::{Answer, Client, Customer},
    contract::{tans_sent, with_token},
    gateway::{Bank, Plan, Request, TRANSFER},
};

/// Operations of assurance `session`, of either strength.
const OPERATIONS: &str = r#"
[[gateway.operation]]
name = "contact"
method = "POST"
path = "/accounts/{username}/contacts"
assurance = "session"
[[gateway.operation]]
name = "limit"
method = "PUT"
path = "/accounts/{username}/limits/{kind}"
assurance = "session"
strength = "possession"
"#;

async fn contact(client: &Client, token: &str) -> Answer {
    Request::post("/accounts/alice/contacts", "{}").send(client, token).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_forbidden_before_the_step_up_is_done_after_it_without_a_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let other = bank.client(&bank.app.log_in("alice").await.token);
    for client in [&alice.client, &other] {
        let refused = contact(client, "").await;
        assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "session"));
    }
    stepped_up(&bank.app, &alice).await;
    let sent = tans_sent(&bank.app);
    for _ in 0..3 {
        assert_eq!(contact(&alice.client, "").await.status, 200);
    }
    assert_eq!(contact(&other, "").await.error(), (403, 10002), "another session proves itself");
    let seen = bank.core.last("POST", "/accounts/alice/contacts");
    assert_eq!(seen.header("x-tan-account").as_deref(), Some("alice"));
    assert!(seen.header("idempotency-key").is_none() && seen.header("x-tan-challenge").is_none(), "no token was used");
    assert_eq!((bank.core.effects("POST", "/accounts/alice/contacts"), tans_sent(&bank.app)), (3, sent));

    bank.app.advance(Duration::from_mins(15));
    assert_eq!(contact(&alice.client, "").await.error(), (403, 10002), "it is over");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_comes_with_a_stepped_up_session_is_not_taken() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    stepped_up(&bank.app, &alice).await;
    let approval = bank.unbound(&alice, "sms").await;
    assert_eq!(contact(&alice.client, &approval.token).await.status, 200);
    assert_eq!(contact(&alice.client, "tan_of-nobody").await.status, 200);
    assert_eq!(alice.state(&approval.challenge).await, "solved");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mere_session_passes_what_asks_for_a_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    stepped_up(&bank.app, &alice).await;
    for (method, path, asked) in [
        ("POST", "/accounts/alice/transactions", "bound"),
        ("DELETE", "/accounts/alice", "bound"),
        ("PATCH", "/accounts/alice", "token"),
        ("PUT", "/accounts/alice/limits/daily", "token"),
        ("POST", "/accounts/alice/mandates", "token"),
        ("GET", "/accounts/alice/statement", "token"),
    ] {
        let body = (method != "GET").then_some(TRANSFER);
        let refused = Request::new(method, path, body).send(&alice.client, "").await;
        assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), asked), "{method} {path}");
    }
    let at_the_api = bank.app.admin.with_token(&alice.client.token);
    for path in ["/accounts/alice/tan/sms", "/accounts/alice"] {
        assert_eq!(at_the_api.delete(path).await.error(), (403, 10002), "{path}");
    }
    let made = at_the_api.post("/accounts/alice/token", json!({"scope": "readwrite"})).await;
    assert_eq!(made.error(), (403, 10002));
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_shows_what_it_was_stepped_up_with_and_no_more() {
    let bank = Bank::with(Plan::operations(OPERATIONS)).await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let limit = Request::new("PUT", "/accounts/alice/limits/daily", Some("{}"));
    let mailed = bank.unbound(&alice, "email").await;
    assert_eq!(step_up(&alice.client, &alice, &mailed.token).await.status, 200);
    assert_eq!(contact(&alice.client, "").await.status, 200);
    let refused = limit.send(&alice.client, "").await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "session"));
    assert_eq!(refused.body["tan_channels"][0]["tan_channel"], "sms", "{refused:?}");
    let texted = bank.unbound(&alice, "sms").await;
    assert_eq!(limit.send(&alice.client, &texted.token).await.status, 200, "a token does too");
    let texted = bank.unbound(&alice, "sms").await;
    assert_eq!(step_up(&alice.client, &alice, &texted.token).await.status, 200);
    for request in [limit, Request::post("/accounts/alice/contacts", "{}")] {
        assert_eq!(request.send(&alice.client, "").await.status, 200);
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_and_a_changed_factor_forbid_again_what_the_step_up_allowed() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    stepped_up(&bank.app, &alice).await;
    assert_eq!(contact(&alice.client, "").await.status, 200);
    assert_eq!(bank.app.admin.delete("/accounts/alice/tan/email").await.status, 204);
    assert_eq!(contact(&alice.client, "").await.error(), (403, 10002));
    stepped_up(&bank.app, &alice).await;
    assert_eq!(contact(&alice.client, "").await.status, 200);
    assert_eq!(bank.app.admin.with_token(&alice.client.token).delete("/accounts/alice/token").await.status, 204);
    assert_eq!(contact(&alice.client, "").await.error(), (401, 40));
    bank.close().await;
}

/// A stepped-up session of one account is a stranger's at every other one.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_is_of_its_own_account() {
    let bank = Bank::open().await;
    let (alice, bob) = (bank.customer("alice").await, bank.customer("bob").await);
    stepped_up(&bank.app, &alice).await;
    let at_bob: Customer = Customer { client: alice.client.clone(), ..bob };
    let refused = Request::post(&at_bob.path("/contacts"), "{}").send(&at_bob.client, "").await;
    assert_eq!(refused.error(), (403, 44));
    assert_eq!(step_up(&at_bob.client, &at_bob, "").await.error(), (403, 44));
    assert!(bank.core.seen().is_empty());
    bank.close().await;
}

/// Else whoever has a password alone would make a token before there is anything to be proven, and keep it.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_made_without_a_proof_passes_nothing_once_the_account_is_protected() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &[]).await;
    let wish = || json!({"scope": "readwrite", "operations": ["transfer"]});
    let made = bank.app.admin.with_token(&alice.client.token).post("/accounts/alice/token", wish()).await;
    assert_eq!(made.status, 200, "nothing protects the account: {made:?}");
    let (unproven, read) =
        (bank.client(made.text("access_token")), bank.app.admin.with_token(made.text("access_token")));
    let path = "/accounts/alice/transactions";
    let transfer = async |client: &Client| Request::post(path, TRANSFER).send(client, "").await;
    assert_eq!(transfer(&unproven).await.status, 200, "like everybody");

    assert_eq!(bank.app.admin.put("/accounts/alice/tan/sms", json!({"address": alice.phone})).await.status, 204);
    let before = bank.core.effects("POST", "/accounts/alice/transactions");
    assert_eq!(transfer(&unproven).await.error(), (403, 44));
    assert_eq!(bank.core.effects("POST", "/accounts/alice/transactions"), before, "nothing was done");
    assert_eq!(read.get("/accounts/alice/tan").await.status, 200, "it looks, as before");

    let token = bank.unbound(&alice, "sms").await.token;
    let api = bank.app.admin.with_token(&alice.client.token);
    let proven = with_token(&api, Method::POST, "/accounts/alice/token", &token, Some(wish())).await;
    assert_eq!(
        transfer(&bank.client(proven.text("access_token"))).await.status,
        200,
        "one that was made by a proof passes"
    );
    bank.close().await;
}
