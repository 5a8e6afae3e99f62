//! The service is killed while it writes what came of a try.

use super::{Point, Request, Scene};
use crate::app::{Customer, Process, other_than};

/// A challenge whose TAN was sent; then the service dies while it writes the outcome of a try with `tan`, which is
/// written all the same or lost. The customer at the next process, with the challenge and its TAN.
async fn killed_at_a_try(scene: &Scene, lost: bool, right: bool) -> (Process, Customer, String, String) {
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let asked = Request::challenge().begin(&alice).await.unwrap().unwrap();
    assert_eq!(asked.status, 200, "{asked:?}");
    let (id, tan) = (asked.text("challenge_id").to_owned(), scene.tan(&alice.phone));
    let tried = if right { tan.clone() } else { other_than(&tan) };
    let point = if lost { Point::ClaimLost } else { Point::ClaimWritten };
    scene.die(point, &mut process, &alice, Request::confirm(&id, &tried)).await;
    let process = scene.serve().await;
    let alice = alice.at(&process);
    (process, alice, id, tan)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_written_but_never_told_is_not_issued_again() {
    let scene = Scene::new().await;
    let (_process, alice, id, tan) = killed_at_a_try(&scene, false, true).await;

    assert_eq!(alice.confirm(&id, &tan).await.error(), (410, 10001));

    assert_eq!(scene.challenges("alice", "state = 'solved' and token_hash is not null").await, 1);
    assert_eq!(solved_events(&scene).await, 1);
    assert_eq!(scene.sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_tan_whose_write_was_lost_still_works_and_yields_the_only_token() {
    let scene = Scene::new().await;
    let (_process, alice, id, tan) = killed_at_a_try(&scene, true, true).await;
    assert_eq!(scene.challenges("alice", "token_hash is not null").await, 0);

    assert_eq!(alice.confirm(&id, &tan).await.status, 200);

    assert_eq!(alice.confirm(&id, &tan).await.error(), (410, 10001));
    assert_eq!(scene.challenges("alice", "token_hash is not null").await, 1);
    assert_eq!(solved_events(&scene).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_tan_is_counted_exactly_if_its_write_came_through() {
    for (lost, left) in [(false, 2), (true, 3)] {
        let scene = Scene::new().await;
        let (_process, alice, id, tan) = killed_at_a_try(&scene, lost, false).await;

        let state = alice.client.get(&alice.path(&format!("/tan/challenge/{id}"))).await;
        assert_eq!(state.number("attempts_left"), left, "lost: {lost}");
        let failures = scene.number("select failures::int8 from accounts where username = 'alice'").await;
        assert_eq!(u64::try_from(failures).unwrap(), 3 - left, "the account counts what the challenge counts");
        assert_eq!(alice.confirm(&id, &tan).await.status, 200);
    }
}

async fn solved_events(scene: &Scene) -> i64 {
    scene.number("select count(*) from events where kind = 'challenge.solved'").await
}
