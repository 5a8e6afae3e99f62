//! A holder that died, or seems to (section 6): its lease ends, and what it does then overtakes nobody.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinHandle;

use super::{Bank, Plan, Request, gateway_of};
use crate::{
    app::{Answer, Client, Customer, TestApp},
    bank_core::{Gate, Script},
};

const CASHOUTS: &str = "/accounts/alice/cashouts";
const TRANSFERS: &str = "/accounts/alice/transactions";
const LEASE: Duration = Duration::from_secs(30);

/// Two instances before one core, one of which hangs in an operation.
struct Scene {
    bank: Bank,
    other: TestApp,
    alice: Customer,
    there: Client,
}

impl Scene {
    async fn set() -> Self {
        let bank = Bank::open().await;
        let other = Bank::instance(bank.app.database.clone(), &bank.core, &Plan::default()).await;
        let alice = bank.customer("alice").await;
        let there = Client::new(&format!("http://{}", gateway_of(&other)), &alice.client.token);
        Self { bank, other, alice, there }
    }

    /// Begins it at the first instance; the core has it and does not answer.
    async fn begin(&self, path: &'static str, token: &str, script: Script) -> JoinHandle<Answer> {
        self.bank.core.once("POST", path, script);
        let (client, token) = (self.alice.client.clone(), token.to_owned());
        let first = tokio::spawn(async move { Request::post(path, super::TRANSFER).send(&client, &token).await });
        self.bank.core.until_hit("POST", path, 1).await;
        first
    }

    async fn again(&self, path: &'static str, token: &str) -> Answer {
        Request::post(path, super::TRANSFER).send(&self.there, token).await
    }

    fn advance(&self, by: Duration) {
        self.bank.app.advance(by);
        self.other.advance(by);
    }

    async fn close(self) {
        self.other.stop().await;
        self.bank.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_whose_holder_died_is_not_done_again() {
    let scene = Scene::set().await;
    let approval = scene.bank.token_for(&scene.alice, &Request::post(TRANSFERS, super::TRANSFER)).await;
    let gate = Gate::shut();
    let first = scene.begin(TRANSFERS, &approval.token, Script::done(200).behind(&gate)).await;
    let busy = scene.again(TRANSFERS, &approval.token).await;
    assert_eq!(busy.error(), (409, 10005));
    assert!((1..=30).contains(&busy.retry_after()), "{busy:?}");
    scene.advance(LEASE);

    assert_eq!(scene.again(TRANSFERS, &approval.token).await.error(), (403, 10003));

    gate.open();
    assert_eq!(first.await.unwrap().status, 200, "it was done, and that is passed on");
    assert_eq!(scene.again(TRANSFERS, &approval.token).await.error(), (403, 10003));
    assert_eq!(scene.bank.core.effects("POST", TRANSFERS), 1);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_operation_is_taken_over_with_its_key_when_its_lease_is_over() {
    let scene = Scene::set().await;
    let approval = scene.bank.token_for(&scene.alice, &Request::post(CASHOUTS, super::TRANSFER)).await;
    let gate = Gate::shut();
    let first = scene.begin(CASHOUTS, &approval.token, Script::done(200).behind(&gate)).await;
    scene.advance(LEASE.checked_sub(Duration::from_secs(5)).unwrap());
    assert_eq!(scene.again(CASHOUTS, &approval.token).await.error(), (409, 10005));
    scene.advance(Duration::from_secs(5));

    assert_eq!(scene.again(CASHOUTS, &approval.token).await.status, 200);

    gate.open();
    assert_eq!(first.await.unwrap().status, 200, "what the core said is passed on");
    let seen = scene.bank.core.all("POST", CASHOUTS);
    assert_eq!((seen.len(), seen[0].header("idempotency-key")), (2, seen[1].header("idempotency-key")));
    assert_eq!(scene.bank.core.effects("POST", CASHOUTS), 1);
    assert_eq!(scene.alice.state(&approval.challenge).await, "spent");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_overtaken_releases_nothing() {
    let scene = Scene::set().await;
    let approval = scene.bank.token_for(&scene.alice, &Request::post(CASHOUTS, super::TRANSFER)).await;
    let (slow, slower) = (Gate::shut(), Gate::shut());
    let first = scene.begin(CASHOUTS, &approval.token, Script::refuse(409).behind(&slow)).await;
    scene.advance(LEASE);
    scene.bank.core.once("POST", CASHOUTS, Script::done(200).behind(&slower));
    let (there, token) = (scene.there.clone(), approval.token.clone());
    let second = tokio::spawn(async move { Request::post(CASHOUTS, super::TRANSFER).send(&there, &token).await });
    scene.bank.core.until_hit("POST", CASHOUTS, 2).await;
    slow.open();
    assert_eq!(first.await.unwrap().status, 409);

    let third = scene.again(CASHOUTS, &approval.token).await;

    assert_eq!(third.error(), (409, 10005), "the second one still holds it");
    slower.open();
    assert_eq!(second.await.unwrap().status, 200);
    assert_eq!(scene.again(CASHOUTS, &approval.token).await.error(), (403, 10003));
    assert_eq!((scene.bank.core.hits("POST", CASHOUTS), scene.bank.core.effects("POST", CASHOUTS)), (2, 1));
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_would_take_over_one_does() {
    let scene = Scene::set().await;
    let approval = scene.bank.token_for(&scene.alice, &Request::post(CASHOUTS, super::TRANSFER)).await;
    let gate = Gate::shut();
    let first = scene.begin(CASHOUTS, &approval.token, Script::done(200).behind(&gate)).await;
    scene.advance(LEASE);
    scene.bank.core.once("POST", CASHOUTS, Script::done(200).behind(&gate));
    let mut all = tokio::task::JoinSet::new();
    let clients = [Arc::new(scene.there.clone()), Arc::new(scene.alice.client.clone())];
    for client in clients.iter().cycle().take(50) {
        let (client, token) = (Arc::clone(client), approval.token.clone());
        all.spawn(async move { Request::post(CASHOUTS, super::TRANSFER).send(&client, &token).await });
    }
    let mut refused = 0;
    while refused < 49 {
        assert_eq!(all.join_next().await.unwrap().unwrap().error(), (409, 10005));
        refused += 1;
    }
    gate.open();
    assert_eq!(all.join_next().await.unwrap().unwrap().status, 200);
    first.await.unwrap();
    assert_eq!((scene.bank.core.hits("POST", CASHOUTS), scene.bank.core.effects("POST", CASHOUTS)), (2, 1));
    scene.close().await;
}
