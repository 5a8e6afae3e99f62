//! Both ways as it comes (section 6a): nothing waits for the end of a body, and an end that did not come is not made up.

use std::time::Duration;

use super::{Bank, Plan};
use crate::{
    bank_core::{Gate, Reply, Script, Step},
    wire::{Framing, PATIENCE},
};

const MIB: usize = 1024 * 1024;
const BIG: usize = 64 * MIB;

#[tokio::test(flavor = "multi_thread")]
async fn a_big_body_goes_up_while_the_client_is_still_sending() {
    let bank = Bank::open().await;
    bank.core.on("POST", "/upload", Script::say(&Reply::new(201).body(b"kept")));
    let mut wire = bank.wire().await;
    wire.send(format!("POST /upload HTTP/1.1\r\nHost: b\r\nContent-Length: {BIG}\r\n\r\n")).await;
    let wave = vec![7; MIB];
    for _ in 0..BIG / MIB / 2 {
        assert!(wire.send(&wave).await);
    }
    let arrived =
        |least: usize| move |core: &crate::bank_core::BankCore| core.seen().first().is_some_and(|s| s.length >= least);
    bank.core.until("a part of it arrives", arrived(16 * MIB)).await;
    for _ in 0..BIG / MIB / 2 {
        assert!(wire.send(&wave).await);
    }

    let reply = wire.reply_to("POST").await.unwrap();

    let seen = bank.core.last("POST", "/upload");
    assert_eq!((reply.status, seen.length, seen.whole), (201, BIG, true));
    assert_eq!(seen.header("content-length").as_deref(), Some(BIG.to_string().as_str()));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_big_body_comes_down_while_the_core_is_still_sending() {
    let bank = Bank::open().await;
    let gate = Gate::shut();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BIG}\r\n\r\n");
    let halves =
        vec![Step::Write(head.into_bytes()), Step::Flood(BIG / 2), Step::Await(gate.clone()), Step::Flood(BIG / 2)];
    bank.core.on("GET", "/download", Script(halves));
    let mut wire = bank.wire().await;
    wire.send("GET /download HTTP/1.1\r\nHost: b\r\n\r\n").await;
    let (status, head) = wire.reply_head().await.unwrap();
    assert_eq!((status, head.one("content-length")), (200, Some(BIG.to_string())));
    let first = wire.exactly(BIG / 2).await.unwrap();
    gate.open();
    let second = wire.exactly(BIG / 2).await.unwrap();
    assert_eq!(first.len() + second.len(), BIG);
    assert!(first.iter().take(MIB).enumerate().all(|(at, byte)| usize::from(*byte) == at % (64 * 1024) % 251));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_event_of_a_stream_arrives_before_the_stream_ends() {
    let bank = Bank::open().await;
    let gate = Gate::shut();
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let event = |text: &str| Step::Write(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes());
    let steps = vec![
        Step::Write(head),
        event("data: one\n\n"),
        Step::Await(gate.clone()),
        event("data: two\n\n"),
        Step::Write(b"0\r\n\r\n".to_vec()),
    ];
    bank.core.on("GET", "/events", Script(steps));
    let mut wire = bank.wire().await;
    wire.send("GET /events HTTP/1.1\r\nHost: b\r\nAccept: text/event-stream\r\n\r\n").await;
    let (_, head) = wire.reply_head().await.unwrap();
    assert_eq!(head.one("content-type").as_deref(), Some("text/event-stream"));
    let first = tokio::time::timeout(PATIENCE, wire.through(b"data: one\n\n")).await;
    assert!(first.expect("it comes before the end").is_some());
    gate.open();
    assert!(wire.through(b"data: two\n\n").await.is_some());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_a_stream_ends_it_at_the_core_too() {
    let bank = Bank::open().await;
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n".to_vec();
    bank.core.on("GET", "/events", Script(vec![Step::Write(head), Step::Hold]));
    let mut wire = bank.wire().await;
    wire.send("GET /events HTTP/1.1\r\nHost: b\r\n\r\n").await;
    assert!(wire.through(b"one").await.is_some());
    drop(wire);
    bank.core.until("the stream ends", |core| core.gone() == 1).await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_seen_to_break_off() {
    let bank = Bank::open().await;
    for (number, head) in ["Content-Length: 100", "Transfer-Encoding: chunked"].into_iter().enumerate() {
        let target = format!("/half/{number}");
        let half = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{}half", if number == 1 { "64\r\n" } else { "" });
        bank.core.on("GET", &target, Script(vec![Step::Write(half.into_bytes()), Step::HangUp]));
        let mut wire = bank.wire().await;
        wire.send(format!("GET {target} HTTP/1.1\r\nHost: b\r\n\r\n")).await;
        // It may also be replaced or kept back, as long as none of it went out: each shows that something is wrong.
        let reply = wire.reply_to("GET").await;
        let broken = reply.as_ref().is_none_or(|reply| !reply.whole || reply.error() == (502, 10091));
        assert!(broken, "{head}: {reply:?}");
        assert_eq!(bank.core.hits("GET", &target), 1, "{head}: it is not asked twice");
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_for_100_continue_gets_it_and_its_body_arrives() {
    let bank = Bank::open().await;
    bank.core.on("POST", "/wait", Script::say(&Reply::new(200).body(b"got it")));
    let mut wire = bank.wire().await;
    wire.send("POST /wait HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(wire.reply_to("POST").await.unwrap().status, 100);
    wire.send("body").await;
    assert_eq!(wire.reply_to("POST").await.unwrap().text(), "got it");
    assert_eq!(bank.core.last("POST", "/wait").body, b"body");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interim_replies_of_the_core_do_not_pass_for_its_answer() {
    let bank = Bank::open().await;
    let interim = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n".to_vec();
    let last = Reply::new(200).body(b"the answer").bytes();
    bank.core.on("GET", "/hints", Script(vec![Step::Write(interim), Step::Write(last)]));
    let mut wire = bank.wire().await;
    wire.send("GET /hints HTTP/1.1\r\nHost: b\r\n\r\n").await;
    let mut reply = wire.reply_to("GET").await.unwrap();
    while reply.status < 200 {
        reply = wire.reply_to("GET").await.unwrap();
    }
    assert_eq!((reply.status, reply.text().as_str()), (200, "the answer"));
    bank.close().await;
}

const UPGRADE: &str = "GET /socket HTTP/1.1\r\nHost: b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_goes_through_both_ways_and_ends_with_its_client() {
    let bank = Bank::with(Plan::lines("upstream_timeout = \"1 s\"")).await;
    let accepted = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi";
    bank.core.on("GET", "/socket", Script(vec![Step::Write(accepted.to_vec()), Step::Echo]));
    let mut wire = bank.wire().await;
    wire.send(UPGRADE).await;
    let (status, head) = wire.reply_head().await.unwrap();
    assert_eq!((status, head.one("upgrade").map(|name| name.to_lowercase())), (101, Some("websocket".to_owned())));
    assert_eq!(head.one("sec-websocket-accept").as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert!(head.one("connection").unwrap().to_lowercase().contains("upgrade"));
    assert_eq!(wire.exactly(4).await.unwrap(), b"\x81\x02hi", "the core speaks first");
    let frame: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    for _ in 0..3 {
        wire.send(&frame).await;
        assert_eq!(wire.exactly(frame.len()).await.unwrap(), frame);
    }
    let seen = bank.core.last("GET", "/socket");
    assert_eq!(seen.header("sec-websocket-key").as_deref(), Some("dGhlIHNhbXBsZSBub25jZQ=="));
    drop(wire);
    bank.core.until("the socket ends", |core| core.gone() == 1).await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_the_core_declines_is_an_answer_like_any_other() {
    let bank = Bank::open().await;
    bank.core.on("GET", "/socket", Script::say(&Reply::new(426).body(b"no sockets")));
    bank.core.on("GET", "/next", Script::say(&Reply::new(200).body(b"next")));
    let mut wire = bank.wire().await;
    wire.send(UPGRADE).await;
    let declined = wire.reply_to("GET").await.unwrap();
    assert_eq!((declined.status, declined.text().as_str()), (426, "no sockets"));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_upgrade_is_not_passed_on() {
    let bank = Bank::open().await;
    bank.core.on("GET", "/h2", Script::say(&Reply::new(200).body(b"plain")));
    let mut wire = bank.wire().await;
    wire.send("GET /h2 HTTP/1.1\r\nHost: b\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n").await;
    let reply = wire.reply_to("GET").await.unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (200, "plain"));
    let seen = bank.core.last("GET", "/h2");
    assert_eq!((seen.header("upgrade"), seen.header("http2-settings")), (None, None), "{}", seen.head.text());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_is_no_slow_core() {
    let bank = Bank::with(Plan::lines("upstream_timeout = \"1 s\"")).await;
    let gate = Gate::shut();
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsl".to_vec();
    bank.core.on(
        "GET",
        "/slow",
        Script(vec![Step::Write(head), Step::Await(gate.clone()), Step::Write(b"ow".to_vec())]),
    );
    let mut wire = bank.wire().await;
    wire.send("GET /slow HTTP/1.1\r\nHost: b\r\n\r\n").await;
    wire.reply_head().await.unwrap();
    let mut body = Vec::new();
    let read = wire.body(Framing::Length(4), |piece| body.extend_from_slice(piece));
    // What is waited for is that nothing happens: that time-out runs to the status line alone.
    let longer_than_the_time_out = Duration::from_millis(1500);
    let opened = async {
        tokio::time::sleep(longer_than_the_time_out).await;
        gate.open();
    };
    assert!(tokio::join!(read, opened).0);
    assert_eq!(body, b"slow");
    bank.close().await;
}
