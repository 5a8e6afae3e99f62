//! The core said yes, and the database does not take it: the client has the core's answer, and it is written later.

use tokio::time::Instant;

use super::{ANSWERED_WITHIN, Approval, CASHOUT, Scene, TRANSFER, UNHURRIED, Work, at};
use crate::{
    app::{Answer, Customer, Installation, Process, eventually},
    bank_core::Gate,
};
use rustix::process::Signal;
use tokio::task::JoinHandle;

const CONNECTIONS: usize = 2;

/// An installation that gives its database up soon, and has few connections.
pub(super) async fn impatient(statement_timeout: &str) -> Scene {
    let place = Installation::new()
        .await
        .with("TANAGER_DATABASE__POOL_WAIT", "500 ms")
        .with("TANAGER_DATABASE__STATEMENT_TIMEOUT", statement_timeout)
        .with("TANAGER_DATABASE__POOL_SIZE", &CONNECTIONS.to_string())
        .with("TANAGER_DATABASE__CONNECT_TIMEOUT", "1 s");
    Scene::over(place, UNHURRIED).await
}

/// A core that has done it, and whose answer comes when the gate is opened.
struct Answering {
    scene: Scene,
    process: Process,
    alice: Customer,
    work: Work,
    approval: Approval,
    request: JoinHandle<Option<Answer>>,
    gate: Gate,
}

impl Answering {
    async fn of(scene: Scene, work: Work) -> Self {
        let process = scene.serve().await;
        let alice = scene.customer(&process, "alice").await;
        let approval = scene.approve(&alice, work).await;
        let (request, gate) = scene.at_work(&alice, work, &approval).await;
        Self { scene, process, alice, work, approval, request, gate }
    }

    /// The core answers, and the client has its answer in time.
    async fn assert_answered(&mut self) {
        let before = Instant::now();
        self.gate.open();
        let answer = (&mut self.request).await.unwrap().expect("it lives");
        assert_eq!((answer.status.as_u16(), answer.raw.as_str()), (200, r#"{"done":200}"#), "{answer:?}");
        assert!(before.elapsed() < ANSWERED_WITHIN, "after {:?}", before.elapsed());
    }

    async fn assert_unwritten(&self) {
        assert_eq!(self.scene.row(&self.approval).await, ("solved".to_owned(), Some(true)));
    }

    /// It is written in the end, by this process, and nothing more is done.
    async fn assert_written_in_the_end(&self) {
        self.scene.until_spent(&self.approval).await;
        let ready = async || self.process.stranger().get("/health/ready").await.status == 200;
        eventually("it has connections again", ready).await;
        assert_eq!(self.work.send(&self.alice, &self.approval).await.error(), (403, 10003));
        self.assert_done_once().await;
    }

    async fn assert_done_once(&self) {
        assert_eq!(self.scene.done(self.work), (1, 1));
        assert_eq!(self.scene.events("token.spent").await, 1);
        assert_eq!(self.scene.events("token.released").await, 0, "nothing is undone");
        self.scene.assert_trail_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_whose_write_loses_its_connection_is_passed_on_and_written_later() {
    for work in [TRANSFER, CASHOUT] {
        let mut answering = Answering::of(Scene::new().await, work).await;
        let lock = answering.scene.lock("alice").await;
        answering.gate.open();
        answering.scene.until_blocked().await;
        answering.scene.terminate().await;

        answering.assert_answered().await;

        answering.assert_unwritten().await;
        lock.release().await;
        answering.assert_written_in_the_end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_passed_on_while_the_database_is_away_and_written_when_it_is_back() {
    let mut answering = Answering::of(impatient("1 s").await, TRANSFER).await;
    answering.scene.take_away().await;

    answering.assert_answered().await;

    answering.assert_unwritten().await;
    let away = TRANSFER.send(&answering.alice, &answering.approval).await;
    assert_eq!(away.error(), (503, 10090), "{away:?}");
    answering.scene.give_back().await;
    answering.assert_written_in_the_end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_does_not_wait_for_a_database_that_says_nothing() {
    let mut answering = Answering::of(impatient("1 s").await, TRANSFER).await;
    let frozen = answering.scene.freeze_database().await;

    answering.assert_answered().await;

    drop(frozen);
    answering.assert_written_in_the_end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_passed_on_without_a_connection_and_written_when_there_is_one() {
    let scene = impatient("20 s").await;
    let mut answering = Answering::of(scene, TRANSFER).await;
    let mut crowd = Vec::new();
    for n in 0..CONNECTIONS {
        let name = format!("customer-{n}");
        let customer = answering.scene.customer(&answering.process, &name).await;
        crowd.push((customer.client.clone(), customer.path("/tan/challenge/sms")));
    }
    let lock = answering.scene.lock("customer-%").await;
    let asking: Vec<_> = crowd
        .into_iter()
        .map(|(client, path)| tokio::spawn(async move { client.post(&path, serde_json::json!({})).await }))
        .collect();
    let full = async || answering.scene.waiting().await == i64::try_from(CONNECTIONS).unwrap();
    eventually("the pool is empty", full).await;

    answering.assert_answered().await;

    answering.assert_unwritten().await;
    lock.release().await;
    for request in asking {
        let answer = request.await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    answering.assert_written_in_the_end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_waits_to_be_written_is_written_before_a_graceful_end() {
    let mut answering = Answering::of(impatient("1 s").await, TRANSFER).await;
    answering.scene.take_away().await;
    answering.assert_answered().await;
    answering.scene.give_back().await;

    answering.process.signal(Signal::TERM);

    assert_eq!(answering.process.ended().await.code(), Some(0), "{}", answering.process.log());
    assert_eq!(answering.scene.row(&answering.approval).await.0, "spent");
    answering.assert_done_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graceful_end_tries_a_last_time_and_does_not_wait_for_a_database_that_stays_away() {
    for (work, later, done) in [(TRANSFER, (403, 10003), (1, 1)), (CASHOUT, (200, 0), (2, 1))] {
        let mut answering = Answering::of(impatient("1 s").await, work).await;
        answering.scene.take_away().await;
        answering.assert_answered().await;

        let before = Instant::now();
        answering.process.signal(Signal::TERM);
        assert_eq!(answering.process.ended().await.code(), Some(0), "{}", answering.process.log());

        assert!(before.elapsed() < ANSWERED_WITHIN, "after {:?}", before.elapsed());
        assert!(answering.process.log().contains("was not written; its token lapses"), "{}", answering.process.log());
        let Answering { scene, alice, approval, .. } = answering;
        scene.give_back().await;
        let process = scene.serve().await;
        let alice = at(&alice, &process).await;
        super::assert_busy(&work.send(&alice, &approval).await);
        scene.lapse().await;
        assert_eq!(work.send(&alice, &approval).await.error(), later);
        assert_eq!((scene.done(work), scene.keys(work)), (done, 1));
        scene.assert_trail_whole().await;
    }
}
