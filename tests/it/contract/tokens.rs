//! Access tokens: made and listed (section 7).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{count, seconds, trace, with_token};
use crate::app::{TestApp, Wish};

const TOKEN: &str = "/accounts/alice/token";
const GATEWAY: &str = "[gateway]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:9\"\n\
    [[gateway.operation]]\nname = \"transfer\"\nmethod = \"POST\"\npath = \"/accounts/{username}/transactions\"\n\
    summary = \"Transfer {{ body.amount }}\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_core_makes_log_in_tokens() {
    let app = TestApp::start().await;
    app.customer("alice").await;
    for (wish, scope, lifetime) in [
        (json!({"scope": "readwrite"}), "readwrite", 24 * 3600),
        (json!({"scope": "readonly", "duration": {"d_us": 60_000_000}, "description": "till 7"}), "readonly", 60),
        (json!({"scope": "readonly", "mfa": true, "mfa_expiration": {"t_s": "never"}}), "readonly", 24 * 3600),
    ] {
        let now = count(&app, "select floor(extract(epoch from clock_timestamp()))::bigint").await.unsigned_abs();
        let minted = app.core.post(TOKEN, wish).await;
        assert_eq!(minted.status, 200, "{minted:?}");
        let mut members: Vec<_> = minted.body.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["access_token", "expiration", "mfa", "token_id"]);
        let secret = minted.text("access_token").strip_prefix("secret-token:").unwrap();
        assert!(secret.len() >= 43 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(minted.body["mfa"], json!(false), "not to be set by a client");
        let expires = seconds(&minted.body["expiration"]);
        assert!((now + lifetime..=now + lifetime + 20).contains(&expires), "{minted:?}");
        let client = app.admin.with_token(minted.text("access_token"));
        assert_eq!(client.get("/accounts/alice").await.status, 200);
        let written = client.patch("/accounts/alice", json!({})).await;
        assert_eq!(written.status == 204, scope == "readwrite", "{written:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_is_made_for_no_unknown_account_and_by_no_operator() {
    let app = TestApp::start().await;
    app.customer("alice").await;
    let before = trace(&app).await;
    let wish = json!({"scope": "readwrite"});
    assert_eq!(app.core.post("/accounts/nobody/token", wish.clone()).await.error(), (404, 5106));
    assert_eq!(app.admin.post(TOKEN, wish).await.error(), (403, 44));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_makes_api_tokens_with_a_proof() {
    let app = TestApp::start_with(Wish { more: GATEWAY.to_owned(), ..Wish::default() }).await;
    let alice = app.customer_with_sms("alice").await;
    let wish = json!({"scope": "readonly", "operations": ["transfer"], "description": "bookkeeping"});
    let before = trace(&app).await;
    let refused = alice.client.post(TOKEN, wish.clone()).await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "token"));
    assert_eq!(trace(&app).await.0, before.0);
    let token = alice.token_for(&app, &refused).await;
    let minted = with_token(&alice.client, Method::POST, TOKEN, &token, Some(wish)).await;
    assert_eq!((minted.status.as_u16(), &minted.body["mfa"]), (200, &Value::Null), "{minted:?}");
    let listed = alice.client.get("/accounts/alice/tokens").await;
    let rows = listed.body["tokens"].as_array().unwrap();
    let row = rows.iter().find(|row| row["token_id"] == minted.body["token_id"]).unwrap();
    assert_eq!((&row["operations"], &row["mfa"]), (&json!(["transfer"]), &Value::Null));
    assert_eq!((&row["scope"], &row["description"]), (&json!("readonly"), &json!("bookkeeping")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_names_known_operations_and_no_wider_scope() {
    let app = TestApp::start_with(Wish { more: GATEWAY.to_owned(), ..Wish::default() }).await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let before = trace(&app).await;
    for wish in [
        json!({"scope": "readwrite", "operations": ["transfers"]}),
        json!({"scope": "readwrite", "operations": ["transfer", ""]}),
        json!({"scope": "readwrite", "operations": ["Transfer"]}),
        json!({"scope": "service", "operations": ["transfer"]}),
        json!({"scope": "admin"}),
    ] {
        let refused = with_token(&alice.client, Method::POST, TOKEN, &token, Some(wish.clone())).await;
        assert_eq!(refused.error(), (400, 26), "{wish}");
    }
    let log_in = json!({"scope": "readwrite", "operations": ["transfer"]});
    assert_eq!(app.core.post(TOKEN, log_in).await.error(), (400, 26), "operations are for API tokens");
    assert_eq!(trace(&app).await, before);
    let minted = with_token(&alice.client, Method::POST, TOKEN, &token, Some(json!({"scope": "readwrite"}))).await;
    assert_eq!(minted.status, 200, "the token is as it was: {minted:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_every_token_that_lives_and_no_secret() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.customer("bob").await;
    let short = app.core.post(TOKEN, json!({"scope": "readonly", "duration": {"d_us": 60_000_000}})).await;
    let listed = alice.client.get("/accounts/alice/tokens").await;
    let rows = listed.body["tokens"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        for member in ["token_id", "scope", "mfa", "creation_time", "expiration"] {
            assert!(row.get(member).is_some(), "{member} is absent: {row}");
        }
    }
    for secret in [short.text("access_token"), &alice.client.token] {
        let bare = secret.strip_prefix("secret-token:").unwrap();
        assert!(!listed.raw.contains(bare));
    }
    app.advance(Duration::from_mins(1));
    let later = alice.client.get("/accounts/alice/tokens").await;
    assert_eq!(later.body["tokens"].as_array().unwrap().len(), 1, "what ran out is not listed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_digest_of_a_token_is_stored() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let owner = app.database.owner().await;
    for (table, secret) in [("access_tokens", &alice.client.token), ("challenges", &token), ("events", &token)] {
        let bare = secret.rsplit([':']).next().unwrap().trim_start_matches("tan_");
        let sql = format!("select count(*) from {table} as row where row::text like '%' || $1 || '%'");
        let found: i64 = owner.query_one(&sql, &[&bare]).await.unwrap().get(0);
        assert_eq!(found, 0, "{table}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duration_of_nothing_is_malformed_and_one_without_end_is_a_session_s() {
    let app = TestApp::start().await;
    app.customer("alice").await;
    let nothing = app.core.post(TOKEN, json!({"scope": "readonly", "duration": {"d_us": 0}})).await;
    assert_eq!(nothing.error(), (400, 26));
    let endless = app.core.post(TOKEN, json!({"scope": "readonly", "duration": {"d_us": "forever"}})).await;
    let now = count(&app, "select floor(extract(epoch from clock_timestamp()))::bigint").await.unsigned_abs();
    assert!(seconds(&endless.body["expiration"]) <= now + 24 * 3600 + 1, "no session is longer: {endless:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_may_be_made_without_end() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let wish = json!({"scope": "readwrite", "duration": {"d_us": "forever"}});
    let minted = alice.client.post(TOKEN, wish).await;
    assert_eq!(minted.body["expiration"], json!({"t_s": "never"}), "{minted:?}");
    app.advance(Duration::from_hours(24 * 3650));
    let client = app.admin.with_token(minted.text("access_token"));
    assert_eq!(client.get("/accounts/alice").await.status, 200);
    app.stop().await;
}
