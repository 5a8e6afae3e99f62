//! The database goes away between sending and recording: the message is out, and nobody can write so.

use tokio::task::spawn_blocking;

use super::{Request, Scene};
use crate::app::{Answer, Customer, Process, eventually};

/// Takes the database away while Alice's message is handed over, and gives it back once she was answered.
async fn answered_without_a_record(scene: &Scene, alice: &Customer, request: Request) -> Answer {
    assert!(std::process::Command::new("mkfifo").arg(scene.spool("gate")).status().unwrap().success());
    let request = request.begin(alice);
    eventually("the script runs", async || scene.spool("waiting").exists()).await;
    let (outside, name) = (scene.place.database.outside().await, &scene.place.database.name);
    outside.batch_execute(&format!("alter database {name} allow_connections false")).await.unwrap();
    scene.terminate().await;
    scene.until_deserted().await;
    let gate = scene.spool("gate");
    spawn_blocking(|| std::fs::write(gate, "go\n")).await.unwrap().unwrap();
    let answer = request.await.unwrap().expect("it lives");
    outside.batch_execute(&format!("alter database {name} allow_connections true")).await.unwrap();
    answer
}

async fn stage() -> (Scene, Process, Customer) {
    let mut scene = Scene::with_timeout("20 s").await;
    scene.place =
        scene.place.with("TANAGER_DATABASE__POOL_WAIT", "500 ms").with("TANAGER_DATABASE__CONNECT_TIMEOUT", "1 s");
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    (scene, process, alice)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_went_out_and_was_not_recorded_is_repeated_once_with_the_same_tan() {
    let (scene, process, alice) = stage().await;
    let request = || Request::challenge().with("idempotency-key", "the-same-request");

    let answer = answered_without_a_record(&scene, &alice, request()).await;

    assert_eq!(answer.error(), (503, 10090), "{answer:?}");
    assert!(answer.retry_after() >= 1);
    assert!(answer.text("hint").contains("the outcome is not known"), "{answer:?}");
    assert_eq!(scene.sent().len(), 1);
    eventually("it is ready again", async || process.stranger().get("/health/ready").await.status == 200).await;
    let running = request().begin(&alice).await.unwrap().unwrap();
    assert_eq!(running.error(), (503, 10090), "nobody knows yet: {running:?}");

    scene.until_settled().await;

    let sent = scene.sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(sent[0], sent[1], "the same TAN under the same id");
    let again = request().begin(&alice).await.unwrap().unwrap();
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(scene.sent().len(), 2, "a repeated request sends nothing");
    let counted = scene.number("select count(*) from events where kind = 'transmission.sent'").await;
    assert_eq!(counted, 1, "however often it went out, it counts once");
    assert_eq!(alice.confirm(again.text("challenge_id"), &scene.tan(&alice.phone)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tan_that_arrived_works_before_anybody_repeats_it_and_is_not_repeated_then() {
    let (scene, process, alice) = stage().await;
    let answer = answered_without_a_record(&scene, &alice, Request::challenge()).await;
    assert_eq!(answer.error(), (503, 10090), "{answer:?}");
    eventually("it is ready again", async || process.stranger().get("/health/ready").await.status == 200).await;

    let id = scene.challenge_id("alice", "token").await;
    assert_eq!(alice.confirm(&id, &scene.tan(&alice.phone)).await.status, 200);

    scene.until_settled().await;
    assert_eq!(scene.sent().len(), 1);
}
