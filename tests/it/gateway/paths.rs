//! No spelling of a protected route and no other method is a way around it (section 6a).

use super::{Bank, TRANSFER, spellings};
use crate::{
    app::Customer,
    bank_core::{Reply, Script},
    contract::trace,
    wire::{RawReply, Wire},
};

/// Protected routes: method, path, body.
const ROUTES: &[(&str, &str, &str)] = &[
    ("POST", "/accounts/alice/transactions", TRANSFER),
    ("DELETE", "/accounts/alice", ""),
    ("GET", "/accounts/alice/statement", ""),
    ("PUT", "/accounts/alice/limits/1", "{}"),
    ("POST", "/accounts/alice/withdrawals/7/confirm", "{}"),
];

fn request(customer: &Customer, line: &str, fields: &str, body: &str) -> String {
    let (credential, length) = (&customer.client.token, body.len());
    format!(
        "{line} HTTP/1.1\r\nHost: bank.example\r\nAuthorization: Bearer {credential}\r\nContent-Type: application/json\r\n\
         {fields}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Sends it on this connection, or on another when that one was closed.
async fn sent(bank: &Bank, wire: &mut Wire, request: &str) -> Option<RawReply> {
    let method = request.split(' ').next().unwrap();
    if wire.send(request).await
        && let Some(reply) = wire.reply_to(method).await
    {
        return Some(reply);
    }
    *wire = bank.wire().await;
    wire.send(request).await;
    let reply = wire.reply_to(method).await;
    if reply.is_none() {
        *wire = bank.wire().await;
    }
    reply
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_protected_route_reaches_the_core() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let before = trace(&bank.app).await;
    let mut wire = bank.wire().await;
    for (method, path, body) in ROUTES {
        for spelling in spellings::of(path).into_iter().chain(spellings::in_capitals(path, "alice")) {
            let reply = sent(&bank, &mut wire, &request(&alice, &format!("{method} {spelling}"), "", body)).await;
            let reply = reply.unwrap_or_else(|| panic!("{method} {spelling}: no reply"));
            // The absolute form of the route's own spelling may be taken for what it says: then it needs its proof.
            let absolute = spelling.contains("://") && spelling.ends_with(path);
            let proper = [(403, 10002), (202, 0)].contains(&reply.error()) && absolute;
            assert!(proper || reply.error() == (400, 26), "{method} {spelling}: {} {}", reply.status, reply.text());
            assert!(bank.core.lines().is_empty(), "{method} {spelling}: {:?}", bank.core.lines());
        }
    }
    assert_eq!(trace(&bank.app).await, before);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_spelling_of_a_name_is_taken_for_the_account() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    bank.customer("Alice").await;
    let mut wire = bank.wire().await;
    for name in [
        "Alice", "ALICE", "alic%65", "alice%20", "alice%00", "alice%0a", "alice;x", "alice%2f", "alice\\", "alice+",
        "%61lice", "alice%2e", "a%6Cice", "bob", "alice%3f",
    ] {
        let line = format!("POST /accounts/{name}/transactions");
        let reply = sent(&bank, &mut wire, &request(&alice, &line, "", TRANSFER)).await.expect("a reply comes");
        assert!([(400, 26), (403, 44)].contains(&reply.error()), "{name}: {} {}", reply.status, reply.text());
    }
    assert!(bank.core.lines().is_empty(), "{:?}", bank.core.lines());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_needs_what_its_get_needs() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    bank.core.on("HEAD", "/accounts/alice/statement", Script::say(&Reply::new(200)));
    let mut wire = bank.wire().await;
    let reply = sent(&bank, &mut wire, &request(&alice, "HEAD /accounts/alice/statement", "", "")).await.unwrap();
    assert_eq!((reply.status, reply.head.one("tan-required").as_deref()), (403, Some("token")));
    assert!(bank.core.lines().is_empty(), "{:?}", bank.core.lines());
    let token = bank.unbound(&alice, "sms").await.token;
    let fields = format!("TAN-Token: {token}\r\n");
    let reply = sent(&bank, &mut wire, &request(&alice, "HEAD /accounts/alice/statement", &fields, "")).await.unwrap();
    assert_eq!((reply.status, bank.core.hits("HEAD", "/accounts/alice/statement")), (200, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_in_other_capitals_is_not_the_same_method_and_does_not_pass() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let mut wire = bank.wire().await;
    for (method, path, body) in ROUTES {
        let first_small = format!("{}{}", method[..1].to_lowercase(), &method[1..]);
        for spelled in [method.to_lowercase(), first_small, format!("{}{}", &method[..1], method[1..].to_lowercase())] {
            let reply = sent(&bank, &mut wire, &request(&alice, &format!("{spelled} {path}"), "", body)).await;
            let status = reply.map_or(400, |reply| reply.status);
            assert!((400..500).contains(&status), "{spelled} {path}: {status}");
            assert!(bank.core.lines().is_empty(), "{spelled} {path}: {:?}", bank.core.lines());
        }
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_makes_another_method_of_a_request() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let mut wire = bank.wire().await;
    for name in [
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
        "x-http-method-override",
        "X_HTTP_Method_Override",
        "X-HTTP_Method-Override",
    ] {
        for (line, other) in [
            ("GET /accounts/alice/transactions", "POST"),
            ("POST /accounts/alice", "DELETE"),
            ("POST /accounts/alice", "PATCH"),
            ("POST /accounts/alice/statement", "GET"),
        ] {
            let reply = sent(&bank, &mut wire, &request(&alice, line, &format!("{name}: {other}\r\n"), "{}")).await;
            assert!(reply.is_some(), "{name} {line}");
        }
    }
    for seen in bank.core.seen() {
        let text = seen.head.text().to_lowercase().replace('_', "-");
        assert!(!text.contains("method"), "{text}");
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_s_own_paths_are_not_the_core_s_and_its_other_ones_not_the_gateway_s() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let listed = alice.client.get("/accounts/alice/tan").await;
    assert_eq!(listed.body["tan_channels"][0]["tan_channel"], "sms", "{listed:?}");
    assert_eq!(alice.client.get("/tanager/config").await.text("name"), "tanager");
    assert_eq!(alice.client.get("/accounts/alice/tan/nothing/here").await.error(), (404, 21));
    assert!(bank.core.lines().is_empty(), "{:?}", bank.core.lines());
    for path in [
        "/config",
        "/health/live",
        "/openapi.json",
        "/docs",
        "/metrics",
        "/audit",
        "/stats",
        "/accounts",
        "/accounts/alice/tokens",
        "/tokens/reserve",
    ] {
        bank.core.on("GET", path, Script::say(&Reply::new(200).body(b"the core's")));
        let answer = bank.client(&bank.app.admin.token).get(path).await;
        assert_eq!(answer.raw, "the core's", "{path}: no admin's call can be made here");
    }
    for (method, path) in
        [(reqwest::Method::POST, "/accounts/alice/unblock"), (reqwest::Method::PUT, "/accounts/alice/tan/sms")]
    {
        let answer = bank
            .client(&bank.app.admin.token)
            .send(method, path, &[], Some(r#"{"address":"+41790000001"}"#.to_owned()))
            .await;
        let refused = [(401, 40), (405, 20)].contains(&answer.error());
        assert!(path.ends_with("unblock") || refused, "{path}: {answer:?}");
    }
    assert_eq!(bank.core.hits("POST", "/accounts/alice/unblock"), 1, "it is the core's path, not the service's");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_makes_another_method_of_a_request() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let mut wire = bank.wire().await;
    let body = "_method=DELETE";
    for (path, said) in [
        ("/accounts/alice", "Content-Type: application/x-www-form-urlencoded\r\n"),
        ("/accounts/alice/", "Content-Type: Multipart/Form-Data; boundary=x\r\n"),
        ("/accounts/alice", "Content-Type: text/plain\r\nContent-Type: application/x-www-form-urlencoded\r\n"),
        ("/accounts/alice/limits/1", ""),
    ] {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: bank.example\r\nAuthorization: Bearer {}\r\n", alice.client.token);
        let form = format!("{head}{said}Content-Length: {}\r\n\r\n{body}", body.len());
        let reply = sent(&bank, &mut wire, &form).await.expect("a reply comes");
        assert_eq!(reply.error(), (400, 26), "{path} {said}: {} {}", reply.status, reply.text());
    }
    assert!(bank.core.lines().is_empty(), "{:?}", bank.core.lines());
    for path in ["/accounts/alice/messages", "/open"] {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: bank.example\r\nContent-Type: application/x-www-form-urlencoded");
        let form = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        assert_eq!(sent(&bank, &mut wire, &form).await.map(|reply| reply.status), Some(200), "{path}");
    }
    bank.close().await;
}
