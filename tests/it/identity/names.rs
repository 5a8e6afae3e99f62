//! One customer has one name: `username_case` and `username_pattern`.

use reqwest::Method;
use serde_json::json;

use super::{
    bank_core::{ANYBODY, Core},
    call, get, served_by,
};
use crate::{
    app::{TestApp, Wish},
    contract::{routes::TABLE, trace},
};

const LOWER: &str = "username_case = \"lower\"\n";
const PATTERN: &str = "username_pattern = \"[a-zA-Z]+[0-9]?\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_is_malformed_on_every_path_and_nobody_is_asked() {
    let core = Core::start().await;
    let app = served_by(&core, &format!("{LOWER}{PATTERN}")).await;
    assert_eq!(get(&app, "/accounts/alice1", ANYBODY).await.status, 200);
    core.take_asked();
    let before = trace(&app).await;
    let id = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";
    for route in TABLE.iter().filter(|route| route.path.contains("{username}")) {
        for username in ["Alice1", "ALICE", "alice12", "al.ice", "1alice"] {
            let path = route.path.replace("{username}", username).replace("{channel}", "sms");
            let path = path.replace("{challenge_id}", id).replace("{token_id}", id);
            let (method, body): (Method, _) = (route.method.parse().unwrap(), route.body.map(str::to_owned));
            let foreign = app.stranger().send(method.clone(), &path, &[("Authorization", ANYBODY)], body.clone()).await;
            let operator = app.admin.send(method, &path, &[], body).await;
            assert_eq!((foreign.error(), operator.error()), ((400, 26), (400, 26)), "{} {path}", route.method);
            assert_eq!(foreign.body["detail"], "username");
        }
    }
    assert_eq!(core.take_asked(), []);
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_username_at_all_is_asked_about_nowhere() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    for username in ["%2e%2e%2fadmin", "a%20b", "a%0d%0ab", "%00", "%61lice%2f", "..%2f"] {
        let answer = get(&app, &format!("/accounts/{username}/tan"), ANYBODY).await;
        assert!([(400, 26), (404, 21)].contains(&answer.error()), "{username}: {answer:?}");
    }
    assert_eq!(core.take_asked(), []);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_makes_no_account() {
    let core = Core::start().await;
    let app = served_by(&core, &format!("{LOWER}{PATTERN}")).await;
    let before = trace(&app).await;
    for username in ["Alice", "al.ice"] {
        let made = app.admin.post("/accounts", json!({"username": username})).await;
        assert_eq!((made.error(), made.body["detail"].as_str()), ((400, 26), Some("username")), "{username}");
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(app.admin.post("/accounts", json!({"username": "alice"})).await.status, 201);
    let made = call(&app, Method::POST, "/accounts", ANYBODY, Some(json!({"username": "Alice"}))).await;
    assert_eq!(made.error(), (401, 40), "who may not know is told nothing");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_holds_for_the_services_own_tokens_too() {
    let more = format!("[identity]\n{LOWER}");
    let app = TestApp::start_with(Wish { more, ..Wish::default() }).await;
    let alice = app.customer("alice").await;
    assert_eq!(alice.client.get("/accounts/alice").await.status, 200);
    assert_eq!(alice.client.get("/accounts/Alice").await.error(), (400, 26));
    assert_eq!(app.core.post("/accounts/ALICE/token", json!({"scope": "readonly"})).await.error(), (400, 26));
    assert_eq!(app.stranger().get("/accounts/Alice").await.error(), (401, 40));
    app.stop().await;
}
