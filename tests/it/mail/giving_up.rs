//! A mail server that is slow, says nothing, or hangs up; and a service that dies before it hears the answer.

use serde_json::json;
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    time::{Duration, Instant},
};

use super::{
    ask, assert_nothing_came_of_it, change, events, prove, sending_to,
    server::{MailServer, Style},
    serving,
};
use crate::app::{eventually, tan_in};

const STAGES: [&str; 5] = ["connect", "from", "to", "data", "taken"];

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_waited_for() {
    let server = MailServer::start(Style::default()).await;
    let (_place, _process, alice) = serving(&[&server], "20 s").await;
    for stage in STAGES {
        server.order(json!({"stage": stage, "wait": 200, "times": 1})).await;
    }
    prove(&alice, &server).await;
    server.at_stage(5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_given_up_in_time_and_works_again_afterwards() {
    let server = MailServer::start(Style::default()).await;
    let (place, process, alice) = serving(&[&server], "1 s").await;
    for (at, stage) in STAGES.into_iter().enumerate() {
        server.order(json!({"stage": stage, "hang": true, "times": 1})).await;
        let begun = Instant::now();
        let asked = ask(&alice).await;
        assert_nothing_came_of_it(&place, &asked).await;
        assert!(begun.elapsed() >= Duration::from_secs(1), "{stage}");
        server.at_stage(at + 1).await;
        server.closed(at + 1).await;
    }
    assert!(server.mails().is_empty());
    eventually("it is logged", async || process.log().contains("the mail itself: it took too long")).await;
    prove(&alice, &server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_up_sends_nobody_away_for_good() {
    let server = MailServer::start(Style::default()).await;
    let (place, _process, alice) = serving(&[&server], "10 s").await;
    for stage in STAGES {
        server.order(json!({"stage": stage, "hang_up": true, "times": 1})).await;
        let asked = ask(&alice).await;
        assert_nothing_came_of_it(&place, &asked).await;
    }
    assert_eq!((server.heard().len(), server.connections()), (1, 5), "nothing was tried twice");
    prove(&alice, &server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_reply_has_no_end_is_not_listened_to() {
    let server = MailServer::start(Style::default()).await;
    let place = sending_to(&[&server], "20 s", "").await;
    let flooding = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = flooding.local_addr().unwrap().port();
    change(&place, &format!("port = {}\n", server.port()), &format!("port = {port}\n"));
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["email"]).await;
    let flood = async {
        let (mut client, _) = flooding.accept().await.unwrap();
        let mut poured = 0;
        while client.write_all(&[b'2'; 4096]).await.is_ok() {
            poured += 4096;
        }
        poured
    };
    let (asked, poured) = tokio::join!(ask(&alice), flood);
    assert_nothing_came_of_it(&place, &asked).await;
    // What the system's own buffers take is no matter of ours.
    assert!(poured < 32 << 20, "{poured}");
    eventually("it is logged", async || process.log().contains("its reply has no end")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_carries_what_the_first_one_hangs_at() {
    let (first, second) = (MailServer::start(Style::default()).await, MailServer::start(Style::default()).await);
    let (_place, _process, alice) = serving(&[&first, &second], "10 s").await;
    first.order(json!({"stage": "to", "hang": true, "times": 1})).await;
    prove(&alice, &second).await;
    assert!(first.heard().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_service_was_sending_goes_out_again_as_the_same_mail() {
    let server = MailServer::start(Style::default()).await;
    let (place, mut process, alice) = serving(&[&server], "1 s").await;
    prove(&alice, &server).await;
    server.order(json!({"stage": "taken", "hang": true, "times": 1})).await;
    let (client, path) = (alice.client.clone(), alice.path("/tan/challenge/email"));
    let asking =
        tokio::spawn(
            async move { client.attempt(reqwest::Method::POST, &path, &[], Some("{}".to_owned())).await.is_ok() },
        );
    server.at_stage(1).await;
    process.kill().await;
    assert!(!asking.await.unwrap(), "nobody was told that it went out");
    let owner = place.database.owner().await;
    let claimed = "select claim_transmission::text from challenges where claim_until is not null";
    let transmission: String = owner.query_one(claimed, &[]).await.unwrap().get(0);

    let process = place.serve().await;
    let alice = alice.at(&process);
    let mail = server.mail(2).await;

    let heard = server.heard();
    assert_eq!(heard.len(), 3);
    for name in ["Message-ID", "Date", "Subject"] {
        assert_eq!(heard[1].header(name), heard[2].header(name), "a mail program shows one of them");
    }
    assert_eq!(mail.header("Message-ID"), format!("<{transmission}@bank.example>"));
    assert_eq!(tan_in(&heard[1].body()), tan_in(&heard[2].body()));
    eventually("it is recorded", async || events(&place, "transmission.sent").await == 2).await;
    let open = "select challenge_id::text from challenges where state = 'open'";
    let id: String = owner.query_one(open, &[]).await.unwrap().get(0);
    assert_eq!(alice.confirm(&id, &tan_in(&mail.body())).await.status, 200);
}
