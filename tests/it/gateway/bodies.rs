//! A body that cannot be shown cannot be approved (section 6a): 400/26, and the core is not reached.

use super::{Bank, Plan, TRANSFER};
use crate::{app::Customer, contract::trace, wire::RawReply};

const PATH: &str = "/accounts/alice/transactions";

async fn sent(bank: &Bank, alice: &Customer, fields: &str, body: &[u8]) -> RawReply {
    let (credential, length) = (&alice.client.token, body.len());
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {credential}\r\n{fields}Content-Length: {length}\r\n\r\n"
    );
    let mut wire = bank.wire().await;
    wire.send([head.as_bytes(), body].concat()).await;
    wire.reply_to("POST").await.expect("a reply comes")
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_plain_json_is_refused() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let before = trace(&bank.app).await;
    let deep = format!("{{\"amount\":\"1\",\"payto_uri\":\"p\",\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: &[&[u8]] = &[
        b"",
        b"{",
        b"[]",
        b"null",
        b"\"text\"",
        b"{\"amount\":\"1\"}",
        b"{\"amount\":null,\"payto_uri\":\"p\"}",
        b"{\"Amount\":\"1\",\"payto_uri\":\"p\"}",
        b"{\"amount\":\"1\",\"payto_uri\":\"p\"} x",
        b"{\"amount\":\"1\",\"payto_uri\":\"p\"}{}",
        b"{\"amount\":\"1\",\"payto_uri\":\"p\"}\0",
        b"{\"amount\":\"1\",\"payto_uri\":\"p\",}",
        b"{\"amount\":\"1\",\"payto_uri\":\"\xff\"}",
        b"{\"amount\":\"1\",\"payto_uri\":\"\xc0\xaf\"}",
        b"{\"amount\":\"1\",\"payto_uri\":\"p\",\"x\":\"\xed\xa0\x80\"}",
        b"{\"amount\":\"1\",\"payto_uri\":\"\\ud800\"}",
        b"{'amount':'1','payto_uri':'p'}",
        b"{\"amount\":NaN,\"payto_uri\":\"p\"}",
        b"{\"amount\":01,\"payto_uri\":\"p\"}",
        b"{\"amount\":\"1\",\"payto_uri\":\"p\" /* x */}",
        b"\xef\xbb\xbf{\"amount\":\"1\",\"payto_uri\":\"p\"}",
        b"{\"amount\":\"1\nx\",\"payto_uri\":\"p\"}",
        deep.as_bytes(),
    ];
    for body in bodies {
        let reply = sent(&bank, &alice, JSON, body).await;
        let start = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(reply.error(), (400, 26), "{start}: {}", reply.text());
    }
    assert_eq!((trace(&bank.app).await, bank.core.seen().len()), (before, 0));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_stands_twice_is_refused_at_any_depth_and_in_any_case() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for twice in [
        r#"{"amount":"EUR:1","amount":"EUR:999","payto_uri":"p"}"#,
        r#"{"amount":"EUR:1","payto_uri":"p","amount":"EUR:1"}"#,
        r#"{"amount":"EUR:1","Amount":"EUR:999","payto_uri":"p"}"#,
        r#"{"AMOUNT":"EUR:1","amount":"EUR:999","payto_uri":"p"}"#,
        r#"{"amount":"EUR:1","\u0061mount":"EUR:999","payto_uri":"p"}"#,
        r#"{"amount":"EUR:1","payto_uri":"p","x":1,"x":2}"#,
        r#"{"amount":"EUR:1","payto_uri":"p","x":{"y":1,"y":2}}"#,
        r#"{"amount":"EUR:1","payto_uri":"p","x":[[{"y":{"z":1,"Z":2}}]]}"#,
        r#"{"amount":"EUR:1","payto_uri":"p","":1,"":2}"#,
        r#"{"amount":"EUR:1","payto_uri":"p","ä":1,"Ä":2}"#,
    ] {
        let reply = sent(&bank, &alice, JSON, twice.as_bytes()).await;
        assert_eq!(reply.error(), (400, 26), "{twice}: {}", reply.text());
    }
    let distinct = r#"{"amount":"EUR:1","payto_uri":"p","x":{"amount":1},"y":{"amount":2}}"#;
    assert_eq!(sent(&bank, &alice, JSON, distinct.as_bytes()).await.error(), (403, 10002));
    assert!(bank.core.seen().is_empty());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_content_type_is_refused() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for fields in [
        "",
        "Content-Type:\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: application/xml\r\n",
        "Content-Type: text/json-not\r\n",
        "Content-Type: application/jsonx\r\n",
        "Content-Type: application/json, text/plain\r\n",
        "Content-Type: application/json; charset=utf-16\r\n",
        "Content-Type: application/json; charset=iso-8859-1\r\n",
        "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
        "Content-Type: application/json\r\nContent-Type: application/json\r\n",
    ] {
        let reply = sent(&bank, &alice, fields, TRANSFER.as_bytes()).await;
        assert_eq!(reply.error(), (400, 26), "{fields}: {}", reply.text());
    }
    for fields in [
        JSON,
        "content-type: Application/JSON\r\n",
        "Content-Type: application/json; charset=UTF-8\r\n",
        "Content-Type: application/json;charset=\"utf-8\"\r\n",
    ] {
        assert_eq!(sent(&bank, &alice, fields, TRANSFER.as_bytes()).await.error(), (403, 10002), "{fields}");
    }
    assert!(bank.core.seen().is_empty());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_another_encoding_reaches_no_protected_route() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for coding in ["gzip", "deflate", "br", "zstd", "x-odd", "gzip, identity", "identity, gzip"] {
        let fields = format!("{JSON}Content-Encoding: {coding}\r\n");
        let reply = sent(&bank, &alice, &fields, TRANSFER.as_bytes()).await;
        assert!([(400, 26), (415, 28)].contains(&reply.error()), "{coding}: {} {}", reply.status, reply.text());
    }
    assert!(bank.core.seen().is_empty());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_where_it_is_protected_alone() {
    let bank = Bank::with(Plan { limits: "[limits]\ngateway_body = \"4 KiB\"\n".to_owned(), ..Plan::default() }).await;
    let alice = bank.customer("alice").await;
    let of = |length: usize| format!("{TRANSFER}{}", " ".repeat(length - TRANSFER.len()));
    assert_eq!(sent(&bank, &alice, JSON, of(4096).as_bytes()).await.error(), (403, 10002));
    assert_eq!(sent(&bank, &alice, JSON, of(4097).as_bytes()).await.error(), (413, 32));
    let mut wire = bank.wire().await;
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {}\r\n{JSON}", alice.client.token);
    wire.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n1001\r\n{}\r\n0\r\n\r\n", of(4097))).await;
    assert_eq!(wire.reply_to("POST").await.unwrap().error(), (413, 32), "without a length too");
    assert!(bank.core.seen().is_empty());
    let open = alice.client.send(reqwest::Method::POST, "/open", &[], Some(of(100_000))).await;
    assert_eq!((open.status.as_u16(), bank.core.last("POST", "/open").length), (200, 100_000));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_body_in_chunks_is_what_was_approved_and_arrives_whole() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let mut wire = bank.wire().await;
    let (first, second) = TRANSFER.split_at(20);
    let chunks =
        format!("{:x};x=y\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\nX-Trailer: 1\r\n\r\n", first.len(), second.len());
    let (credential, token) = (&alice.client.token, &approval.token);
    wire.send(format!(
        "POST {PATH} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {credential}\r\nTAN-Token: {token}\r\n{JSON}\
         Transfer-Encoding: chunked\r\n\r\n{chunks}"
    ))
    .await;
    let done = wire.reply_to("POST").await.unwrap();
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(bank.core.last("POST", PATH).body, TRANSFER.as_bytes());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_end_begins_nothing() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let (credential, token) = (&alice.client.token, &approval.token);
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {credential}\r\nTAN-Token: {token}\r\n{JSON}"
    );
    for cut in [
        format!("{head}Content-Length: {}\r\n\r\n{TRANSFER}", TRANSFER.len() + 1),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{TRANSFER}\r\n", TRANSFER.len()),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{TRANSFER}\r\n0\r\n", TRANSFER.len()),
    ] {
        crate::wire::exchange(bank.address, cut.as_bytes()).await;
    }
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    assert_eq!(super::transfer(&alice, &approval.token).await.status, 200, "the token is as it was");
    bank.close().await;
}
