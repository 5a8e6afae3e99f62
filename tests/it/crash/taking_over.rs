//! What becomes of a dead holder's sending, whoever finds it.

use super::{Point, Request, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn of_several_instances_exactly_one_takes_over() {
    let scene = Scene::new().await;
    let mut first = scene.serve().await;
    let alice = scene.customer(&first, "alice").await;
    let (one, other) = tokio::join!(scene.serve(), scene.serve());
    scene.arm("kill-last");
    assert!(Request::challenge().begin(&alice).await.unwrap().is_none());
    first.killed().await;

    scene.until_settled_in_time().await;

    let sent = scene.sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(sent[0], sent[1]);
    let taken = scene.number("select count(*) from events where kind = 'transmission.taken_over'").await;
    assert_eq!(taken, 1, "one of\n{}\nand\n{}", one.log(), other.log());
    let id = scene.challenge_id("alice", "token").await;
    let (here, there) = (alice.at(&one), alice.at(&other));
    assert_eq!(here.confirm(&id, &scene.tan(&alice.phone)).await.status, 200);
    assert_eq!(there.confirm(&id, &scene.tan(&alice.phone)).await.error(), (410, 10001));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_was_aborted_while_its_holder_was_dead_is_not_sent_again() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    scene.die(Point::ScriptEnds, &mut process, &alice, Request::challenge()).await;
    let process = scene.serve().await;
    let alice = alice.at(&process);
    let id = scene.challenge_id("alice", "token").await;
    assert_eq!(alice.client.delete(&alice.path(&format!("/tan/challenge/{id}"))).await.status, 204);

    scene.until_settled().await;

    assert_eq!(scene.sent().len(), 1);
    assert_eq!(alice.confirm(&id, &scene.tan(&alice.phone)).await.error(), (409, 5144));
    assert_eq!(scene.challenges("alice", "token_hash is not null").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tan_that_was_confirmed_while_its_holder_was_dead_is_not_sent_again() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    scene.die(Point::ScriptEnds, &mut process, &alice, Request::challenge()).await;
    let process = scene.serve().await;
    let id = scene.challenge_id("alice", "token").await;

    assert_eq!(alice.at(&process).confirm(&id, &scene.tan(&alice.phone)).await.status, 200);

    scene.until_settled().await;
    let taken = scene.number("select count(*) from events where kind = 'transmission.taken_over'").await;
    assert_eq!((scene.sent().len(), taken), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_dies_at_a_take_over_is_taken_over_itself() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    scene.die(Point::ScriptBegins, &mut process, &alice, Request::challenge()).await;
    scene.arm("kill-first");
    scene.lapse().await;
    scene.serve().await.killed().await;

    let process = scene.serve().await;
    scene.until_settled().await;

    assert_eq!(scene.sent().len(), 1);
    let id = scene.challenge_id("alice", "token").await;
    assert_eq!(alice.at(&process).confirm(&id, &scene.tan(&alice.phone)).await.status, 200);
}
