//! Start lines, header fields and bodies that no reader should take for a request, or not for the same one (section 6a).

use super::{
    Bank,
    smuggling::{assert_clean, battery, hidden},
};
use crate::{
    bank_core::{Script, Step},
    wire::{Framing, Wire, exchange},
};

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_are_none() {
    let cases = [
        "POST TARGET HTTP/1.1\nHost: b\nContent-Length: 5\n\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\nX: y\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nX: y\rz\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nX: y\0z\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nX\0: y\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nX : y\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\n: y\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nno colon\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\n Host: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nX: y\r\n folded\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST  TARGET HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET  HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST\tTARGET\tHTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        " POST TARGET HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1 \r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET\r\n\r\nHIDDEN",
        "POST TARGET HTTP/0.9\r\n\r\nHIDDEN",
        "POST TARGET HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\nHIDDEN",
        "POST TARGET HTTP/1.0\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.2\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/2.0\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET http/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nHIDDEN",
        "POST http://evil.exampleTARGET HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b, evil.example\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET\u{b}HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET#x HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example\r\n\r\nHIDDEN",
        "OPTIONS * HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "\r\n\r\nPOST TARGET HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\nHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nConnection: Content-Length\r\nContent-Length: 5\r\n\r\nhelloHIDDEN",
        "POST TARGET HTTP/1.1\r\nHost: b\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHIDDEN",
    ];
    battery(cases.map(|case| (case.to_owned(), case.to_owned())).into()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_where_nobody_expects_one() {
    let mut cases = Vec::new();
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"] {
        let line = format!("{method} TARGET HTTP/1.1\r\nHost: b\r\n");
        cases.push((format!("{method} by length"), format!("{line}Content-Length: LENGTH\r\n\r\nHIDDEN")));
        cases.push((
            format!("{method} by chunks"),
            format!("{line}Transfer-Encoding: chunked\r\n\r\nSIZE\r\nHIDDEN\r\n0\r\n\r\n"),
        ));
        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        cases.push((format!("{method} with upgrade"), format!("{line}{upgrade}Content-Length: LENGTH\r\n\r\nHIDDEN")));
        cases.push((
            format!("{method} with h2c"),
            format!("{line}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\nHIDDEN"),
        ));
        cases.push((format!("{method} upgraded without body"), format!("{line}{upgrade}\r\nHIDDEN")));
    }
    battery(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_is_no_way_into_a_protected_route_nor_past_a_core_that_declines_it() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let credential = &alice.client.token;
    let protected = format!(
        "GET /accounts/alice/statement HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {credential}\r\n{upgrade}\r\n"
    );
    assert!(!exchange(bank.address, protected.as_bytes()).await.starts_with("HTTP/1.1 101"));
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    for declined in [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 426 No\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 400 No\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
    ] {
        bank.core.on("GET", "/socket", Script(vec![Step::Write(declined.as_bytes().to_vec())]));
        let mut wire: Wire = bank.wire().await;
        wire.send(format!("GET /socket HTTP/1.1\r\nHost: b\r\n{upgrade}\r\n{}", hidden(credential))).await;
        let mut replies = Vec::new();
        wire.finish().await;
        assert!(wire.body(Framing::UntilClose, |piece| replies.extend_from_slice(piece)).await);
        assert!(!String::from_utf8_lossy(&replies).contains(r#"{"done""#), "{declined}");
        assert_eq!(bank.transfers(&alice), 0, "{declined}: {:?}", bank.core.lines());
    }
    assert_clean(&bank.core, "declined");
    bank.close().await;
}
