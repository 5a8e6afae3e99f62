//! An instance that stood still (a stopped process, a machine that swaps) beyond its lease, and then goes on as if nothing
//! had happened: it overtakes nobody.

use std::fs;

use rustix::process::Signal;

use super::{Approval, CASHOUT, Scene, TRANSFER, Times, Work, assert_busy, at};
use crate::app::{Answer, Customer, Installation, Process, eventually};

/// What an instance says that finds another in its place.
const OVERTAKEN: &str = "its outcome was left";

/// Two instances, of which the first is about to stand still.
struct Pair {
    scene: Scene,
    slow: Process,
    _other: Process,
    alice: Customer,
    /// The same customer at the other instance.
    there: Customer,
}

impl Pair {
    async fn new() -> Self {
        Self::of(Scene::new().await).await
    }

    async fn of(scene: Scene) -> Self {
        let (slow, other) = (scene.serve().await, scene.serve().await);
        let alice = scene.customer(&slow, "alice").await;
        let there = at(&alice, &other).await;
        Self { scene, slow, _other: other, alice, there }
    }

    /// Stops the first instance, and waits until each of its threads stands still.
    async fn stop(&self) {
        self.slow.signal(Signal::STOP);
        let threads = format!("/proc/{}/task", self.slow.pid());
        let stands = |thread: std::io::Result<fs::DirEntry>| {
            let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
            status.lines().any(|line| line.starts_with("State:\tT"))
        };
        eventually("it stands still", async || fs::read_dir(&threads).unwrap().all(stands)).await;
    }

    fn go_on(&self) {
        self.slow.signal(Signal::CONT);
    }

    async fn until_overtaken(&self) {
        eventually("it finds another in its place", async || self.slow.log().contains(OVERTAKEN)).await;
    }

    /// The first instance stands still while its reservation is written, and its lease runs out: what the other was told
    /// then, and what the first says when it goes on.
    async fn reserved_too_long_ago(&self, work: Work, approval: &Approval) -> (Answer, Answer) {
        let lock = self.scene.lock("alice").await;
        let request = work.begin(&self.alice, approval);
        self.scene.until_blocked().await;
        self.stop().await;
        lock.release().await;
        eventually("it is reserved", async || self.scene.row(approval).await.1.is_some()).await;
        self.scene.until_lapsed().await;
        let told = work.send(&self.there, approval).await;
        self.go_on();
        (told, request.await.unwrap().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_work_was_taken_over_and_done_changes_nothing_when_it_goes_on() {
    let pair = Pair::new().await;
    let (scene, approval) = (&pair.scene, pair.scene.approve(&pair.alice, CASHOUT).await);
    let (first, gate) = scene.at_work(&pair.alice, CASHOUT, &approval).await;
    pair.stop().await;
    scene.lapse().await;
    assert_eq!(CASHOUT.send(&pair.there, &approval).await.status, 200);
    let (holder, spent) = (scene.holder(&approval).await, scene.row(&approval).await);

    gate.open();
    pair.go_on();

    assert_eq!(first.await.unwrap().unwrap().status, 200, "what the core said is passed on");
    pair.until_overtaken().await;
    assert_eq!((scene.holder(&approval).await, scene.row(&approval).await.0), (holder, spent.0));
    assert_eq!(scene.events("token.spent").await, 1);
    assert_eq!((scene.done(CASHOUT), scene.keys(CASHOUT)), ((2, 1), 1));
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_write_of_one_that_was_taken_over_does_not_end_the_work_of_its_follower() {
    let pair = Pair::new().await;
    let (scene, approval) = (&pair.scene, pair.scene.approve(&pair.alice, CASHOUT).await);
    let (first, gate) = scene.at_work(&pair.alice, CASHOUT, &approval).await;
    let lock = scene.lock("alice").await;
    gate.open();
    scene.until_blocked().await;
    pair.stop().await;
    scene.terminate_blocked().await;
    lock.release().await;
    scene.lapse().await;
    let (second, gate) = scene.at_work(&pair.there, CASHOUT, &approval).await;
    let holder = scene.holder(&approval).await;

    pair.go_on();

    pair.until_overtaken().await;
    assert_eq!(first.await.unwrap().unwrap().status, 200, "what the core said is passed on");
    assert_eq!(scene.row(&approval).await, ("solved".to_owned(), Some(true)), "the second one still holds it");
    assert_busy(&CASHOUT.send(&pair.alice, &approval).await);
    gate.open();
    assert_eq!(second.await.unwrap().unwrap().status, 200);
    assert_eq!((scene.row(&approval).await.0, scene.holder(&approval).await), ("spent".to_owned(), holder));
    assert_eq!((scene.done(CASHOUT), scene.keys(CASHOUT), scene.events("token.spent").await), ((2, 1), 1, 1));
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_may_follow_settles_late_what_was_not_known() {
    let pair = Pair::new().await;
    let (scene, approval) = (&pair.scene, pair.scene.approve(&pair.alice, TRANSFER).await);
    let (first, gate) = scene.at_work(&pair.alice, TRANSFER, &approval).await;
    pair.stop().await;
    assert_busy(&TRANSFER.send(&pair.there, &approval).await);
    scene.lapse().await;
    assert_eq!(TRANSFER.send(&pair.there, &approval).await.error(), (403, 10003));
    assert_eq!(scene.standing(&pair.there, &approval).await, "void");

    gate.open();
    pair.go_on();

    assert_eq!(first.await.unwrap().unwrap().status, 200);
    assert_eq!(scene.standing(&pair.there, &approval).await, "spent");
    assert_eq!(TRANSFER.send(&pair.there, &approval).await.error(), (403, 10003));
    assert_eq!((scene.done(TRANSFER), scene.events("token.spent").await), ((1, 1), 1));
    scene.assert_trail_whole().await;
}

/// Short, and the real clock's: what stood still has to see by its own clock that its lease is over.
const SHORT: Times = Times { lease: "2 s", timeout: "1 s" };

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_not_sent_once_its_lease_is_over() {
    let pair = Pair::of(Scene::over(Installation::new().await, SHORT).await).await;
    let (scene, approval) = (&pair.scene, pair.scene.approve(&pair.alice, TRANSFER).await);

    let (told, late) = pair.reserved_too_long_ago(TRANSFER, &approval).await;

    assert_eq!(told.error(), (403, 10003), "for all that the other knows it was sent");
    assert_eq!(late.error(), (502, 10091), "{late:?}");
    assert_eq!(scene.hits(TRANSFER), 0, "the customer was told that it is over");
    assert_eq!(scene.row(&approval).await, ("solved".to_owned(), None), "nothing was sent, so it is released");
    assert_eq!(TRANSFER.send(&pair.there, &approval).await.status, 200);
    assert_eq!((scene.done(TRANSFER), scene.events("token.spent").await), ((1, 1), 1));
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_operation_that_was_taken_over_is_not_sent_once_its_lease_is_over() {
    let pair = Pair::of(Scene::over(Installation::new().await, SHORT).await).await;
    let (scene, approval) = (&pair.scene, pair.scene.approve(&pair.alice, CASHOUT).await);

    let (told, late) = pair.reserved_too_long_ago(CASHOUT, &approval).await;

    assert_eq!(told.status, 200, "{told:?}");
    assert_eq!(late.error(), (502, 10091), "{late:?}");
    assert_eq!((scene.done(CASHOUT), scene.row(&approval).await.0.as_str()), ((1, 1), "spent"));
    assert_eq!((scene.events("token.spent").await, scene.events("token.released").await), (1, 0));
    scene.assert_trail_whole().await;
}
