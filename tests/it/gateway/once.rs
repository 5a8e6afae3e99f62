//! One token, many at once (section 6): one goes through, over however many instances.

use std::{collections::BTreeMap, sync::Arc};

use tokio::task::JoinSet;

use super::{Bank, Plan, Request, TRANSFER, gateway_of, transfer};
use crate::{
    app::{Answer, Client, Customer},
    bank_core::{Gate, Script},
};

const PATH: &str = "/accounts/alice/transactions";

fn at(customer: &Customer, client: Client) -> Arc<Customer> {
    let (username, phone, email) = (customer.username.clone(), customer.phone.clone(), customer.email.clone());
    Arc::new(Customer { username, phone, email, client })
}

/// So many transfers at once with one token, in turn by these clients.
fn at_once(customers: &[Arc<Customer>], token: &str, count: usize) -> JoinSet<Answer> {
    let mut all = JoinSet::new();
    for customer in customers.iter().cycle().take(count) {
        let (customer, token) = (Arc::clone(customer), token.to_owned());
        all.spawn(async move { transfer(&customer, &token).await });
    }
    all
}

fn tally(answers: &[Answer]) -> BTreeMap<(u16, u64), usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer.error()).or_default() += 1;
    }
    tally
}

fn assert_once(answers: &[Answer]) {
    let tally = tally(answers);
    assert_eq!(tally.get(&(200, 0)), Some(&1), "{tally:?}");
    assert!(tally.keys().all(|error| [(200, 0), (409, 10005), (403, 10003)].contains(error)), "{tally:?}");
    for busy in answers.iter().filter(|answer| answer.status == 409) {
        assert!(busy.retry_after() > 0, "{busy:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_at_once_one_goes_through() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let answers = at_once(&[at(&alice, alice.client.clone())], &approval.token, 200).join_all().await;
    assert_once(&answers);
    assert_eq!((bank.transfers(&alice), bank.core.effects("POST", PATH)), (1, 1));
    assert_eq!(alice.state(&approval.challenge).await, "spent");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_core_works_all_others_are_told_that_the_token_is_in_use() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let gate = Gate::shut();
    bank.core.on("POST", PATH, Script::done(200).behind(&gate));
    let customer = at(&alice, alice.client.clone());
    let mut all = at_once(&[customer], &approval.token, 50);
    let mut answers = Vec::new();
    while answers.len() < 49 {
        answers.push(all.join_next().await.unwrap().unwrap());
    }
    assert_eq!(tally(&answers), BTreeMap::from([((409, 10005), 49)]));
    gate.open();
    assert_eq!(all.join_next().await.unwrap().unwrap().status, 200);
    assert_eq!((bank.transfers(&alice), bank.core.effects("POST", PATH)), (1, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_two_instances_one_goes_through() {
    let bank = Bank::open().await;
    let other = Bank::instance(bank.app.database.clone(), &bank.core, &Plan::default()).await;
    let alice = bank.customer("alice").await;
    let there = Client::new(&format!("http://{}", gateway_of(&other)), &alice.client.token);
    let customers = [at(&alice, alice.client.clone()), at(&alice, there)];
    for round in 1..=3 {
        let approval = bank.transfer_token(&alice).await;
        assert_once(&at_once(&customers, &approval.token, 100).join_all().await);
        assert_eq!((bank.transfers(&alice), bank.core.effects("POST", PATH)), (round, round));
    }
    other.stop().await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unbound_token_belongs_to_the_operation_that_holds_it() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.unbound(&alice, "sms").await;
    let gate = Gate::shut();
    bank.core.once("PATCH", "/accounts/alice", Script::refuse(422).behind(&gate));
    let (client, token) = (alice.client.clone(), approval.token.clone());
    let first =
        tokio::spawn(async move { Request::new("PATCH", "/accounts/alice", Some("{}")).send(&client, &token).await });
    bank.core.until_hit("PATCH", "/accounts/alice", 1).await;
    for other in [
        Request::new("PATCH", "/accounts/alice", Some("[]")),
        Request::post("/accounts/alice/contacts", "{}"),
        Request::new("PUT", "/accounts/alice/plan", Some("{}")),
    ] {
        assert_eq!(other.send(&alice.client, &approval.token).await.error(), (409, 10005), "{}", other.path);
    }
    gate.open();
    assert_eq!(first.await.unwrap().status, 422);
    assert_eq!(alice.state(&approval.challenge).await, "solved", "nothing was voided");
    let contact = Request::post("/accounts/alice/contacts", "{}").send(&alice.client, &approval.token).await;
    assert_eq!((contact.status.as_u16(), bank.core.seen().len()), (200, 2), "{contact:?}");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_in_use_is_void_for_another_operation_and_done_for_its_own() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let gate = Gate::shut();
    bank.core.once("POST", PATH, Script::done(200).behind(&gate));
    let (customer, token) = (at(&alice, alice.client.clone()), approval.token.clone());
    let first = tokio::spawn(async move { transfer(&customer, &token).await });
    bank.core.until_hit("POST", PATH, 1).await;
    let other = TRANSFER.replace("120", "999");
    let refused = Request::post(PATH, &other).send(&alice.client, &approval.token).await;
    assert!([(409, 10005), (403, 10004)].contains(&refused.error()), "{refused:?}");
    gate.open();
    assert_eq!(first.await.unwrap().status, 200, "what is done is passed on");
    assert_eq!(transfer(&alice, &approval.token).await.error(), (403, 10003));
    assert_eq!((bank.transfers(&alice), bank.core.effects("POST", PATH)), (1, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tokens_of_one_account_do_not_stand_in_each_other_s_way() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let mut all = JoinSet::new();
    for _ in 0..5 {
        let approval = bank.transfer_token(&alice).await;
        let customer = at(&alice, alice.client.clone());
        all.spawn(async move { transfer(&customer, &approval.token).await.status.as_u16() });
    }
    assert_eq!(all.join_all().await, [200; 5]);
    assert_eq!(bank.core.effects("POST", PATH), 5);
    bank.close().await;
}
