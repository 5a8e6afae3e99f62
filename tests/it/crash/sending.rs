//! The service is killed while it sends a TAN.

use serde_json::json;

use super::{Point, Request, Scene};
use crate::app::{Customer, Process};

/// Dies at `point`, starts again, and sees every challenge end with a TAN that works: how many messages were sent.
async fn messages_after_a_death(point: Point) -> usize {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    scene.die(point, &mut process, &alice, Request::challenge()).await;
    let claimed = claimed_transmission(&scene).await;

    let process = scene.serve().await;
    if point == Point::ScriptEnds {
        scene.until_settled_in_time().await;
    } else {
        scene.until_settled().await;
    }

    let sent = scene.sent();
    assert!(sent.iter().all(|message| *message == sent[0]), "the same TAN under the same id: {sent:?}");
    if let (Some(claimed), Some(message)) = (claimed, sent.first()) {
        assert_eq!(message.transmission, claimed, "what is taken over keeps its id");
    }
    if sent.is_empty() {
        assert_nothing_was_asked_for(&scene, &process, &alice).await;
    } else {
        assert_the_tan_works_once(&scene, &alice.at(&process)).await;
    }
    sent.len()
}

/// The sending that a dead holder left.
async fn claimed_transmission(scene: &Scene) -> Option<String> {
    let query = "select claim_transmission::text from challenges where claim_until is not null";
    scene.owner.query_opt(query, &[]).await.unwrap().map(|row| row.get(0))
}

async fn assert_the_tan_works_once(scene: &Scene, alice: &Customer) {
    let (id, tan) = (scene.challenge_id("alice", "token").await, scene.tan(&alice.phone));
    let events = scene.number("select count(*) from events where kind = 'transmission.sent'").await;
    assert_eq!(events, 1, "however often it went out, it counts once");
    assert_eq!(alice.client.get(&alice.path(&format!("/tan/challenge/{id}"))).await.text("state"), "open");
    assert_eq!(alice.confirm(&id, &tan).await.status, 200);
    assert_eq!(alice.confirm(&id, &tan).await.error(), (410, 10001));
    assert_eq!(scene.challenges("alice", "token_hash is not null").await, 1);
}

/// A request that was lost whole left no cool-down.
async fn assert_nothing_was_asked_for(scene: &Scene, process: &Process, alice: &Customer) {
    assert_eq!(scene.challenges("alice", "true").await, 0);
    let alice = alice.at(process);
    let again = alice.client.post(&alice.path("/tan/challenge/sms"), json!({})).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(alice.confirm(again.text("challenge_id"), &scene.tan(&alice.phone)).await.status, 200);
    assert_eq!(scene.sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_is_written_after_its_service_was_killed_is_sent_once() {
    assert_eq!(messages_after_a_death(Point::ClaimWritten).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_is_lost_with_its_service_sends_nothing_and_costs_nothing() {
    assert_eq!(messages_after_a_death(Point::ClaimLost).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_by_its_script_at_once_has_the_message_sent_once() {
    assert_eq!(messages_after_a_death(Point::ScriptBegins).await, 1);
}

/// Whenever its service dies: a script never sends half a message.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_whose_service_is_killed_at_once_has_the_whole_message_already() {
    assert_eq!(messages_after_a_death(Point::ScriptOrphaned).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_after_the_message_went_out_sends_the_same_once_more() {
    assert_eq!(messages_after_a_death(Point::ScriptEnds).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_written_after_its_service_was_killed_is_the_last_word() {
    assert_eq!(messages_after_a_death(Point::RecordWritten).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_lost_with_its_service_sends_the_same_once_more() {
    assert_eq!(messages_after_a_death(Point::RecordLost).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_finds_its_challenge_again_by_its_idempotency_key() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let request = || Request::challenge().with("idempotency-key", "the-same-request");
    scene.die(Point::ScriptBegins, &mut process, &alice, request()).await;

    let process = scene.serve().await;
    let alice = alice.at(&process);
    let running = request().begin(&alice).await.unwrap().unwrap();
    assert_eq!(running.error(), (503, 10090), "its first run is not over: {running:?}");
    assert!((1..=6).contains(&running.retry_after()), "{running:?}");
    scene.until_settled().await;
    let again = request().begin(&alice).await.unwrap().unwrap();

    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(scene.sent().len(), 1);
    assert_eq!(alice.confirm(again.text("challenge_id"), &scene.tan(&alice.phone)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retransmission_whose_service_was_killed_is_taken_over_too() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let first = Request::challenge().begin(&alice).await.unwrap().unwrap();
    assert_eq!(first.status, 200, "{first:?}");
    let id = first.text("challenge_id").to_owned();
    scene.cool_down().await;
    scene.die(Point::ScriptBegins, &mut process, &alice, Request::retransmit(&id)).await;
    assert_eq!(scene.sent().len(), 1);

    let process = scene.serve().await;
    scene.until_settled().await;

    let sent = scene.sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(sent[0].text, sent[1].text, "a TAN that still works is sent again");
    assert_ne!(sent[0].transmission, sent[1].transmission, "another sending");
    assert_eq!(alice.at(&process).confirm(&id, &scene.tan(&alice.phone)).await.status, 200);
}
