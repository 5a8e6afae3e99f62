//! A mail that the server does not take.

use serde_json::json;

use super::{
    ask, assert_nothing_came_of_it, events, prove,
    server::{MailServer, Style},
    serving,
};
use crate::app::{eventually, tan_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_costs_nothing_and_no_other_server_is_asked() {
    let (server, other) = (MailServer::start(Style::default()).await, MailServer::start(Style::default()).await);
    let (place, process, alice) = serving(&[&server, &other], "10 s").await;
    let reply = json!([550, "5.1.1 <alice@example.com> is unknown, 12345678"]);
    server.order(json!({"stage": "to", "reply": reply, "times": 2})).await;

    let asked = ask(&alice).await;

    assert_nothing_came_of_it(&place, &asked).await;
    assert!(server.heard().is_empty());
    assert_eq!(other.connections(), 0, "nobody knows an address better");
    assert_eq!(ask(&alice).await.error(), (502, 5133), "there is no cool-down");
    eventually("it is logged", async || process.log().contains("RCPT: it said: 550 5.1.1 <*")).await;
    assert!(!process.log().contains("alice@example.com") && !process.log().contains("12345678"), "{}", process.log());
    let asked = ask(&alice).await;
    assert_eq!((asked.status.as_u16(), asked.number("attempts_left")), (200, 3), "no attempt was spent");
    let mail = server.mail(1).await;
    assert_eq!(alice.confirm(asked.text("challenge_id"), &tan_in(&mail.body())).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_greylisted_goes_out_when_it_is_asked_for_again() {
    let server = MailServer::start(Style::default()).await;
    let (place, _process, alice) = serving(&[&server], "10 s").await;
    server.order(json!({"stage": "to", "reply": [451, "4.7.1 greylisted, try again"], "times": 1})).await;
    let asked = ask(&alice).await;
    assert_nothing_came_of_it(&place, &asked).await;
    prove(&alice, &server).await;
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_does_not_take_now_another_carries_at_once() {
    let (first, second) = (MailServer::start(Style::default()).await, MailServer::start(Style::default()).await);
    let (place, _process, alice) = serving(&[&first, &second], "10 s").await;
    for (stage, reply) in [
        ("connect", json!([421, "4.3.2 too many connections"])),
        ("from", json!([530, "5.7.0 log in first"])),
        ("to", json!([550, "5.7.1 relaying denied"])),
        ("taken", json!([554, "5.7.1 looks like spam"])),
    ] {
        first.order(json!({"stage": stage, "reply": reply, "times": 1})).await;
        prove(&alice, &second).await;
        assert!(first.mails().is_empty(), "{stage}");
    }
    assert_eq!(events(&place, "transmission.sent").await, 4, "each counts once");
    prove(&alice, &first).await;
}
