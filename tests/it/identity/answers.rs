//! What the bank core says, and what becomes of it.

use reqwest::Method;
use serde_json::json;

use super::{
    bank_core::{ALICE, ALICE_AGAIN, ALICE_BASIC, ALICE_LOOKS, Asked, BOB, Core, NOBODY, Says, reply},
    call, get, served_by,
};
use crate::contract::{count, routes::TABLE, trace};

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_lets_in_and_the_credential_was_forwarded_as_it_was_sent() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    for credential in [ALICE, ALICE_BASIC, ALICE_AGAIN] {
        let answer = get(&app, "/accounts/alice", credential).await;
        assert_eq!((answer.status.as_u16(), answer.text("username")), (200, "alice"), "{answer:?}");
        let line = "GET /core/accounts/alice HTTP/1.1".to_owned();
        assert_eq!(core.take_asked(), [Asked { line, authorization: credential.to_owned() }]);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_the_bank_core_enrols_and_proves_himself() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    let address = json!({"address": "+41791234567"});
    let enrolled = call(&app, Method::POST, "/accounts/alice/tan/sms", ALICE, Some(address)).await;
    assert_eq!(enrolled.status, 202, "{enrolled:?}");
    let challenge = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    let confirm = format!("/accounts/alice/tan/challenge/{challenge}/confirm");
    let tan = json!({"tan": app.tan_sent_to("+41791234567")});
    assert_eq!(call(&app, Method::POST, &confirm, ALICE, Some(tan)).await.status, 200);
    let shown = get(&app, "/accounts/alice", ALICE_BASIC).await;
    assert_eq!(shown.body["tan_channels"], json!(["sms"]));
    let removed = call(&app, Method::DELETE, "/accounts/alice/tan/sms", ALICE, None).await;
    assert_eq!(removed.error(), (403, 10002), "a foreign credential alone proves nothing more");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_unauthorized_and_leaves_nothing_behind() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    let before = trace(&app).await;
    for status in ["401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        core.answers(status, r#"{"username":"alice","scope":"readwrite"}"#);
        let answer = get(&app, "/accounts/alice", ALICE).await;
        assert_eq!((answer.error(), answer.header("www-authenticate")), ((401, 40), "Bearer"), "{status}");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_yes_nor_no_is_a_later_try_and_leaves_nothing_behind() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    let before = trace(&app).await;
    let to = format!("location: {}\r\n", core.url().replace("{username}", "bob"));
    let large = "x".repeat(64 * 1024 + 1);
    for says in [
        reply("302 Found", &to, ""),
        reply("307 Temporary Redirect", &to, ""),
        reply("400 Bad Request", "", ""),
        reply("429 Too Many Requests", "retry-after: 77\r\n", ""),
        reply("500 Internal Server Error", "", ""),
        reply("503 Service Unavailable", "", ""),
        reply("200 OK", "", &large),
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{".to_owned(),
        "no HTTP at all\r\n\r\n".to_owned(),
        String::new(),
    ] {
        core.says(Says::This(says.clone()));
        let answer = get(&app, "/accounts/alice", ALICE).await;
        let said = says.lines().next().unwrap_or_default();
        assert_eq!((answer.error(), answer.retry_after()), ((503, 10090), 5), "{said}");
        let asked = core.take_asked();
        assert!(asked.iter().all(|asked| asked.line.contains("/alice ")), "{said}: a redirect was followed: {asked:?}");
    }
    assert_eq!(trace(&app).await, before);
    drop(core);
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.error(), (503, 10090), "the bank core is away");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_core_that_stays_silent_is_not_waited_for() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    core.says(Says::Nothing);
    let begun = std::time::Instant::now();
    let answer = get(&app, "/accounts/alice", ALICE).await;
    assert_eq!((answer.error(), answer.retry_after()), ((503, 10090), 5));
    let waited = begun.elapsed().as_secs();
    assert!((4..20).contains(&waited), "{waited} s");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_in_the_reply_is_that_of_the_path() {
    let core = Core::start().await;
    let app = served_by(&core, "username_pointer = \"/username\"\n").await;
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.status, 200);
    let before = trace(&app).await;
    core.answers("200 OK", r#"{"username":"alice"}"#);
    for other in ["bob", "Alice", "nobody"] {
        assert_eq!(get(&app, &format!("/accounts/{other}"), ALICE).await.error(), (403, 44), "{other}");
    }
    for unclear in ["", "{", "[]", "{}", r#"{"username":7}"#, r#"{"username":null}"#] {
        core.answers("200 OK", unclear);
        assert_eq!(get(&app, "/accounts/alice", ALICE).await.error(), (503, 10090), "{unclear:?}");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_another_scope_than_readwrite_can_only_read() {
    let core = Core::start().await;
    let app = served_by(&core, "scope_pointer = \"/scope\"\n").await;
    for path in ["/accounts/alice", "/accounts/alice/tan", "/accounts/alice/tokens"] {
        assert_eq!(get(&app, path, ALICE_LOOKS).await.status, 200, "{path}");
    }
    let before = trace(&app).await;
    let address = json!({"address": "+41791234567"});
    for (method, path, body) in [
        (Method::POST, "/accounts/alice/tan/sms", Some(address)),
        (Method::PATCH, "/accounts/alice", Some(json!({"language": "de"}))),
        (Method::POST, "/accounts/alice/tan/challenge/sms", Some(json!({}))),
        (Method::POST, "/accounts/alice/token", Some(json!({"scope": "readonly"}))),
        (Method::DELETE, "/accounts/alice", None),
    ] {
        let answer = call(&app, method.clone(), path, ALICE_LOOKS, body).await;
        assert_eq!(answer.error(), (403, 44), "{method} {path}");
    }
    assert_eq!(trace(&app).await, before);
    let changed = call(&app, Method::PATCH, "/accounts/alice", ALICE, Some(json!({"language": "de"}))).await;
    assert_eq!(changed.status, 204);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing_of_any_account() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    let account = json!({"username": "alice", "contact_data": {"phone": "+41791234567"}, "tan_channels": ["sms"]});
    assert_eq!(app.admin.post("/accounts", account).await.status, 201);
    assert_eq!(get(&app, "/accounts/bob", BOB).await.status, 200);
    assert_eq!(app.admin.delete("/accounts/bob").await.status, 204);
    let before = trace(&app).await;
    for route in TABLE.iter().filter(|route| route.path.contains("{username}")) {
        let mut replies = Vec::new();
        for (username, credential) in [("alice", NOBODY), ("alice", BOB), ("bob", NOBODY), ("carol", NOBODY)] {
            let path = route.path.replace("{username}", username).replace("{channel}", "sms");
            let path = path.replace("{challenge_id}", "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f");
            let path = path.replace("{token_id}", "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f");
            let body = route.body.map(|body| body.replace("{username}", username));
            let method: Method = route.method.parse().unwrap();
            replies.push(app.stranger().send(method, &path, &[("Authorization", credential)], body).await);
        }
        let (method, path) = (route.method, route.path);
        assert!(replies.iter().all(|reply| reply.error() == (401, 40)), "{method} {path}: {replies:?}");
        assert!(replies.iter().all(|reply| reply.raw == replies[0].raw), "{method} {path}: {replies:?}");
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(count(&app, "select count(*) from accounts where username = 'carol'").await, 0);
    app.stop().await;
}
