//! What a gateway answers, and what it does not: each is one kind of failure, and ends in time.

use std::time::Duration;

use serde_json::json;
use tanager::channel::{SendError, Sender};
use tokio::time::{Instant, timeout};

use super::{JSON, TARGET, accepts, envelope, send, sender};
use crate::bank_core::{BankCore, Gate, Reply, Script, Step};

/// Keys for a gateway that says inside what became of a message.
const INSIDE: &str = "accepted_pointer = '/status'\naccepted_values = ['queued']\n\
                      address_refused_pointer = '/error'\naddress_refused_values = ['no such number']\n\
                      try_later_pointer = '/error'\ntry_later_values = ['busy']\n";

/// What comes of this script, with more keys, within 600 ms.
async fn sent(more: &str, script: Script) -> Result<(), SendError> {
    let gateway = BankCore::open().await;
    gateway.on("POST", TARGET, script);
    let sent = send(&sender(&format!("{JSON}timeout = '600 ms'\n{more}"), &gateway)).await;
    assert_eq!(gateway.seen().len(), 1, "one call and never a second one: {:?}", gateway.lines());
    sent
}

fn told(sent: &Result<(), SendError>) -> (&'static str, String) {
    sent.as_ref().map_or_else(|error| (error.name(), error.to_string()), |()| ("sent", String::new()))
}

fn head_of(length: usize) -> Step {
    Step::Write(format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n").into())
}

#[tokio::test]
async fn each_status_is_one_kind_of_failure() {
    for (status, name) in [
        (200, "sent"),
        (202, "sent"),
        (400, "failed"),
        (401, "misconfigured"),
        (403, "misconfigured"),
        (404, "misconfigured"),
        (408, "try_later"),
        (422, "failed"),
        (425, "try_later"),
        (429, "try_later"),
        (500, "failed"),
        (502, "try_later"),
        (503, "try_later"),
        (504, "try_later"),
    ] {
        let sent = sent("", Script::say(&Reply::new(status).json(&json!({"why": "because"})))).await;
        let (found, words) = told(&sent);
        assert_eq!(found, name, "{status}: {words}");
        assert!(name == "sent" || words.contains(&format!("status {status}")) && words.contains("because"), "{words}");
    }
}

#[tokio::test]
async fn an_error_inside_of_a_200_is_one() {
    for (body, name) in [
        (json!({"status": "queued"}), "sent"),
        (json!({"status": "failed", "error": "no such number"}), "address_refused"),
        (json!({"status": "failed", "error": "busy"}), "try_later"),
        (json!({"status": "failed", "error": "no credit"}), "failed"),
        (json!({}), "failed"),
    ] {
        let sent = sent(INSIDE, Script::say(&Reply::new(200).json(&body))).await;
        assert_eq!(told(&sent).0, name, "{body}");
    }
    let no_json = sent(INSIDE, Script::say(&Reply::new(200).body(b"queued"))).await;
    assert_eq!(told(&no_json).0, "failed");
    let refused = sent("address_refused = [422]", Script::say(&Reply::new(422))).await;
    assert_eq!(told(&refused).0, "address_refused");
}

#[tokio::test]
async fn a_slow_gateway_is_waited_for_until_the_time_is_over() {
    let (gateway, gate) = (BankCore::open().await, Gate::shut());
    gateway.on("POST", TARGET, accepts().behind(&gate));
    let sender = sender(&format!("{JSON}timeout = '20 s'"), &gateway);
    let open = async {
        gateway.until_hit("POST", TARGET, 1).await;
        gate.open();
    };
    let (sent, ()) = tokio::join!(send(&sender), open);
    assert_eq!(sent, Ok(()));
    for script in [vec![Step::Hold], vec![Step::Read, Step::Hold], vec![Step::Write(b"HTTP/1.1 20".into()), Step::Hold]]
    {
        let (name, words) = told(&sent_by(script).await);
        assert_eq!((name, words.contains("did not reply in time")), ("timed_out", true), "{words}");
    }
}

async fn sent_by(script: Vec<Step>) -> Result<(), SendError> {
    sent("", Script(script)).await
}

#[tokio::test]
async fn a_reply_without_its_end_counts_where_its_status_says_everything() {
    let half = |then: Step| vec![Step::Read, head_of(100), Step::Write(b"{\"status\": ".into()), then];
    for then in [Step::Hold, Step::HangUp] {
        assert_eq!(sent_by(half(then.clone())).await, Ok(()), "it was accepted: {then:?}");
    }
    let hanging = sent(INSIDE, Script(half(Step::Hold))).await;
    assert_eq!(told(&hanging).0, "timed_out", "nobody knows what it would have said");
    let broken = sent(INSIDE, Script(half(Step::HangUp))).await;
    assert_eq!(told(&broken).0, "failed");
}

#[tokio::test]
async fn who_is_accepted_is_not_kept_waiting_for_the_rest_of_a_reply() {
    let gateway = BankCore::open().await;
    gateway.on("POST", TARGET, Script(vec![Step::Read, head_of(100), Step::Hold]));
    let (sender, begun) = (sender(&format!("{JSON}timeout = '60 s'"), &gateway), Instant::now());
    assert_eq!(send(&sender).await, Ok(()));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_hang_up_without_a_reply_is_a_failure_of_which_nobody_knows_more() {
    for script in [
        vec![Step::HangUp],
        vec![Step::Read, Step::HangUp],
        vec![Step::Read, Step::Write(b"HTTP/1.1 200 OK\r\nconte".into()), Step::HangUp],
        vec![Step::Read, Step::Write(b"SSH-2.0-OpenSSH\r\n\r\n".into()), Step::HangUp],
    ] {
        let sent = sent_by(script.clone()).await;
        assert_eq!(told(&sent).0, "failed", "{script:?}");
    }
}

#[tokio::test]
async fn a_flood_is_read_up_to_a_bound() {
    let endless = |status: u16| {
        let head = format!("HTTP/1.1 {status} Status\r\ntransfer-encoding: chunked\r\n\r\n40000000\r\n");
        vec![Step::Read, Step::Write(head.into()), Step::Flood(1 << 30)]
    };
    assert_eq!(sent_by(endless(200)).await, Ok(()));
    let (name, words) = told(&sent(INSIDE, Script(endless(200))).await);
    assert_eq!((name, words.contains("too long")), ("failed", true));
    let (name, words) = told(&sent_by(endless(503)).await);
    assert_eq!((name, words.len() < 20_000), ("try_later", true), "{}", words.len());
    let fields = "x: y\r\n".repeat(200_000);
    let head = sent_by(vec![Step::Read, Step::Write(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").into())]).await;
    assert_eq!(told(&head).0, "failed");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = BankCore::open().await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}{TARGET}", elsewhere.url());
        let (name, words) = told(&sent("", Script::say(&Reply::new(status).header("location", &to))).await);
        assert_eq!(name, "misconfigured");
        assert!(words.contains("redirects are not followed"), "{words}");
    }
    assert_eq!((elsewhere.connections(), elsewhere.seen().len()), (0, 0), "neither TAN nor secret went there");
}

#[tokio::test]
async fn whoever_stops_waiting_ends_the_call() {
    let gateway = BankCore::open().await;
    gateway.on("POST", TARGET, Script(vec![Step::Read, Step::Hold]));
    let (sender, message) = (sender(&format!("{JSON}timeout = '60 s'"), &gateway), envelope("x"));
    let given_up = timeout(Duration::from_millis(300), sender.send(&message)).await;
    assert!(given_up.is_err());
    gateway.until("the end of the call", |gateway| gateway.gone() == 1).await;
}
