//! The real program, everything logged: what it is told of credentials stays with it, and no proxy gets between.

use reqwest::Method;
use serde_json::json;

use super::bank_core::{ALICE, ALICE_BASIC, Core, NOBODY, Says};
use crate::{
    app::{Installation, eventually},
    leaks::secrets::{Secrets, everything_in},
};

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_of_the_bank_core_is_logged_or_kept() {
    let core = Core::start().await;
    let place = Installation::new().await;
    let place = place
        .with("TANAGER_IDENTITY__MODE", "upstream")
        .with("TANAGER_IDENTITY__URL", &core.url())
        .with("TANAGER_IDENTITY__USERNAME_POINTER", "/username")
        .with("TANAGER_IDENTITY__REMEMBER", "0 s")
        .with("TANAGER_LOG__LEVEL", "trace");
    let process = place.serve().await;
    let mut secrets = Secrets::default();
    for credential in [ALICE, ALICE_BASIC, NOBODY] {
        let (_, bare) = credential.split_once(' ').unwrap();
        secrets.add("credential", bare);
        let headers = [("Authorization", credential)];
        process.stranger().send(Method::GET, "/accounts/alice", &headers, None).await;
        let body = Some(json!({"address": "+41791234567"}).to_string());
        process.stranger().send(Method::POST, "/accounts/alice/tan/sms", &headers, body).await;
    }
    for says in ["no HTTP at all\r\n\r\n", "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", ""] {
        core.says(Says::This(says.to_owned()));
        let answer = process.stranger().send(Method::GET, "/accounts/alice", &[("Authorization", ALICE)], None).await;
        assert_eq!(answer.error(), (503, 10090));
    }
    core.answers("200 OK", r#"{"username":7,"secret":"in the body of a reply"}"#);
    let answer = process.stranger().send(Method::GET, "/accounts/alice", &[("Authorization", ALICE)], None).await;
    assert_eq!(answer.error(), (503, 10090));
    eventually("the last refusal is logged", async || {
        process.log().contains("identity.username_pointer: check that key")
    })
    .await;

    let (log, rows) = (process.log(), everything_in(&place.database.owner().await).await);

    assert!(log.contains("nobody says who is calling") && log.contains("status 500"), "{log}");
    assert!(rows.contains("alice") && rows.contains("account.created"), "{rows}");
    for (kept, text) in [("the log", &log), ("rows", &rows)] {
        let found = secrets.found_in(text.as_bytes());
        assert!(found.is_empty(), "in {kept}: {found:#?}");
    }
    assert!(!log.contains("in the body of a reply"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_in_the_environment_is_not_asked() {
    let (core, proxy) = (Core::start().await, Core::start().await);
    let proxy_url = proxy.url().replace("/core/accounts/{username}", "");
    let mut place = Installation::new().await;
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        place = place.with(name, &proxy_url);
    }
    let place = place.with("TANAGER_IDENTITY__MODE", "upstream").with("TANAGER_IDENTITY__URL", &core.url());
    let process = place.serve().await;
    let answer = process.stranger().send(Method::GET, "/accounts/alice", &[("Authorization", ALICE)], None).await;
    assert_eq!((answer.status.as_u16(), core.take_asked().len(), proxy.take_asked().len()), (200, 1, 0));
}
