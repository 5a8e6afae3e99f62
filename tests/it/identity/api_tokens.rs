//! Where customers log in elsewhere, the API tokens of an account are known here all the same, and no others of its own.

use reqwest::Method;
use serde_json::json;
use tanager::domain::caller::Scope;

use crate::{
    app::{Client, issue},
    bank_core::{Reply, Script},
    contract::trace,
    gateway::{Bank, Plan, Request, TRANSFER, transfer},
};

const INTROSPECT: &str = "/introspect";

fn introspection() -> Plan {
    let identity = format!(
        "[identity]\nmode = \"introspection\"\nurl = \"CORE{INTROSPECT}\"\nclient_id = \"tanager\"\n\
         client_secret = \"hush\"\nremember = \"0 s\"\n"
    );
    Plan { identity, ..Plan::default() }
}

/// A bank whose core knows every bearer token as one of Alice's, if it is asked.
async fn bank(plan: Plan) -> Bank {
    let bank = Bank::with(plan).await;
    let known = json!({"active": true, "sub": "alice", "scope": "readwrite"});
    bank.core.on("POST", INTROSPECT, Script::say(&Reply::new(200).json(&known)));
    bank
}

/// How often the bank core was asked who is calling.
fn asked(bank: &Bank) -> usize {
    bank.core.hits("GET", "/accounts/alice")
        + bank.core.hits("GET", "/accounts/bob")
        + bank.core.hits("POST", INTROSPECT)
}

async fn api_token(bank: &Bank, alice: &Client) -> String {
    let wish = json!({"scope": "readwrite", "operations": ["transfer"]});
    let proof = {
        let refused = alice.post("/accounts/alice/token", wish.clone()).await;
        let wanted = json!({"operation": refused.text("operation")});
        let challenge = alice.post("/accounts/alice/tan/challenge/sms", wanted).await;
        let tan = json!({"tan": bank.app.tan_sent_to(&crate::app::addresses_of("alice").0)});
        let path = format!("/accounts/alice/tan/challenge/{}/confirm", challenge.text("challenge_id"));
        alice.post(&path, tan).await.text("tan_token").to_owned()
    };
    let headers = [("TAN-Token", &*proof)];
    let minted = alice.send(Method::POST, "/accounts/alice/token", &headers, Some(wish.to_string())).await;
    assert_eq!((minted.status.as_u16(), &minted.body["mfa"]), (200, &json!(null)), "{minted:?}");
    minted.text("access_token").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_is_known_at_the_api_and_the_gateway_and_shown_to_nobody() {
    for plan in [Plan::upstream(), introspection()] {
        let bank = bank(plan).await;
        let (mut alice, _bob) = (bank.customer("alice").await, bank.customer("bob").await);
        let token = api_token(&bank, &bank.app.admin.with_token(&alice.client.token)).await;
        let before = asked(&bank);
        let api = bank.app.admin.with_token(&token);
        assert_eq!(api.get("/accounts/alice").await.status, 200);
        assert_eq!(api.get("/accounts/bob").await.error(), (403, 44));
        assert_eq!(api.post("/accounts/alice/tan/challenge/sms", json!({})).await.error(), (403, 44), "it gets no TAN");
        alice.client = bank.client(&token);
        let done = transfer(&alice, "").await;
        assert_eq!((done.status.as_u16(), bank.transfers(&alice)), (200, 1), "{done:?}");
        let other = Request::post("/accounts/bob/transactions", TRANSFER).send(&alice.client, "").await;
        assert_eq!(other.error(), (403, 44));
        let unnamed = Request::post("/accounts/alice/withdrawals/7/confirm", "{}").send(&alice.client, "").await;
        assert_eq!(unnamed.error(), (403, 44));
        assert_eq!(asked(&bank), before);
        let ended = api.delete("/accounts/alice/token").await;
        assert_eq!(ended.status, 204);
        bank.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_in_token_of_ours_is_known_or_made() {
    for plan in [Plan::upstream(), introspection()] {
        let bank = bank(plan).await;
        let mut alice = bank.customer("alice").await;
        for scope in [Scope::ReadWrite, Scope::ReadOnly] {
            let token = issue(&bank.app.running, scope, Some("alice")).await;
            assert_eq!(bank.app.admin.with_token(&token).get("/accounts/alice").await.error(), (401, 40));
            alice.client = bank.client(&token);
            assert_eq!(alice.client.get("/accounts/alice/tan").await.error(), (401, 40));
            assert_eq!(transfer(&alice, "").await.error(), (401, 40));
        }
        let before = trace(&bank.app).await;
        let refused = bank.app.core.post("/accounts/alice/token", json!({"scope": "readwrite"})).await;
        assert_eq!(refused.error(), (403, 44));
        assert_eq!(refused.text("detail"), "No log-in token is made here: customers log in where they are known.");
        let unknown = bank.app.core.post("/accounts/nobody/token", json!({"scope": "readwrite"})).await;
        assert_eq!((unknown.error(), &unknown.body["detail"]), ((403, 44), &refused.body["detail"]));
        let operator = bank.app.admin.post("/accounts/alice/token", json!({"scope": "readwrite"})).await;
        assert_eq!((operator.error(), operator.body.get("detail")), ((403, 44), None));
        assert_eq!((trace(&bank.app).await, asked(&bank)), (before, 0));
        bank.close().await;
    }
}
