//! `[channel] preference`: the order in which channels are offered, wherever they are.

use serde_json::json;

use super::{bank, limit, offered, refused, send};
use crate::{
    app::TestApp,
    gateway::{Bank, Request, TRANSFER},
};
use reqwest::Method;

const TURNED_ROUND: &str = "strength = \"possession\"\n[channel]\npreference = [\"recovery\", \"email\"]";

async fn turned_round() -> Bank {
    bank(TURNED_ROUND).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_preference_the_order_is_that_of_the_contract() {
    let bank = bank("").await;
    let alice = bank.customer_with("alice", &["email", "sms"]).await;
    assert_eq!(super::active(&alice).await, json!(["sms", "email"]));
    let config = alice.client.get("/tanager/config").await;
    assert_eq!(config.body["supported_tan_channels"], json!(["sms", "email", "totp", "recovery"]));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preferred_channel_is_first_wherever_channels_are_listed() {
    let bank = turned_round().await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let (app, core): (&TestApp, _) = (&bank.app, &bank.app.core);
    let config = alice.client.get("/tanager/config").await;
    assert_eq!(config.body["supported_tan_channels"], json!(["recovery", "email", "sms", "totp"]));

    let account = app.admin.get("/accounts/alice").await;
    assert_eq!((account.text("tan_channel"), &account.body["tan_channels"]), ("email", &json!(["email", "sms"])));
    assert_eq!(offered(&alice.client.get("/accounts/alice/tan").await), ["email", "sms"]);

    let transfer = Request::post("/accounts/alice/transactions", TRANSFER);
    assert_eq!(refused(&transfer, &alice.client, "").await.0, ["email", "sms"]);
    assert_eq!(refused(&limit(), &alice.client, "").await.0, ["email", "sms"]);
    let own = send(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", "", None).await;
    assert_eq!(offered(&own), ["email", "sms"]);

    let withdrawal = Request::post("/accounts/alice/withdrawals/7/confirm", "{}").send(&alice.client, "").await;
    assert_eq!(withdrawal.status, 202, "{withdrawal:?}");
    let challenges = withdrawal.body["challenges"].as_array().unwrap();
    let order: Vec<_> = challenges.iter().map(|challenge| challenge["tan_channel"].clone()).collect();
    assert_eq!(order, [json!("email"), json!("sms")]);

    let body_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let ahead = json!({"username": "alice", "method": "POST", "path": "/pay", "body_sha256": body_sha256});
    assert_eq!(offered(&core.post("/operations", ahead).await), ["email", "sms"]);
    bank.close().await;
}
