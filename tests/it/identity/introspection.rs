//! The identity mode `introspection` (RFC 7662): what an authorization server says, and what becomes of it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tanager::domain::{caller::Provenance, credential::Scheme, time::Timestamp, username::Username};

use super::{call, get};
use crate::{
    app::{TestApp, Wish},
    bank_core::{BankCore, Reply, Script, Step, basic},
    contract::{count, routes::TABLE, trace},
};

const TOKEN: &str = "Bearer a-token-of-alice";
const INTROSPECT: &str = "/introspect/";

async fn served_by(server: &BankCore, more: &str) -> TestApp {
    let url = server.url();
    let more = format!(
        "[identity]\nmode = \"introspection\"\nurl = \"{url}{INTROSPECT}\"\nclient_id = \"tanager\"\n\
         client_secret = \"hush\"\n{more}"
    );
    TestApp::start_with(Wish { more, ..Wish::default() }).await
}

fn says(server: &BankCore, reply: &Reply) {
    server.on("POST", INTROSPECT, Script::say(reply));
}

/// A token of Alice that may act, of which this is said too.
fn alice(more: &Value) -> Reply {
    let mut said = json!({"active": true, "sub": "alice", "scope": "openid readwrite"});
    said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Reply::new(200).json(&said)
}

fn asked(server: &BankCore) -> usize {
    server.hits("POST", INTROSPECT)
}

async fn now(app: &TestApp) -> i64 {
    count(app, "select floor(extract(epoch from clock_timestamp()))::bigint").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_token_decides_and_a_no_leaves_nothing_behind() {
    let server = BankCore::open().await;
    let app = served_by(&server, "remember = \"0 s\"\n").await;
    let (before, now) = (trace(&app).await, now(&app).await);
    for (said, error) in [
        (json!({"active": false}), (401, 40)),
        (json!({"exp": now - 1}), (401, 40)),
        (json!({"exp": 0}), (401, 40)),
        (json!({"nbf": now + 600}), (401, 40)),
        (json!({"sub": "bob", "exp": now - 1}), (401, 40)),
        (json!({"token_type": "DPoP"}), (401, 40)),
        (json!({"cnf": {"jkt": "0ZcOCORZNYy"}}), (401, 40)),
        (json!({"client_id": "alice"}), (401, 40)),
        (json!({"sub": "bob"}), (403, 44)),
        (json!({"sub": "Alice"}), (403, 44)),
        (json!({"sub": "alice "}), (403, 44)),
        (json!({"sub": "../alice"}), (403, 44)),
        (json!({"active": "true"}), (503, 10090)),
        (json!({"active": 1}), (503, 10090)),
        (json!({"sub": null}), (503, 10090)),
        (json!({"sub": ["alice"]}), (503, 10090)),
        (json!({"exp": "never"}), (503, 10090)),
    ] {
        says(&server, &alice(&said));
        assert_eq!(get(&app, "/accounts/alice", TOKEN).await.error(), error, "{said}");
    }
    let twice = br#"{"active":false,"active":true,"sub":"alice","scope":"readwrite"}"#;
    for reply in [
        Reply::new(200).body(twice),
        Reply::new(200).body(b"<html>active</html>"),
        Reply::new(200),
        Reply::new(204),
        Reply::new(302).header("location", INTROSPECT),
        Reply::new(400),
        Reply::new(401),
        Reply::new(403),
        Reply::new(404),
        Reply::new(200).body(" ".repeat(64 * 1024 + 1).as_bytes()),
    ] {
        says(&server, &reply);
        assert_eq!(get(&app, "/accounts/alice", TOKEN).await.error(), (503, 10090), "{reply:?}");
    }
    server.on("POST", INTROSPECT, Script(vec![Step::Read, Step::HangUp]));
    assert_eq!(get(&app, "/accounts/alice", TOKEN).await.error(), (503, 10090));
    assert_eq!(trace(&app).await, before);
    for said in [
        json!({}),
        json!({"exp": now + 600, "nbf": now - 5, "token_type": "BEARER", "cnf": null, "client_id": "bank-app"}),
    ] {
        says(&server, &alice(&said));
        assert_eq!(get(&app, "/accounts/alice", TOKEN).await.status, 200, "{said}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_names_the_token_alone_and_other_schemes_are_not_asked_about() {
    let server = BankCore::open().await;
    let app = served_by(&server, "").await;
    says(&server, &alice(&json!({})));
    assert_eq!(get(&app, "/accounts/alice", TOKEN).await.status, 200);
    let seen = server.last("POST", INTROSPECT);
    assert_eq!(seen.body, b"token=a-token-of-alice&token_type_hint=access_token");
    assert_eq!(seen.header("authorization").unwrap(), "Basic dGFuYWdlcjpodXNo");
    for other in [&*basic("alice", "password"), "DPoP a-token-of-alice", "Bearer", "Bearer a b", "a-token-of-alice"] {
        assert_eq!(get(&app, "/accounts/alice", other).await.error(), (401, 40), "{other}");
    }
    for path in ["/accounts", "/accounts/a%20b", "/accounts/%2e%2e"] {
        assert!(get(&app, path, "Bearer another").await.status.is_client_error(), "{path}");
    }
    let header = [("Authorization", "Bearer another"), ("Authorization", TOKEN)];
    let twice = app.stranger().send(Method::GET, "/accounts/alice", &header, None).await;
    assert_eq!(twice.error(), (400, 23));
    assert_eq!(asked(&server), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_is_asked_about_once_and_is_that_of_one_account() {
    let server = BankCore::open().await;
    let app = served_by(&server, "remember = \"10 s\"\n").await;
    says(&server, &alice(&json!({})));
    assert_eq!(get(&app, "/accounts/alice", TOKEN).await.status, 200);
    let before = trace(&app).await;
    for other in ["bob", "Alice", "alice.", "alice~", "ALICE"] {
        assert_eq!(get(&app, &format!("/accounts/{other}"), TOKEN).await.error(), (403, 44), "{other}");
    }
    assert_eq!((asked(&server), trace(&app).await), (1, before));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_when_it_was_said_to_also_while_the_answer_is_remembered() {
    let server = BankCore::open().await;
    let app = served_by(&server, "remember = \"10 s\"\n").await;
    let end = now(&app).await + 60;
    says(&server, &alice(&json!({"exp": end})));
    assert_eq!(get(&app, "/accounts/alice", TOKEN).await.status, 200);
    let username = Username::parse("alice").unwrap();
    let caller = app.running.service().customer(TOKEN, &username).await.unwrap();
    assert_eq!(
        (caller.expires_at, caller.provenance),
        (Timestamp::from_seconds(end), Provenance::Foreign(Scheme::Bearer))
    );
    app.advance(Duration::from_secs(61));
    assert_eq!(get(&app, "/accounts/alice", TOKEN).await.error(), (401, 40));
    assert_eq!(asked(&server), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_word_in_its_scope_only_reads() {
    let server = BankCore::open().await;
    let app = served_by(&server, "readwrite_scope = \"pay\"\nremember = \"0 s\"\n").await;
    let patch = json!({"language": "de"});
    for (scope, status) in [(json!("openid readwrite"), 403), (json!(null), 403), (json!("pay openid"), 204)] {
        says(&server, &alice(&json!({"scope": scope})));
        assert_eq!(get(&app, "/accounts/alice", TOKEN).await.status, 200, "{scope}");
        let patched = call(&app, Method::PATCH, "/accounts/alice", TOKEN, Some(patch.clone())).await;
        assert_eq!(patched.status.as_u16(), status, "{scope}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_somebody_else_is_none_where_the_audience_is_said() {
    let server = BankCore::open().await;
    let app = served_by(&server, "audience = \"https://bank.example\"\nremember = \"0 s\"\n").await;
    for (audience, error) in [
        (json!(null), (401, 40)),
        (json!("https://shop.example"), (401, 40)),
        (json!(["https://shop.example", "https://bank.example/"]), (401, 40)),
    ] {
        says(&server, &alice(&json!({"aud": audience})));
        assert_eq!(get(&app, "/accounts/alice", TOKEN).await.error(), error, "{audience}");
    }
    says(&server, &alice(&json!({"aud": ["https://shop.example", "https://bank.example"]})));
    assert_eq!(get(&app, "/accounts/alice", TOKEN).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_spelled_as_names_are_here_and_a_deleted_one_stays_deleted() {
    let server = BankCore::open().await;
    let more =
        "username_case = \"lower\"\nusername_pattern = \"[a-zA-Z]+\"\nusername_claim = \"name\"\nremember = \"0 s\"\n";
    let app = served_by(&server, more).await;
    says(&server, &alice(&json!({"name": "Alice"})));
    assert_eq!(get(&app, "/accounts/Alice", TOKEN).await.error(), (400, 26));
    assert_eq!(get(&app, "/accounts/alice.", TOKEN).await.error(), (400, 26));
    assert_eq!(asked(&server), 0);
    assert_eq!(get(&app, "/accounts/alice", TOKEN).await.error(), (403, 44));
    says(&server, &alice(&json!({"name": "alice", "sub": "0815"})));
    assert_eq!(get(&app, "/accounts/alice", TOKEN).await.status, 200);
    assert_eq!(call(&app, Method::DELETE, "/accounts/alice", TOKEN, None).await.status, 204);
    let before = trace(&app).await;
    assert_eq!(get(&app, "/accounts/alice", TOKEN).await.error(), (403, 44));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_somebody_else_learns_nothing_of_an_account() {
    let server = BankCore::open().await;
    let app = served_by(&server, "").await;
    says(&server, &alice(&json!({"sub": "mallory"})));
    assert_eq!(app.admin.post("/accounts", json!({"username": "alice"})).await.status, 201);
    assert_eq!(app.admin.post("/accounts", json!({"username": "bob"})).await.status, 201);
    assert_eq!(app.admin.delete("/accounts/bob").await.status, 204);
    let before = trace(&app).await;
    for route in TABLE.iter().filter(|route| route.path.contains("{username}")) {
        let mut replies = Vec::new();
        for username in ["alice", "bob", "carol"] {
            let path = route.path.replace("{username}", username).replace("{channel}", "sms");
            let path = path.replace("{challenge_id}", "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f");
            let path = path.replace("{token_id}", "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f");
            let body = route.body.map(|body| body.replace("{username}", username));
            let method: Method = route.method.parse().unwrap();
            replies.push(app.stranger().send(method, &path, &[("Authorization", TOKEN)], body).await);
        }
        let (method, path) = (route.method, route.path);
        assert!(replies.iter().all(|reply| reply.error() == (403, 44)), "{method} {path}: {replies:?}");
        assert!(replies.iter().all(|reply| reply.raw == replies[0].raw), "{method} {path}: {replies:?}");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}
