//! `[enrolment] waiting`: what a customer put in force counts for nothing that is bound, until the time is over. At the
//! gateway, on the back channel, and in Taler's flow.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{WAITING, contact, enrol, prove, refused, send, solve, statement, waiting_bank};
use crate::{
    app::Customer,
    contract::tans_sent,
    gateway::{Bank, Request, TRANSFER, transfer},
};

const MINUTE: Duration = Duration::from_mins(1);
const NOTHING: [&str; 0] = [];

fn transfer_request() -> Request<'static> {
    Request::post("/accounts/alice/transactions", TRANSFER)
}

/// A customer who has just enrolled his own telephone.
async fn newcomer(bank: &Bank) -> Customer {
    let alice = bank.customer_with("alice", &[]).await;
    enrol(&bank.app, &alice, "sms", "").await;
    alice
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_channel_approves_nothing_that_is_bound_until_its_time_has_come() {
    let bank = waiting_bank().await;
    let alice = newcomer(&bank).await;
    let (channels, ticket) = refused(&transfer_request(), &alice.client, "").await;
    assert_eq!(channels, NOTHING);

    // Asked for all the same, its token is one, and does not do.
    let early = solve(&bank.app, &alice, "sms", Some(&ticket)).await;
    assert_eq!(early.bound, json!(true));
    assert_eq!(refused(&transfer_request(), &alice.client, &early.token).await.0, NOTHING);
    assert_eq!((alice.state(&early.challenge).await.as_str(), bank.transfers(&alice)), ("solved", 0));

    bank.app.advance(WAITING);
    let (channels, ticket) = refused(&transfer_request(), &alice.client, "").await;
    assert_eq!(channels, ["sms"]);
    let approval = solve(&bank.app, &alice, "sms", Some(&ticket)).await;
    assert_eq!((transfer(&alice, &approval.token).await.status.as_u16(), bank.transfers(&alice)), (200, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_came_too_early_does_once_the_time_has_come() {
    let bank = waiting_bank().await;
    let alice = newcomer(&bank).await;
    bank.app.advance(WAITING.checked_sub(2 * MINUTE).unwrap());
    let (_, ticket) = refused(&transfer_request(), &alice.client, "").await;
    let early = solve(&bank.app, &alice, "sms", Some(&ticket)).await;
    refused(&transfer_request(), &alice.client, &early.token).await;
    bank.app.advance(2 * MINUTE);
    assert_eq!((transfer(&alice, &early.token).await.status.as_u16(), bank.transfers(&alice)), (200, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_counts_for_a_token_and_for_a_session_from_the_first_moment() {
    let bank = waiting_bank().await;
    let alice = newcomer(&bank).await;
    for request in [statement(), contact()] {
        assert_eq!(refused(&request, &alice.client, "").await.0, ["sms"], "{}", request.path);
        let approval = solve(&bank.app, &alice, "sms", None).await;
        assert_eq!(request.send(&alice.client, &approval.token).await.status, 200, "{}", request.path);
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_an_old_channel_a_new_one_is_not_offered_and_does_not_do() {
    let bank = waiting_bank().await;
    let alice = bank.customer("alice").await;
    enrol(&bank.app, &alice, "email", &solve(&bank.app, &alice, "sms", None).await.token).await;
    let (channels, ticket) = refused(&transfer_request(), &alice.client, "").await;
    assert_eq!(channels, ["sms"]);
    let by_new = solve(&bank.app, &alice, "email", Some(&ticket)).await;
    assert_eq!(refused(&transfer_request(), &alice.client, &by_new.token).await.0, ["sms"]);
    assert_eq!(alice.state(&by_new.challenge).await, "solved");
    let by_old = solve(&bank.app, &alice, "sms", Some(&ticket)).await;
    assert_eq!(transfer(&alice, &by_old.token).await.status, 200);
    bank.app.advance(WAITING);
    assert_eq!(refused(&transfer_request(), &alice.client, "").await.0, ["sms", "email"]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_set_counts_at_once_a_customers_own_address_too() {
    let bank = waiting_bank().await;
    let alice = newcomer(&bank).await;
    let sent = tans_sent(&bank.app);
    let put = bank.app.admin.put("/accounts/alice/tan/sms", json!({"address": alice.phone})).await;
    assert_eq!((put.status.as_u16(), tans_sent(&bank.app)), (204, sent), "{put:?}");
    assert_eq!(refused(&transfer_request(), &alice.client, "").await.0, ["sms"]);
    bank.app.set_address(&alice, "email", &alice.email).await;
    let (channels, ticket) = refused(&transfer_request(), &alice.client, "").await;
    assert_eq!(channels, ["sms", "email"]);
    let approval = solve(&bank.app, &alice, "email", Some(&ticket)).await;
    assert_eq!(transfer(&alice, &approval.token).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_replaces_another_waits_anew() {
    let bank = waiting_bank().await;
    let alice = bank.customer("alice").await;
    let token = solve(&bank.app, &alice, "sms", None).await.token;
    let other = json!({"contact_data": {"phone": "+41790000042"}});
    // Contact data is changed at the service's own listener: at the gateway this path is the bank core's.
    let inside = bank.app.admin.with_token(&alice.client.token);
    let begun = send(&inside, Method::PATCH, "/accounts/alice", &token, Some(&other)).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    prove(&alice, &begun, &bank.app.tan_sent_to("+41790000042")).await;
    assert_eq!(refused(&transfer_request(), &alice.client, "").await.0, NOTHING);
    assert_eq!(refused(&statement(), &alice.client, "").await.0, ["sms"]);
    bank.app.advance(WAITING.checked_sub(MINUTE).unwrap());
    assert_eq!(refused(&transfer_request(), &alice.client, "").await.0, NOTHING);
    bank.app.advance(MINUTE);
    assert_eq!(refused(&transfer_request(), &alice.client, "").await.0, ["sms"]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_every_channel_with_a_new_one_is_no_way_round_where_channels_are_demanded() {
    let bank = waiting_bank().await;
    let alice = bank.customer("alice").await;
    enrol(&bank.app, &alice, "email", &solve(&bank.app, &alice, "sms", None).await.token).await;
    for channel in ["sms", "email"] {
        let token = solve(&bank.app, &alice, "email", None).await.token;
        let gone = send(&alice.client, Method::DELETE, &alice.path(&format!("/tan/{channel}")), &token, None).await;
        assert_eq!(gone.status, 204, "{gone:?}");
    }
    assert_eq!(refused(&transfer_request(), &alice.client, "").await.0, NOTHING);
    enrol(&bank.app, &alice, "sms", "").await;
    assert_eq!(refused(&transfer_request(), &alice.client, "").await.0, NOTHING, "and what comes back waits anew");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taler_s_clients_are_offered_nothing_that_waits() {
    let bank = waiting_bank().await;
    let alice = newcomer(&bank).await;
    let withdrawal = Request::post("/accounts/alice/withdrawals/7/confirm", "{}");
    assert_eq!(refused(&withdrawal, &alice.client, "").await.0, NOTHING);
    bank.app.advance(WAITING);
    assert_eq!(withdrawal.send(&alice.client, "").await.status, 202);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_channel_holds_to_it() {
    let bank = waiting_bank().await;
    let alice = newcomer(&bank).await;
    let core = &bank.app.core;
    let body_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let ahead = |assurance: &str| json!({"username": "alice", "method": "POST", "path": "/pay", "body_sha256": body_sha256, "assurance": assurance});
    let asking = |token: &str, assurance: &str| {
        let operation = json!({"method": "POST", "path": "/pay", "body_sha256": body_sha256});
        json!({"username": "alice", "operation": operation, "tan_token": token, "assurance": assurance})
    };
    let required = core.post("/operations", ahead("bound")).await;
    assert_eq!((&required.body["required"], &required.body["tan_channels"]), (&Value::Bool(true), &json!([])));
    let loose = core.post("/operations", ahead("token")).await;
    assert_eq!(super::offered(&loose), ["sms"]);

    let early = solve(&bank.app, &alice, "sms", Some(required.text("operation"))).await;
    for path in ["/tokens/reserve", "/tokens/redeem"] {
        let answer = core.post(path, asking(&early.token, "bound")).await;
        assert_eq!((answer.error(), &answer.body["tan_channels"]), ((403, 10002), &json!([])), "{path}");
        assert_eq!(alice.state(&early.challenge).await, "solved", "{path}");
    }
    let redeemed = core.post("/tokens/redeem", asking(&early.token, "token")).await;
    assert_eq!(redeemed.status, 200, "for less than bound it counts: {redeemed:?}");

    bank.app.advance(WAITING);
    let ticket = core.post("/operations", ahead("bound")).await;
    assert_eq!(super::offered(&ticket), ["sms"]);
    let approval = solve(&bank.app, &alice, "sms", Some(ticket.text("operation"))).await;
    let reserved = core.post("/tokens/reserve", asking(&approval.token, "bound")).await;
    assert_eq!(reserved.status, 200, "{reserved:?}");
    bank.close().await;
}
