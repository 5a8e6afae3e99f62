//! The database goes before anything is reserved: the core is not asked.

use tokio::time::Instant;

use super::{ANSWERED_WITHIN, Approval, CASHOUT, Scene, TRANSFER, Work, at, settling::impatient};
use crate::app::{Answer, Client, Customer, Process, eventually};

fn assert_unavailable(answer: &Answer, since: Instant) {
    assert_eq!(answer.error(), (503, 10090), "{answer:?}");
    assert!(answer.retry_after() >= 1, "{answer:?}");
    assert!(since.elapsed() < ANSWERED_WITHIN, "after {:?}", since.elapsed());
}

/// The token is as good as before.
async fn assert_untouched(scene: &Scene, process: &Process, alice: &Customer, work: Work, approval: &Approval) {
    assert_eq!(scene.hits(work), 0, "the core was not asked");
    assert_eq!(scene.row(approval).await, ("solved".to_owned(), None));
    assert_eq!(scene.events("token.reserved").await, 0);
    let ready = async || process.stranger().get("/health/ready").await.status == 200;
    eventually("it has connections again", ready).await;
    let answer = work.send(alice, approval).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!((scene.done(work), scene.row(approval).await.0.as_str()), ((1, 1), "spent"));
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_loses_its_connection_is_not_begun() {
    for work in [TRANSFER, CASHOUT] {
        let scene = Scene::new().await;
        let process = scene.serve().await;
        let alice = scene.customer(&process, "alice").await;
        let approval = scene.approve(&alice, work).await;
        let lock = scene.lock("alice").await;
        let (before, request) = (Instant::now(), work.begin(&alice, &approval));
        scene.until_blocked().await;
        scene.terminate().await;
        lock.release().await;

        assert_unavailable(&request.await.unwrap().unwrap(), before);

        assert_untouched(&scene, &process, &alice, work, &approval).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_waits_too_long_for_the_row_is_not_begun() {
    let scene = impatient("1 s").await;
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, TRANSFER).await;
    let (lock, before) = (scene.lock("alice").await, Instant::now());

    assert_unavailable(&TRANSFER.send(&alice, &approval).await, before);

    lock.release().await;
    assert_untouched(&scene, &process, &alice, TRANSFER, &approval).await;
}

/// Whether the caller is still remembered or not; what is not protected needs no database.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_through_while_the_database_is_away() {
    let scene = impatient("1 s").await;
    let first = scene.serve().await;
    let alice = scene.customer(&first, "alice").await;
    let approval = scene.approve(&alice, TRANSFER).await;
    let process = scene.serve().await;
    let (known, alice) = (alice.client.clone(), at(&alice, &process).await);
    scene.take_away().await;

    for client in [
        &alice.client,
        &known,
        &Client::new(&alice.client.url, "secret-token:nobody-has-ever-made-this-one-0123456789abcdef"),
    ] {
        for token in [approval.token.as_str(), ""] {
            let before = Instant::now();
            assert_unavailable(&TRANSFER.attempt(client, token).await.unwrap(), before);
        }
    }
    let passed = alice.client.post("/accounts/alice/notes", serde_json::json!({})).await;
    assert_eq!(passed.status, 200, "{passed:?}");

    scene.give_back().await;
    assert_untouched(&scene, &process, &alice, TRANSFER, &approval).await;
}

/// The write may reach a database that answers too late: then nobody holds what was reserved, and it lapses.
#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_whose_answer_does_not_come_sends_nothing() {
    let scene = impatient("1 s").await;
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, TRANSFER).await;
    let (frozen, before) = (scene.freeze_database().await, Instant::now());

    assert_unavailable(&TRANSFER.send(&alice, &approval).await, before);

    assert_eq!(scene.hits(TRANSFER), 0, "the core was not asked");
    drop(frozen);
    let ready = async || process.stranger().get("/health/ready").await.status == 200;
    eventually("it has connections again", ready).await;
    assert_untouched(&scene, &process, &alice, TRANSFER, &approval).await;
}
