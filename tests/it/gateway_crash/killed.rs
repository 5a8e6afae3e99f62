//! `kill -9` at each stage of a protected operation, and what the identical request is told afterwards: at once, and when
//! the lease of the dead holder is over.

use super::{Approval, CASHOUT, Scene, TRANSFER, Work, assert_busy, at, gateway_of, jam::Jam};
use crate::{
    app::{Customer, Process},
    bank_core::{Gate, Script, Step},
    wire::Wire,
};

/// Where the service dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// While the reservation's write waits for the row; the write is lost.
    ReservationLost,
    /// The same; it is written all the same.
    ReservationWritten,
    /// While it connects to the bank core.
    Connecting,
    /// While the core is at work, which then does it.
    AtWork,
    /// While the core has done it and not answered.
    Done,
    /// While the write of the core's yes waits for the row; the write is lost.
    SuccessLost,
    /// The same; it is written all the same.
    SuccessWritten,
    /// While the core's answer is on its way to the client.
    Streaming,
}

/// What became of an operation whose service died.
#[derive(Debug, PartialEq, Eq)]
struct Fate {
    /// What the identical request was told at once, and when the lease was over.
    at_once: (u16, u64),
    later: (u16, u64),
    /// How often the core was asked, and how often it did it, in all.
    hits: usize,
    effects: usize,
    standing: &'static str,
}

const FREE: Fate = Fate { at_once: (200, 0), later: (403, 10003), hits: 1, effects: 1, standing: "spent" };
const SPENT: Fate = Fate { at_once: (403, 10003), later: (403, 10003), hits: 1, effects: 1, standing: "spent" };
/// Not known, and not asked for again.
const VOID: Fate = Fate { at_once: (409, 10005), later: (403, 10003), hits: 1, effects: 1, standing: "void" };
/// Not known, and asked for again under the same key.
const REPEATED: Fate = Fate { at_once: (409, 10005), later: (200, 0), hits: 2, effects: 1, standing: "spent" };

/// The service dies at `stage` of `work`, and another is started.
async fn assert_fate(stage: Stage, work: Work, expected: &Fate) {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, work).await;
    if stage == Stage::Connecting {
        scene.die_connecting(process, &alice, work, &approval).await;
    } else {
        scene.die(stage, &mut process, &alice, work, &approval).await;
    }
    scene.until_deserted().await;

    let process = scene.serve().await;
    let alice = at(&alice, &process).await;
    let at_once = work.send(&alice, &approval).await;
    if at_once.status == 409 {
        assert_busy(&at_once);
        assert_eq!(scene.row(&approval).await, ("solved".to_owned(), Some(true)));
    }
    scene.lapse().await;
    let later = work.send(&alice, &approval).await;
    let again = work.send(&alice, &approval).await;

    assert_eq!(again.error(), (403, 10003), "in the end it proves nothing more: {again:?}");
    let (hits, effects) = scene.done(work);
    let standing = scene.standing(&alice, &approval).await;
    let Fate { at_once: told_at_once, later: told_later, standing: stands, .. } = *expected;
    assert_eq!((at_once.error(), later.error()), (told_at_once, told_later), "{at_once:?} {later:?}");
    assert_eq!((hits, effects, standing.as_str()), (expected.hits, expected.effects, stands));
    assert!(hits == 0 || scene.keys(work) == 1, "every try has the same key");
    assert_eq!(scene.events("token.spent").await, i64::from(stands == "spent"));
    assert_eq!(scene.events("token.released").await, 0);
    scene.assert_trail_whole().await;
}

impl Scene {
    /// Sends a request, and kills the service at that stage of it.
    async fn die(&self, stage: Stage, process: &mut Process, alice: &Customer, work: Work, approval: &Approval) {
        match stage {
            Stage::ReservationLost | Stage::ReservationWritten => {
                let lock = self.lock("alice").await;
                let request = work.begin(alice, approval);
                self.until_blocked().await;
                self.die_before(lock, stage == Stage::ReservationLost, process).await;
                assert!(request.await.unwrap().is_none(), "it was killed before it could answer");
                assert_eq!(self.hits(work), 0);
            }
            Stage::AtWork => self.die_at_work(process, alice, work, approval).await,
            Stage::Done => {
                let (request, gate) = self.at_work(alice, work, approval).await;
                process.kill().await;
                gate.open();
                assert!(request.await.unwrap().is_none(), "it was killed before it could answer");
            }
            Stage::SuccessLost | Stage::SuccessWritten => {
                let (request, gate) = self.at_work(alice, work, approval).await;
                let lock = self.lock("alice").await;
                gate.open();
                self.until_blocked().await;
                self.die_before(lock, stage == Stage::SuccessLost, process).await;
                assert!(request.await.unwrap().is_none(), "the core's yes is not told before it is written");
            }
            Stage::Streaming => self.die_streaming(process, alice, work, approval).await,
            Stage::Connecting => unreachable!("another process dies there"),
        }
    }

    /// The core does it when nobody waits for the answer any more.
    async fn die_at_work(&self, process: &mut Process, alice: &Customer, work: Work, approval: &Approval) {
        let gate = Gate::shut();
        let yes = b"HTTP/1.1 204 Done\r\n\r\n".to_vec();
        let script = Script(vec![Step::Read, Step::Await(gate.clone()), Step::Do, Step::Write(yes)]);
        self.core.once(work.method, work.path, script);
        let request = work.begin(alice, approval);
        self.core.until_hit(work.method, work.path, 1).await;
        process.kill().await;
        assert!(request.await.unwrap().is_none(), "it was killed before it could answer");
        assert_eq!(self.done(work), (1, 0));
        gate.open();
        self.core.until("it is done", |core| core.effects(work.method, work.path) == 1).await;
    }

    /// The core's port is full.
    async fn die_connecting(&self, first: Process, alice: &Customer, work: Work, approval: &Approval) {
        drop(first);
        let jam = Jam::set().await;
        self.point_to(&jam.url());
        let mut process = self.serve().await;
        let request = work.begin(&at(alice, &process).await, approval);
        jam.until_tried().await;
        assert_eq!(self.row(approval).await, ("solved".to_owned(), Some(true)), "reserved before it is sent");
        process.kill().await;
        assert!(request.await.unwrap().is_none(), "it was killed before it could answer");
        self.point_to(&self.core.url());
    }

    /// The client has the status line and half of the body.
    async fn die_streaming(&self, process: &mut Process, alice: &Customer, work: Work, approval: &Approval) {
        let half = b"HTTP/1.1 200 Done\r\ncontent-length: 10\r\n\r\nhello".to_vec();
        let script = Script(vec![Step::Read, Step::Do, Step::Write(half), Step::Await(Gate::shut())]);
        self.core.once(work.method, work.path, script);
        let mut wire = Wire::connect(gateway_of(process).await).await;
        let (body, bearer) = (work.body.unwrap(), &alice.client.token);
        wire.send(format!(
            "{} {} HTTP/1.1\r\nhost: bank\r\nauthorization: Bearer {bearer}\r\ntan-token: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            work.method,
            work.path,
            approval.token,
            body.len()
        ))
        .await;
        let (status, _) = wire.reply_head().await.unwrap();
        assert_eq!((status, wire.exactly(5).await.unwrap().as_slice()), (200, &b"hello"[..]));
        assert_eq!(self.row(approval).await.0, "spent", "before the status line reached the client");
        process.kill().await;
        assert!(wire.some(1).await.is_none(), "the answer is cut off");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_is_lost_with_its_service_costs_nothing() {
    assert_fate(Stage::ReservationLost, TRANSFER, &FREE).await;
    assert_fate(Stage::ReservationLost, CASHOUT, &FREE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_is_written_after_its_service_was_killed_lapses() {
    assert_fate(Stage::ReservationWritten, TRANSFER, &Fate { hits: 0, effects: 0, ..VOID }).await;
    assert_fate(Stage::ReservationWritten, CASHOUT, &Fate { hits: 1, ..REPEATED }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_before_it_reached_the_core_leaves_a_token_that_lapses() {
    assert_fate(Stage::Connecting, TRANSFER, &Fate { hits: 0, effects: 0, ..VOID }).await;
    assert_fate(Stage::Connecting, CASHOUT, &Fate { hits: 1, ..REPEATED }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_does_after_the_death_of_its_holder_is_done_once() {
    assert_fate(Stage::AtWork, TRANSFER, &VOID).await;
    assert_fate(Stage::AtWork, CASHOUT, &REPEATED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_had_done_when_its_holder_was_killed_is_done_once() {
    assert_fate(Stage::Done, TRANSFER, &VOID).await;
    assert_fate(Stage::Done, CASHOUT, &REPEATED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_is_lost_with_its_service_leaves_the_outcome_unknown() {
    assert_fate(Stage::SuccessLost, TRANSFER, &VOID).await;
    assert_fate(Stage::SuccessLost, CASHOUT, &REPEATED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_is_written_after_its_service_was_killed_is_the_last_word() {
    assert_fate(Stage::SuccessWritten, TRANSFER, &SPENT).await;
    assert_fate(Stage::SuccessWritten, CASHOUT, &SPENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_spent_before_the_answer_that_the_death_of_its_service_cuts_off() {
    assert_fate(Stage::Streaming, TRANSFER, &SPENT).await;
    assert_fate(Stage::Streaming, CASHOUT, &SPENT).await;
}
