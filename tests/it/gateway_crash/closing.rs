//! An operation that closes the account (`closes_account`): the core's yes, the spent token and the account's end are one
//! transition.

use super::{Approval, CLOSE, CLOSURE, Scene, UNHURRIED, Work, assert_busy, at, settling::impatient};
use crate::app::{Customer, Installation, Process, eventually};

impl Scene {
    /// Whether the account is deleted here.
    async fn is_closed(&self) -> bool {
        self.number("select count(*) from accounts where username = 'alice' and deleted_at is not null").await == 1
    }

    async fn version(&self) -> i64 {
        self.number("select version::int8 from accounts where username = 'alice'").await
    }

    /// The core has closed the account, and its yes is lost with the service; or written after its death.
    async fn die_closing(&self, work: Work, lost: bool) -> (Customer, Approval) {
        let mut process = self.serve().await;
        let alice = self.customer(&process, "alice").await;
        let approval = self.approve(&alice, work).await;
        let (request, gate) = self.at_work(&alice, work, &approval).await;
        let lock = self.lock("alice").await;
        gate.open();
        self.until_blocked().await;
        self.die_before(lock, lost, &mut process).await;
        assert!(request.await.unwrap().is_none());
        (alice, approval)
    }
}

/// Nobody is known here any more.
async fn assert_gone(scene: &Scene, process: &Process, alice: &Customer, work: Work, approval: &Approval) {
    let refused = work.send(alice, approval).await;
    assert_eq!(refused.error(), (401, 40), "{refused:?}");
    assert_eq!(alice.client.get("/accounts/alice/tan").await.error(), (401, 40));
    assert_eq!(process.admin.get("/accounts/alice").await.error(), (404, 5106));
    assert_eq!(scene.number("select count(*) from access_tokens").await, 1, "the operator's alone");
    assert_eq!(scene.row(approval).await.0, "spent");
    assert_eq!(scene.core.effects(work.method, work.path), 1);
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_ends_with_the_transition_that_spends_its_token() {
    let scene = Scene::over(Installation::new().await, UNHURRIED).await;
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, CLOSE).await;
    let (request, gate) = scene.at_work(&alice, CLOSE, &approval).await;
    let held = scene.version().await;
    assert!(!scene.is_closed().await, "not before the core has said yes");

    gate.open();

    assert_eq!(request.await.unwrap().unwrap().status, 200);
    assert_eq!((scene.version().await, scene.is_closed().await), (held + 1, true));
    assert_gone(&scene, &process, &alice, CLOSE, &approval).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_is_written_after_the_death_of_its_service_ends_the_account() {
    let scene = Scene::new().await;
    let (alice, approval) = scene.die_closing(CLOSE, false).await;
    let process = scene.serve().await;
    assert!(scene.is_closed().await);
    assert_gone(&scene, &process, &at(&alice, &process).await, CLOSE, &approval).await;
}

/// Nobody here knows that the core said yes: this side is deleted by an operator, or by the bank core's own DELETE.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_closing_was_lost_lives_on_here_without_a_token_until_an_operator_deletes_it() {
    let scene = Scene::new().await;
    let (alice, approval) = scene.die_closing(CLOSE, true).await;
    let process = scene.serve().await;
    let alice = at(&alice, &process).await;
    assert_busy(&CLOSE.send(&alice, &approval).await);
    scene.lapse().await;

    assert_eq!(CLOSE.send(&alice, &approval).await.error(), (403, 10003));
    assert_eq!((scene.is_closed().await, scene.standing(&alice, &approval).await.as_str()), (false, "void"));
    assert_eq!(scene.done(CLOSE), (1, 1));

    assert_eq!(process.admin.delete("/accounts/alice").await.status, 204);
    assert!(scene.is_closed().await);
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_closing_that_was_lost_is_repeated_and_ends_the_account() {
    let scene = Scene::new().await;
    let (alice, approval) = scene.die_closing(CLOSURE, true).await;
    let process = scene.serve().await;
    let alice = at(&alice, &process).await;
    assert_busy(&CLOSURE.send(&alice, &approval).await);
    assert!(!scene.is_closed().await);
    scene.lapse().await;

    assert_eq!(CLOSURE.send(&alice, &approval).await.status, 200);

    assert!(scene.is_closed().await);
    assert_eq!((scene.done(CLOSURE), scene.keys(CLOSURE)), ((2, 1), 1));
    assert_gone(&scene, &process, &alice, CLOSURE, &approval).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_closed_here_when_the_database_is_back() {
    let scene = impatient("1 s").await;
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, CLOSE).await;
    let (request, gate) = scene.at_work(&alice, CLOSE, &approval).await;
    scene.take_away().await;
    gate.open();
    assert_eq!(request.await.unwrap().unwrap().status, 200, "the core's word is passed on");
    assert!(!scene.is_closed().await);

    scene.give_back().await;

    eventually("it is closed", async || scene.is_closed().await).await;
    let ready = async || process.stranger().get("/health/ready").await.status == 200;
    eventually("it has connections again", ready).await;
    assert_gone(&scene, &process, &alice, CLOSE, &approval).await;
}
