//! What is not protected passes through untouched (section 6a).

use super::{Bank, Plan};
use crate::{
    bank_core::{Reply, Script},
    contract::trace,
    wire::{RawReply, Wire},
};

/// Every byte there is.
fn every_byte() -> Vec<u8> {
    (0..=255).collect()
}

fn request(method: &str, target: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: bank.example\r\n{fields}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

async fn passed(wire: &mut Wire, method: &str, target: &str, fields: &str, body: &[u8]) -> RawReply {
    wire.send(request(method, target, fields, body)).await;
    wire.reply_to(method).await.expect("a reply comes")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_passes_with_its_status_its_headers_and_its_bytes() {
    let bank = Bank::open().await;
    let before = trace(&bank.app).await;
    let mut wire = bank.wire().await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "REPORT"] {
        let reply = Reply::new(207).header("Set-Cookie", "a=1").header("X-Core", "x, y").header("Set-Cookie", "b=2");
        bank.core.on(method, "/shop?x=1", Script::say(&reply.body(&every_byte())));
        let fields =
            "Content-Length: 256\r\nContent-Type: application/x-odd\r\nCookie: c=d\r\nAccept: a\r\nAccept: b\r\n";

        let reply = passed(&mut wire, method, "/shop?x=1", fields, &every_byte()).await;

        assert_eq!((reply.status, &reply.body), (207, &every_byte()), "{method}");
        assert_eq!(reply.head.all("set-cookie"), ["a=1", "b=2"], "{method}");
        assert_eq!(reply.head.one("x-core").as_deref(), Some("x, y"), "{method}");
        for own in ["x-request-id", "cache-control", "tan-required", "content-type"] {
            assert_eq!(reply.head.one(own), None, "{method}: the core did not say {own}");
        }
        let seen = bank.core.last(method, "/shop?x=1");
        assert_eq!((&seen.body, seen.whole), (&every_byte(), true), "{method}");
        assert_eq!(seen.header("content-type").as_deref(), Some("application/x-odd"), "{method}");
        assert_eq!(seen.header("cookie").as_deref(), Some("c=d"), "{method}");
        assert_eq!(seen.head.all("accept").join(","), "a,b", "{method}");
        assert_eq!(bank.core.hits(method, "/shop?x=1"), 1, "{method}");
    }
    assert_eq!(trace(&bank.app).await, before, "nothing is written for it");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_the_headers_of_its_reply_and_no_body() {
    let bank = Bank::open().await;
    bank.core.on(
        "HEAD",
        "/file",
        Script::say(&Reply::new(200).header("Content-Length", "12345").header("ETag", "\"e\"")),
    );
    let mut wire = bank.wire().await;

    let reply = passed(&mut wire, "HEAD", "/file", "", b"").await;

    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.head.one("content-length").as_deref(), Some("12345"));
    assert_eq!(reply.head.one("etag").as_deref(), Some("\"e\""));
    bank.core.on("GET", "/file", Script::say(&Reply::new(200).body(b"next")));
    assert_eq!(passed(&mut wire, "GET", "/file", "", b"").await.text(), "next", "the connection is in step");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_without_a_body_and_errors_of_the_core_s_own_pass() {
    let bank = Bank::open().await;
    let mut wire = bank.wire().await;
    for status in [204, 304] {
        bank.core.on("GET", "/none", Script::say(&Reply::new(status).header("ETag", "\"v1\"")));
        let reply = passed(&mut wire, "GET", "/none", "If-None-Match: \"v1\"\r\n", b"").await;
        assert_eq!((reply.status, reply.head.one("etag").as_deref()), (status, Some("\"v1\"")));
        assert_eq!(bank.core.last("GET", "/none").header("if-none-match").as_deref(), Some("\"v1\""));
    }
    for status in [301, 400, 401, 403, 404, 409, 418, 429, 500, 503] {
        let own =
            Reply::new(status).header("Location", "/else").header("Retry-After", "7").body(b"the core's own words");
        bank.core.on("GET", "/error", Script::say(&own));
        let reply = passed(&mut wire, "GET", "/error", "", b"").await;
        assert_eq!((reply.status, reply.text().as_str()), (status, "the core's own words"));
        assert_eq!(reply.head.one("location").as_deref(), Some("/else"), "redirects are the client's to follow");
        assert_eq!(reply.head.one("retry-after").as_deref(), Some("7"));
    }
    assert_eq!(bank.core.hits("GET", "/error"), 10, "none was tried again");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_trailers_and_compressed_bytes_pass() {
    let bank = Bank::open().await;
    let mut wire = bank.wire().await;
    bank.core.on("POST", "/chunks", Script::say(&Reply::new(200).chunked(&[b"one", b"two"], "x-sum: 6\r\n")));
    let sent = b"4\r\nWiki\r\n6;x=1\r\npedia \r\n0\r\nX-Trailer: t\r\n\r\n";
    let reply =
        passed(&mut wire, "POST", "/chunks", "Transfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n", sent).await;
    assert_eq!((reply.status, reply.text().as_str(), reply.whole), (200, "onetwo", true));
    assert_eq!(bank.core.last("POST", "/chunks").body, b"Wikipedia ");

    let zipped = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0];
    bank.core.on("PUT", "/zip", Script::say(&Reply::new(200).header("Content-Encoding", "gzip").body(&zipped)));
    let fields = format!("Content-Encoding: gzip\r\nAccept-Encoding: gzip, br\r\nContent-Length: {}\r\n", zipped.len());
    let reply = passed(&mut wire, "PUT", "/zip", &fields, &zipped).await;
    assert_eq!((reply.body.as_slice(), reply.head.one("content-encoding").as_deref()), (&zipped[..], Some("gzip")));
    let seen = bank.core.last("PUT", "/zip");
    assert_eq!((seen.body.as_slice(), seen.header("content-encoding").as_deref()), (&zipped[..], Some("gzip")));
    assert_eq!(seen.header("accept-encoding").as_deref(), Some("gzip, br"));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_queries_that_could_be_nothing_protected_pass_as_they_were_sent() {
    let bank = Bank::open().await;
    let mut wire = bank.wire().await;
    for target in [
        "/",
        "/?",
        "/a?",
        "/a?b?c",
        "/a/../b",
        "/a/./b",
        "/./a",
        "//a",
        "/a//b",
        "/a/",
        "/a%2Fb",
        "/a%2fb",
        "/%61",
        "/a%20b",
        "/a%25b",
        "/a'b",
        "/a\"b",
        "/a;x",
        "/a;x=1/b",
        "/a%00",
        "/a%3Fb",
        "/a%23b",
        "/a|b",
        "/a{b}",
        "/a\\b",
        "/a^b",
        "/a:b@c",
        "/a,b",
        "/a!$&()*+=b",
        "/a~b",
        "/A/B",
        "/%C3%A4",
        "/%E4",
        "/a?x='y'&z",
        "/a?%41=%zz",
        "/a?next=/../x//y",
        "/a?x=%26&x=%26&&=",
        "/accounts",
        "/accounts/",
        "/accounts/alice/transactions/7",
        "/accounts/alice/transactionsx",
        "/xaccounts/alice/transactions",
        "/api/accounts/alice/transactions",
        "/accounts/alice/x/transactions",
        "/accounts/alice/tanx",
        "/tanagers/x",
    ] {
        bank.core.on("POST", target, Script::say(&Reply::new(200).body(b"passed")));
        let reply = passed(&mut wire, "POST", target, "Content-Length: 1\r\n", b"x").await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "passed"), "{target}: {:?}", bank.core.lines().last());
        assert_eq!(bank.core.hits("POST", target), 1, "{target}");
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_very_long_passes_or_is_refused_and_is_never_cut() {
    let bank = Bank::open().await;
    for length in [1000, 8000, 60_000, 200_000] {
        let target = format!("/long/{}", "x".repeat(length));
        bank.core.on("GET", &target, Script::say(&Reply::new(200).body(b"whole")));
        let mut wire = bank.wire().await;
        wire.send(request("GET", &target, "", b"")).await;
        let status = wire.reply_to("GET").await.map_or(0, |reply| reply.status);
        assert_eq!(status == 200, bank.core.hits("GET", &target) == 1, "{length}: {status}");
        assert!(length > 1000 || status == 200, "{status}");
    }
    assert!(bank.core.seen().iter().all(|seen| seen.target.len() > 1000), "{:?}", bank.core.lines());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_unsafe_methods_are_denied_only_named_routes_and_safe_methods_pass() {
    let bank = Bank::with(Plan::lines("default = \"deny-unsafe\"")).await;
    let alice = bank.customer_with("alice", &[]).await;
    for method in ["GET", "HEAD", "OPTIONS"] {
        bank.core.on(method, "/open", Script::say(&Reply::new(200)));
        let mut wire = bank.wire().await;
        assert_eq!(passed(&mut wire, method, "/open", "Connection: close\r\n", b"").await.status, 200, "{method}");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "REPORT", "get", "TRACE"] {
        let mut wire = bank.wire().await;
        let reply = passed(&mut wire, method, "/open", "Content-Length: 0\r\n", b"").await;
        assert_eq!(reply.error(), (403, 44), "{method}: {}", reply.text());
        assert_eq!(bank.core.hits(method, "/open"), 0, "{method}");
    }
    let named = super::transfer(&alice, "").await;
    assert_eq!((named.status.as_u16(), bank.transfers(&alice)), (200, 1), "{named:?}");
    bank.close().await;
}
