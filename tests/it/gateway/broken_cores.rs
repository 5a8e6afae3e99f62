//! A bank core that is away, hangs up or takes too long (section 6a): 502, once asked, and no more.

use std::time::Duration;

use reqwest::Method;

use super::{Bank, Plan};
use crate::{
    app::Answer,
    bank_core::{BankCore, Reply, Script, Step},
    contract::trace,
    wire::RawReply,
};

fn assert_failed(answer: &Answer) {
    assert_eq!(answer.error(), (502, 10091), "{answer:?}");
    assert!(!answer.header("x-request-id").is_empty(), "the service's own reply: {answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    assert!(!answer.raw.contains("127.0.0.1"), "who is behind the gateway is nobody's business: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_is_away_is_a_502_and_is_found_again() {
    let bank = Bank::open().await;
    let client = bank.client("");
    bank.core.refuse().await;
    let before = trace(&bank.app).await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        assert_failed(&client.send(method, "/x", &[], None).await);
    }
    assert_eq!(trace(&bank.app).await, before);
    bank.core.accept();
    bank.core.on("GET", "/x", Script::say(&Reply::new(200)));
    assert_eq!(client.get("/x").await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_hangs_up_before_its_answer_is_a_502_and_is_not_asked_twice() {
    let bank = Bank::open().await;
    let client = bank.client("");
    let half_a_head = Step::Write(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec());
    for (number, steps) in [
        vec![Step::HangUp],
        vec![Step::Read, Step::HangUp],
        vec![Step::Read, Step::Do, Step::HangUp],
        vec![Step::Read, half_a_head, Step::HangUp],
        vec![Step::Read, Step::Write(b"HTTP/1.1 103 Early\r\n\r\n".to_vec()), Step::HangUp],
    ]
    .into_iter()
    .enumerate()
    {
        for method in [Method::GET, Method::POST] {
            let target = format!("/x/{number}");
            bank.core.on(method.as_str(), &target, Script(steps.clone()));
            assert_failed(&client.send(method.clone(), &target, &[], Some("body".to_owned())).await);
            assert_eq!(bank.core.hits(method.as_str(), &target), 1, "{method} {target}");
        }
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_takes_a_connection_and_drops_it_is_a_502() {
    let bank = Bank::open().await;
    bank.core.slam(1000);
    assert_failed(&bank.client("").send(Method::POST, "/x", &[], Some("body".to_owned())).await);
    assert!(bank.core.seen().is_empty());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_takes_too_long_is_a_502_when_its_time_is_over() {
    let bank = Bank::with(Plan::lines("upstream_timeout = \"1 s\"")).await;
    let client = bank.client("");
    for (target, steps) in [
        ("/read", vec![Step::Read, Step::Hold]),
        ("/unread", vec![Step::Hold]),
        ("/dribble", vec![Step::Read, Step::Write(b"HTTP/1.1 200".to_vec()), Step::Hold]),
        ("/interim", vec![Step::Read, Step::Write(b"HTTP/1.1 103 Early\r\n\r\n".to_vec()), Step::Hold]),
    ] {
        bank.core.on("POST", target, Script(steps));
        let began = tokio::time::Instant::now();
        assert_failed(&client.send(Method::POST, target, &[], Some("body".to_owned())).await);
        assert!(began.elapsed() >= Duration::from_millis(900), "{target}: {:?}", began.elapsed());
        assert_eq!(bank.core.hits("POST", target), 1, "{target}");
    }
    bank.core.until("the connections are given up", |core: &BankCore| core.gone() == 4).await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_a_502() {
    let bank = Bank::open().await;
    let client = bank.client("");
    for (number, nonsense) in [
        "hello\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "SSH-2.0-OpenSSH_9\r\n\r\n",
    ]
    .into_iter()
    .enumerate()
    {
        let target = format!("/x/{number}");
        bank.core.on(
            "POST",
            &target,
            Script(vec![Step::Read, Step::Write(nonsense.as_bytes().to_vec()), Step::HangUp]),
        );
        assert_failed(&client.post(&target, serde_json::json!({})).await);
        assert_eq!(bank.core.hits("POST", &target), 1, "{nonsense:?}");
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_could_be_read_in_two_ways_reaches_nobody_in_two_ways() {
    let bank = Bank::open().await;
    for (number, head) in [
        "Content-Length: 4\r\nContent-Length: 60",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4, 60",
        "X: 1\r\n Content-Length: 60",
    ]
    .into_iter()
    .enumerate()
    {
        let target = format!("/x/{number}");
        let two = format!(
            "HTTP/1.1 200 OK\r\n{head}\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Forged: 1\r\n\r\nforged"
        );
        bank.core.on("GET", &target, Script(vec![Step::Write(two.into_bytes()), Step::HangUp]));
        bank.core.on("GET", "/next", Script::say(&Reply::new(200).body(b"next")));
        let mut wire = bank.wire().await;
        let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: b\r\n\r\n");
        wire.send(get(&target)).await;
        let first: Option<RawReply> = wire.reply_to("GET").await;
        let broken = first.as_ref().is_none_or(|reply| !reply.whole);
        if !broken && wire.send(get("/next")).await {
            let next = wire.reply_to("GET").await;
            assert!(next.as_ref().is_none_or(|reply| reply.head.one("x-forged").is_none()), "{head}: {next:?}");
        }
        let other = bank.client("").get("/next").await;
        assert_eq!(other.raw, "next", "{head}: another client gets its own answer");
    }
    bank.close().await;
}
