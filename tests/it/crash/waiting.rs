//! Clients wait for what comes of their message, for a bounded time; whoever hangs up changes nothing of it.

use std::time::Duration;

use tokio::{task::spawn_blocking, time::Instant};

use super::{Request, Scene};
use crate::app::{Customer, eventually};

fn make_gate(scene: &Scene) {
    assert!(std::process::Command::new("mkfifo").arg(scene.spool("gate")).status().unwrap().success());
}

async fn until_waiting(scene: &Scene) {
    eventually("the script runs", async || scene.spool("waiting").exists()).await;
}

async fn open_gate(scene: &Scene) {
    let gate = scene.spool("gate");
    spawn_blocking(|| std::fs::write(gate, "go\n")).await.unwrap().unwrap();
}

async fn events(scene: &Scene, kind: &str) -> i64 {
    scene.number(&format!("select count(*) from events where kind = '{kind}'")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_that_hangs_is_waited_for_no_longer_than_its_time() {
    let scene = Scene::new().await;
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    make_gate(&scene);

    let before = Instant::now();
    let answer = Request::challenge().begin(&alice).await.unwrap().unwrap();

    assert_eq!(answer.error(), (502, 5133), "{answer:?}");
    assert!(answer.text("hint").contains("may be tried again at once"), "{answer:?}");
    assert!(before.elapsed() < Duration::from_secs(5), "after {:?}", before.elapsed());
    assert_eq!(scene.challenges("alice", "claim_until is not null").await, 0, "it is recorded when it is answered");
    std::fs::remove_file(scene.spool("gate")).unwrap();
    let again = Request::challenge().begin(&alice).await.unwrap().unwrap();
    assert_eq!(again.status, 200, "it may be tried again at once: {again:?}");
    assert_eq!(alice.confirm(again.text("challenge_id"), &scene.tan(&alice.phone)).await.status, 200);
    assert_eq!(events(&scene, "transmission.taken_over").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_message_is_recorded_though_its_client_hung_up() {
    let scene = Scene::with_timeout("20 s").await;
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    make_gate(&scene);
    let request = Request::challenge().begin(&alice);
    until_waiting(&scene).await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());

    open_gate(&scene).await;

    scene.until_settled_in_time().await;
    assert_sent_once(&scene, &alice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_recorded_though_its_client_hung_up_and_leaves_him_free_to_ask_again() {
    let scene = Scene::with_timeout("2 s").await;
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    make_gate(&scene);
    let request = Request::challenge().begin(&alice);
    until_waiting(&scene).await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());

    scene.until_settled_in_time().await;

    assert_eq!(events(&scene, "transmission.failed").await, 1);
    assert_eq!(scene.challenges("alice", "state = 'void'").await, 1);
    std::fs::remove_file(scene.spool("gate")).unwrap();
    assert_eq!(Request::challenge().begin(&alice).await.unwrap().unwrap().status, 200);
    assert_eq!(scene.sent().len(), 1);
}

async fn assert_sent_once(scene: &Scene, alice: &Customer) {
    assert_eq!(scene.sent().len(), 1);
    assert_eq!((events(scene, "transmission.sent").await, events(scene, "transmission.taken_over").await), (1, 0));
    let id = scene.challenge_id("alice", "token").await;
    assert_eq!(alice.confirm(&id, &scene.tan(&alice.phone)).await.status, 200);
}
