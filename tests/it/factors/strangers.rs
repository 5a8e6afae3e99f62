//! Another account's app, codes and tokens prove nothing here.

use reqwest::Method;
use serde_json::json;

use super::{Still, enrol, remove, send};
use crate::contract::trace;

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_app_and_codes_never_solve_a_challenge() {
    let app = Still::start().await;
    let (alice, mine) = app.customer_with_app("alice").await;
    let (bob, his) = app.customer_with_app("bob").await;
    app.codes(&alice, &app.token(&alice, &mine).await).await;
    let codes_of_bob = app.codes(&bob, &app.token(&bob, &his).await).await;
    let (by_app, by_code) = (alice.challenge("totp").await, alice.challenge("recovery").await);
    assert_eq!(alice.confirm(by_app.text("challenge_id"), &app.code(&his, 0)).await.error(), (409, 5134));
    assert_eq!(alice.confirm(by_code.text("challenge_id"), &codes_of_bob[0]).await.error(), (409, 5134));
    // Nor does he reach it himself, with her code or with his.
    let before = trace(&app).await;
    for code in [app.code(&mine, 0), app.code(&his, 0)] {
        let here = bob.confirm(by_app.text("challenge_id"), &code).await;
        assert_eq!(here.error(), (404, 5143));
        let path = alice.path(&format!("/tan/challenge/{}/confirm", by_app.text("challenge_id")));
        assert_eq!(bob.client.post(&path, json!({"tan": code})).await.error(), (403, 44));
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(alice.confirm(by_app.text("challenge_id"), &app.code(&mine, 0)).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_token_pays_for_no_change_of_factors() {
    let app = Still::start().await;
    let (alice, _) = app.customer_with_app("alice").await;
    let (bob, his) = app.customer_with_app("bob").await;
    let token = app.token(&bob, &his).await;
    let before = trace(&app).await;
    assert_eq!(enrol(&alice, &json!({"name": "x"}), &token).await.error(), (403, 10003));
    assert_eq!(remove(&alice, "totp", &token).await.error(), (403, 10003));
    let path = alice.path("/tan/recovery");
    assert_eq!(send(&alice.client, Method::POST, &path, &token, None).await.error(), (403, 10003));
    assert_eq!(send(&bob.client, Method::POST, &path, &token, None).await.error(), (403, 44));
    assert_eq!(send(&bob.client, Method::POST, &alice.path("/tan/totp"), &token, None).await.error(), (403, 44));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_customer_is_shown_what_codes_follow_from() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let wanted = json!({"scope": "readwrite"});
    let token = app.token(&alice, &device).await;
    let api = send(&alice.client, Method::POST, "/accounts/alice/token", &token, Some(&wanted)).await;
    let api = app.admin.with_token(api.text("access_token"));
    let readonly = app.core.post("/accounts/alice/token", json!({"scope": "readonly"})).await;
    let readonly = app.admin.with_token(readonly.text("access_token"));
    let proof = app.token(&alice, &device).await;
    let before = trace(&app).await;
    for (who, caller) in [("admin", &app.admin), ("service", &app.core), ("api", &api), ("readonly", &readonly)] {
        for (path, body) in
            [("/accounts/alice/tan/totp", json!({"name": "x"})), ("/accounts/alice/tan/recovery", json!({}))]
        {
            for token in ["", &proof] {
                let refused = send(caller, Method::POST, path, token, Some(&body)).await;
                assert_eq!(refused.error(), (403, 44), "{who}: {path}");
            }
        }
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}
