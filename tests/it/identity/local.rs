//! Admin and service tokens are local whatever the mode; the tokens of accounts are not.

use reqwest::Method;
use serde_json::json;
use tanager::domain::caller::Scope;

use super::{
    bank_core::{ALICE, Core, Says},
    call, get, served_by,
};
use crate::{
    app::issue,
    contract::{count, trace},
};

#[tokio::test(flavor = "multi_thread")]
async fn operators_and_bank_cores_need_no_bank_core_to_be_known() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    core.says(Says::Nothing);
    assert_eq!(app.admin.post("/accounts", json!({"username": "bob"})).await.status, 201);
    assert_eq!(app.admin.get("/accounts").await.status, 200);
    assert_eq!(app.admin.get("/accounts/bob").await.status, 200);
    assert_eq!(app.admin.get("/accounts/nobody").await.error(), (404, 5106));
    assert_eq!(app.core.get("/accounts/bob").await.error(), (403, 44));
    assert_eq!(app.core.delete("/accounts/bob").await.status, 204);
    assert_eq!(app.admin.get("/accounts/bob").await.error(), (404, 5106));
    assert_eq!(core.take_asked(), [], "none of our own tokens is shown to the bank core");
    assert_eq!(count(&app, "select count(*) from accounts where username = 'nobody'").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_token_of_an_account_is_unknown_and_shown_to_nobody() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    assert_eq!(app.admin.post("/accounts", json!({"username": "alice"})).await.status, 201);
    core.answers("200 OK", "{}");
    for scope in [Scope::ReadWrite, Scope::ReadOnly] {
        let token = issue(&app.running, scope, Some("alice")).await;
        let (alice, before) = (app.admin.with_token(&token), trace(&app).await);
        assert_eq!(alice.get("/accounts/alice").await.error(), (401, 40));
        assert_eq!(alice.post("/accounts/alice/tan/sms", json!({})).await.error(), (401, 40));
        assert_eq!(alice.get("/accounts").await.error(), (401, 40));
        assert_eq!(trace(&app).await, before);
    }
    assert_eq!(core.take_asked(), []);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_account_is_named_nobody_is_asked() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    assert_eq!(get(&app, "/accounts", ALICE).await.error(), (401, 40));
    let made = call(&app, Method::POST, "/accounts", ALICE, Some(json!({"username": "alice"}))).await;
    assert_eq!(made.error(), (401, 40));
    assert_eq!(app.stranger().get("/accounts/alice").await.error(), (401, 40));
    assert_eq!(core.take_asked(), []);
    assert_eq!(app.stranger().get("/config").await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_reach_ends_where_it_always_does() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.status, 200);
    assert_eq!(app.admin.post("/accounts/alice/tan/challenge/sms", json!({})).await.error(), (403, 44));
    let put = app.admin.put("/accounts/alice/tan/sms", json!({"address": "+41791234567"})).await;
    assert_eq!(put.status, 204, "{put:?}");
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.body["tan_channels"], json!(["sms"]));
    app.stop().await;
}
