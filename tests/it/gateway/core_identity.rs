//! The bank core says who is calling (section 2, mode `upstream`), at the gateway.

use super::{Bank, Plan, Request, TRANSFER, transfer};
use crate::{
    app::Customer,
    bank_core::{CORE_PASSWORD, Reply, Script, Step, basic, core_credential},
    contract::{count, trace},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_the_core_approves_and_does_with_the_core_s_own_credential() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let done = transfer(&alice, &approval.token).await;
    assert_eq!((done.status.as_u16(), bank.transfers(&alice)), (200, 1), "{done:?}");
    let seen = bank.core.last("POST", "/accounts/alice/transactions");
    assert_eq!(seen.header("authorization").as_deref(), Some("Bearer core-alice"));
    let asked = bank.core.last("GET", "/accounts/alice");
    assert_eq!(asked.header("authorization").as_deref(), Some("Bearer core-alice"));
    assert!(asked.header("tan-token").is_none() && asked.body.is_empty(), "it is asked who, and no more");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_a_credential_too() {
    let bank = Bank::with(Plan::upstream()).await;
    bank.customer("alice").await;
    let path = "/accounts/alice/transactions";
    for (value, error) in [
        (basic("alice", CORE_PASSWORD), (403, 10002)),
        (basic("alice", "guess"), (401, 40)),
        (basic("bob", CORE_PASSWORD), (401, 40)),
    ] {
        let refused = Request::post(path, TRANSFER).send_with(&bank.client(""), &[("Authorization", &value)]).await;
        assert_eq!(refused.error(), error, "{refused:?}");
        assert_eq!(refused.body.get("tan_channels").is_some(), error.0 == 403);
    }
    assert_eq!(bank.core.hits("POST", path), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_nobody_to_the_core_is_nobody_here() {
    let bank = Bank::with(Plan::upstream()).await;
    let (alice, bob) = (bank.customer("alice").await, bank.customer("bob").await);
    let before = trace(&bank.app).await;
    for status in [401, 403, 404] {
        bank.core.on("GET", "/accounts/alice", Script::refuse(status));
        assert_eq!(transfer(&alice, "").await.error(), (401, 40), "{status}");
    }
    for status in [301, 302, 400, 418, 429, 500, 503] {
        let reply = Reply::new(status).header("Location", "/accounts/bob").body(b"{\"username\":\"alice\"}");
        bank.core.on("GET", "/accounts/alice", Script::say(&reply));
        let refused = transfer(&alice, "").await;
        assert_eq!((refused.error(), refused.retry_after() > 0), ((503, 10090), true), "{status}");
    }
    bank.core.on("GET", "/accounts/alice", Script(vec![Step::Read, Step::HangUp]));
    assert_eq!(transfer(&alice, "").await.error(), (503, 10090));
    assert_eq!(
        Request::post("/accounts/alice/transactions", TRANSFER).send(&bob.client, "").await.error(),
        (503, 10090)
    );
    assert_eq!((bank.transfers(&alice), trace(&bank.app).await), (0, before), "nothing was begun");
    assert_eq!(bank.core.hits("GET", "/accounts/bob"), 0, "no redirect is followed");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_than_the_path_s_is_forbidden_however_it_is_spelled() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    for name in ["ALICE", "Alice"] {
        let path = format!("/accounts/{name}/transactions");
        let refused = Request::post(&path, TRANSFER).send(&alice.client, "").await;
        assert_eq!(refused.error(), (403, 44), "one customer has one name: {name}");
        assert_eq!(bank.core.hits("POST", &path), 0);
    }
    assert_eq!(count(&bank.app, "select count(*) from accounts where lower(username) = 'alice'").await, 1);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_names_are_in_lower_case_another_spelling_is_malformed() {
    let bank = Bank::with(Plan::upstream_with("username_case = \"lower\"\nusername_pattern = \"[a-z]{3,8}\"")).await;
    let alice = bank.customer("alice").await;
    for name in ["ALICE", "alicE", "al", "alice1"] {
        let path = format!("/accounts/{name}/transactions");
        assert_eq!(Request::post(&path, TRANSFER).send(&alice.client, "").await.error(), (400, 26), "{name}");
    }
    assert!(bank.core.lines().is_empty(), "{:?}", bank.core.lines());
    assert_eq!(transfer(&alice, "").await.error(), (403, 10002));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_only_looks_at_the_core_only_looks_here() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    for scope in ["readonly", "viewer", ""] {
        let reader = bank.client(&format!("core-alice!{scope}"));
        let refused = Request::post("/accounts/alice/transactions", TRANSFER).send(&reader, &approval.token).await;
        assert_eq!(refused.error(), (403, 44), "{scope:?}");
    }
    assert_eq!(bank.transfers(&alice), 0);
    assert_eq!(transfer(&alice, &approval.token).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_new_here_is_made_without_channels_and_passes() {
    let bank = Bank::with(Plan::upstream()).await;
    let request = Request::post("/accounts/carol/transactions", TRANSFER);
    let done = request.send(&bank.client(&core_credential("carol")), "").await;
    assert_eq!((done.status.as_u16(), bank.core.effects("POST", "/accounts/carol/transactions")), (200, 1), "{done:?}");
    let account = bank.app.admin.get("/accounts/carol").await;
    assert_eq!(account.body["tan_channels"], serde_json::json!([]), "{account:?}");
    let stranger = Request::post("/accounts/dave/transactions", TRANSFER).send(&bank.client("garbage"), "").await;
    assert_eq!(stranger.error(), (401, 40));
    assert_eq!(bank.app.admin.get("/accounts/dave").await.error(), (404, 5106), "nobody is made for a stranger");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_new_customers_are_refused_none_is_made() {
    let bank = Bank::with(Plan::upstream_with("unknown_account = \"refuse\"")).await;
    let request = Request::post("/accounts/carol/transactions", TRANSFER);
    assert_eq!(request.send(&bank.client(&core_credential("carol")), "").await.error(), (403, 44));
    assert_eq!(bank.app.admin.get("/accounts/carol").await.error(), (404, 5106));
    assert_eq!(bank.core.hits("POST", "/accounts/carol/transactions"), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_is_refused_on_every_protected_route_and_not_made_again() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    assert_eq!(bank.app.admin.delete("/accounts/alice").await.status, 204);
    for request in [
        Request::post("/accounts/alice/transactions", TRANSFER),
        Request::post("/accounts/alice/notes", "{}"),
        Request::new("PATCH", "/accounts/alice", Some("{}")),
        Request::new("GET", "/accounts/alice/statement", None),
        Request::post("/accounts/alice/withdrawals/7/confirm", "{}"),
        Request::post("/accounts/alice/mandates", "{}"),
    ] {
        let refused = request.send(&alice.client, "").await;
        assert_eq!(refused.error(), (403, 44), "{} {}: {refused:?}", request.method, request.path);
        assert_eq!(bank.core.hits(request.method, request.path), 0, "{}", request.path);
    }
    assert_eq!(bank.app.admin.get("/accounts/alice").await.error(), (404, 5106));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_s_own_endpoints_know_the_core_s_customers_too() {
    let bank = Bank::with(Plan::upstream()).await;
    let alice = bank.customer("alice").await;
    assert_eq!(alice.client.get("/accounts/alice/tan").await.status, 200);
    assert_eq!(alice.client.get("/accounts/bob/tan").await.error(), (401, 40));
    let stranger = Customer { client: bank.client("core-bob"), ..alice };
    assert_eq!(stranger.client.get("/accounts/alice/tan").await.error(), (401, 40));
    bank.close().await;
}
