//! The bank core of these tests is itself what they hope: otherwise a test of the gateway would prove nothing.

use serde_json::json;

use super::{BankCore, CORE_PASSWORD, CORE_SESSION, Gate, Reply, Script, Step, basic};
use crate::{
    app::Client,
    wire::{Wire, exchange},
};

const POST: &str = "POST /x?y HTTP/1.1\r\nhost: core\r\nContent-Length: 5\r\nX-Odd:  a \r\n\r\nhello";

#[tokio::test(flavor = "multi_thread")]
async fn what_came_is_kept_to_the_byte_and_counted() {
    let core = BankCore::open().await;
    let mut wire = Wire::connect(core.address).await;
    wire.send(POST).await;
    assert_eq!(wire.reply_to("POST").await.unwrap().text(), r#"{"done":200}"#);
    wire.send("POST /x?y HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n2\r\nde\r\n0\r\nt: 1\r\n\r\n")
        .await;
    assert_eq!(wire.reply_to("POST").await.unwrap().status, 200);
    let seen = core.all("POST", "/x?y");
    assert_eq!(seen[0].head.text(), POST.strip_suffix("hello").unwrap());
    assert_eq!((seen[0].body.as_slice(), seen[1].body.as_slice()), (&b"hello"[..], &b"abcde"[..]));
    assert!(seen.iter().all(|seen| seen.whole));
    assert_eq!((core.hits("POST", "/x?y"), core.effects("POST", "/x"), core.connections()), (2, 2, 1));
    assert_eq!(core.hits("POST", "/x"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_with_the_same_key_is_answered_without_doing_it_twice() {
    let core = BankCore::open().await;
    let client = Client::new(&core.url(), "");
    for key in ["a", "a", "b"] {
        let answer = client.send(reqwest::Method::POST, "/pay", &[("Idempotency-Key", key)], None).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!((core.hits("POST", "/pay"), core.effects("POST", "/pay")), (3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_played_in_turn_and_gates_hold_them() {
    let core = BankCore::open().await;
    let gate = Gate::shut();
    core.on("GET", "/", Script::say(&Reply::new(204)));
    core.once("GET", "/", Script::refuse(503));
    core.once("GET", "/", Script::say(&Reply::new(200).chunked(&[b"a", b"bc"], "x-sum: 3\r\n")).behind(&gate));
    let mut wire = Wire::connect(core.address).await;
    let get = "GET / HTTP/1.1\r\n\r\n";
    wire.send(get).await;
    assert_eq!(wire.reply_to("GET").await.unwrap().status, 503);
    wire.send(get).await;
    core.until_hit("GET", "/", 2).await;
    gate.open();
    let chunked = wire.reply_to("GET").await.unwrap();
    assert_eq!((chunked.status, chunked.text().as_str(), chunked.whole), (200, "abc", true));
    wire.send(get).await;
    assert_eq!(wire.reply_to("GET").await.unwrap().status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_hangs_up_where_it_was_told() {
    let core = BankCore::open().await;
    core.slam(1);
    assert_eq!(exchange(core.address, POST.as_bytes()).await, "");
    assert!(core.seen().is_empty());
    core.once("POST", "/x?y", Script(vec![Step::HangUp]));
    core.once("POST", "/x?y", Script(vec![Step::Read, Step::HangUp]));
    core.once(
        "POST",
        "/x?y",
        Script(vec![Step::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec()), Step::HangUp]),
    );
    assert_eq!(exchange(core.address, POST.as_bytes()).await, "");
    assert_eq!(exchange(core.address, POST.as_bytes()).await, "");
    let mut wire = Wire::connect(core.address).await;
    wire.send(POST).await;
    let half = wire.reply_to("POST").await.unwrap();
    assert_eq!((half.text().as_str(), half.whole), ("half", false));
    assert_eq!(core.effects("POST", "/x"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_connections_and_accepts_them_again_at_the_same_place() {
    let core = BankCore::open().await;
    let client = Client::new(&core.url(), "");
    core.refuse().await;
    assert!(tokio::net::TcpStream::connect(core.address).await.is_err());
    core.accept();
    assert_eq!(client.post("/x", json!({})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_notices_that_the_other_end_left() {
    let core = BankCore::open().await;
    core.on("GET", "/", Script(vec![Step::Hold]));
    core.on("GET", "/echo", Script(vec![Step::Write(b"HTTP/1.1 101 Go\r\n\r\n".to_vec()), Step::Echo]));
    let mut held = Wire::connect(core.address).await;
    held.send("GET / HTTP/1.1\r\n\r\n").await;
    core.until_hit("GET", "/", 1).await;
    let mut echo = Wire::connect(core.address).await;
    echo.send("GET /echo HTTP/1.1\r\n\r\n").await;
    assert_eq!(echo.reply_to("GET").await.unwrap().status, 101);
    echo.send("frame").await;
    assert_eq!(echo.exactly(5).await.unwrap(), b"frame");
    assert_eq!(core.gone(), 0);
    drop((held, echo));
    core.until("both left", |core| core.gone() == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_kept_too() {
    let core = BankCore::open().await;
    assert_eq!(exchange(core.address, b"PRI * HTTP/2.0\r\n").await, "");
    core.until("the junk is noted", |core| core.junk() == [b"PRI * HTTP/2.0\r\n".to_vec()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_knows_its_customers() {
    let core = BankCore::open().await;
    let alice = Client::new(&core.url(), "core-alice");
    let who = alice.get("/accounts/ALICE").await;
    assert_eq!((who.text("username"), who.text("scope")), ("alice", "readwrite"));
    assert_eq!(alice.get("/accounts/bob").await.status, 401);
    assert_eq!(alice.with_token("core-alice!readonly").get("/accounts/alice").await.text("scope"), "readonly");
    for (password, status) in [(CORE_PASSWORD, 200), ("guess", 401)] {
        let request = alice.request(reqwest::Method::POST, "/accounts/alice/token");
        let answer = alice.answer(request.header("authorization", basic("alice", password))).await;
        assert_eq!((answer.status.as_u16(), answer.raw.contains(CORE_SESSION)), (status, status == 200));
    }
    assert_eq!(alice.delete("/accounts/alice/token").await.status, 204);
    assert_eq!(
        (core.effects("POST", "/accounts/alice/token"), core.effects("DELETE", "/accounts/alice/token")),
        (1, 1)
    );
}
