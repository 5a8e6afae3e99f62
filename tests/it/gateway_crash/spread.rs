//! The service is killed again and again, at moments spread over the whole of a protected operation.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Approval, CASHOUT, Scene, TRANSFER, Work, at};
use crate::app::{Answer, Customer};

const ROUNDS: u32 = 16;

/// What the core had been asked, and had done, before a round.
fn since(scene: &Scene, work: Work, before: (usize, usize)) -> (usize, usize) {
    let (hits, effects) = scene.done(work);
    (hits - before.0, effects - before.1)
}

/// The identical request after the death, at once and when the lease is over: what was told, the first answer among it.
async fn told(
    scene: &Scene,
    work: Work,
    alice: &Customer,
    approval: &Approval,
    first: Option<Answer>,
) -> Vec<(u16, u64)> {
    let mut told: Vec<_> = first.iter().map(Answer::error).collect();
    told.push(work.send(alice, approval).await.error());
    scene.lapse().await;
    told.push(work.send(alice, approval).await.error());
    assert_eq!(work.send(alice, approval).await.error(), (403, 10003), "after {told:?}");
    told
}

/// At most once, and what was told is true; whether it was told that it is done.
async fn assert_transfer(
    scene: &Scene,
    approval: &Approval,
    told: &[(u16, u64)],
    (hits, effects): (usize, usize),
) -> bool {
    let (state, _) = scene.row(approval).await;
    let successes = told.iter().filter(|told| **told == (200, 0)).count();
    assert!(hits <= 1 && successes <= 1, "{told:?}: asked {hits} times");
    assert!(told.iter().all(|told| [(200, 0), (409, 10005), (403, 10003)].contains(told)), "{told:?}");
    assert!(successes == 0 || state == "spent", "{told:?}: {state}");
    assert!(state != "spent" || effects == 1, "{told:?}: spent for nothing");
    successes == 1
}

/// Exactly once in the end.
async fn assert_cashout(scene: &Scene, approval: &Approval, told: &[(u16, u64)], (hits, effects): (usize, usize)) {
    assert_eq!((scene.row(approval).await.0.as_str(), effects), ("spent", 1), "{told:?}: asked {hits} times");
    assert!(hits <= 2, "{told:?}: asked {hits} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_deaths_move_no_money_twice() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let mut alice = scene.customer(&process, "alice").await;
    let (mut whole, mut done) = (Duration::MAX, 0);
    for _ in 0..3 {
        let approval = scene.approve(&alice, TRANSFER).await;
        let before = Instant::now();
        assert_eq!(TRANSFER.send(&alice, &approval).await.status, 200);
        whole = whole.min(before.elapsed());
    }
    for round in 1..=ROUNDS {
        let (paid, cashed) = (scene.approve(&alice, TRANSFER).await, scene.approve(&alice, CASHOUT).await);
        let before = (scene.done(TRANSFER), scene.done(CASHOUT));
        let (transfer, cashout) = (TRANSFER.begin(&alice, &paid), CASHOUT.begin(&alice, &cashed));
        sleep(whole * 3 * round / ROUNDS).await;
        process.kill().await;
        scene.until_deserted().await;
        process = scene.serve().await;
        alice = at(&alice, &process).await;

        let told_of = (
            told(&scene, TRANSFER, &alice, &paid, transfer.await.unwrap()).await,
            told(&scene, CASHOUT, &alice, &cashed, cashout.await.unwrap()).await,
        );

        let transferred = assert_transfer(&scene, &paid, &told_of.0, since(&scene, TRANSFER, before.0)).await;
        assert_cashout(&scene, &cashed, &told_of.1, since(&scene, CASHOUT, before.1)).await;
        done += u32::from(transferred);
    }
    println!("{whole:?} a transfer; of {ROUNDS} that met a death {done} were told to be done");
    scene.assert_trail_whole().await;
}
