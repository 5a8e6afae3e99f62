//! Two instances on one database before one core: what one leaves when it dies, the other finds.

use futures_util::future::join_all;

use super::{CASHOUT, Scene, TRANSFER, Times, at};
use crate::app::Installation;

/// Long enough for a busy machine to ask within it, and short enough to be waited for.
const SOON: Times = Times { lease: "6 s", timeout: "5 s" };

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_ends_by_the_clock_at_the_other_instance_too() {
    let scene = Scene::over(Installation::new().await, SOON).await;
    let (mut one, other) = (scene.serve().await, scene.serve().await);
    let alice = scene.customer(&one, "alice").await;
    let there = at(&alice, &other).await;
    let (paid, cashed) = (scene.approve(&alice, TRANSFER).await, scene.approve(&alice, CASHOUT).await);
    let (transfer, gate) = scene.at_work(&alice, TRANSFER, &paid).await;
    let (cashout, _gate) = scene.at_work(&alice, CASHOUT, &cashed).await;
    one.kill().await;
    gate.open();
    assert!(transfer.await.unwrap().is_none() && cashout.await.unwrap().is_none());

    let early = [TRANSFER.send(&there, &paid).await, CASHOUT.send(&there, &cashed).await];
    for answer in &early {
        assert_eq!(answer.error(), (409, 10005), "{answer:?}");
        assert!((1..=6).contains(&answer.retry_after()), "{answer:?}");
    }
    scene.until_lapsed().await;

    assert_eq!(TRANSFER.send(&there, &paid).await.error(), (403, 10003));
    assert_eq!(scene.standing(&there, &paid).await, "void");
    let repeated = CASHOUT.send(&there, &cashed).await;
    assert_eq!(repeated.status, 200, "{repeated:?}");
    assert_eq!((scene.done(TRANSFER), scene.done(CASHOUT), scene.keys(CASHOUT)), ((1, 1), (2, 1), 1));
    assert_eq!(scene.row(&cashed).await.0, "spent");
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_who_would_follow_a_dead_holder_one_does() {
    let scene = Scene::new().await;
    let mut dead = scene.serve().await;
    let alice = scene.customer(&dead, "alice").await;
    let approval = scene.approve(&alice, CASHOUT).await;
    let (request, gate) = scene.at_work(&alice, CASHOUT, &approval).await;
    dead.kill().await;
    assert!(request.await.unwrap().is_none());
    gate.open();
    let (one, other) = (scene.serve().await, scene.serve().await);
    let clients = [at(&alice, &one).await, at(&alice, &other).await];
    scene.lapse().await;

    let answers = join_all(clients.iter().cycle().take(20).map(|client| CASHOUT.send(client, &approval))).await;

    let told: Vec<_> = answers.iter().map(crate::app::Answer::error).collect();
    assert_eq!(told.iter().filter(|told| **told == (200, 0)).count(), 1, "{told:?}");
    assert!(told.iter().all(|told| [(200, 0), (409, 10005), (403, 10003)].contains(told)), "{told:?}");
    assert_eq!((scene.done(CASHOUT), scene.keys(CASHOUT)), ((2, 1), 1));
    assert_eq!((scene.row(&approval).await.0.as_str(), scene.events("token.spent").await), ("spent", 1));
    scene.assert_trail_whole().await;
}
