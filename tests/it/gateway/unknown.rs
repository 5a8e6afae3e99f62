//! Where it is not known whether it was done (section 6): never done twice, and tried again only where the core can tell.

use std::time::Duration;

use super::{Bank, Plan, Request, transfer};
use crate::{
    app::Customer,
    bank_core::{Script, Step},
};

const PATH: &str = "/accounts/alice/transactions";
const CASHOUTS: &str = "/accounts/alice/cashouts";
const LEASE: Duration = Duration::from_secs(30);

/// The core does it, and says that it is not well; or says so before.
fn troubled(status: u16) -> [Script; 2] {
    [Script::done(status), Script::refuse(status)]
}

/// Ends without a complete answer.
fn broken_off() -> Vec<Script> {
    let half_a_line = Step::Write(b"HTTP/1.1 20".to_vec());
    vec![
        Script(vec![Step::HangUp]),
        Script(vec![Step::Read, Step::HangUp]),
        Script(vec![Step::Read, Step::Do, Step::HangUp]),
        Script(vec![Step::Read, Step::Do, half_a_line, Step::HangUp]),
        Script(vec![Step::Read, Step::Do, Step::Write(b"HTTP/1.1 103 Early\r\n\r\n".to_vec()), Step::HangUp]),
    ]
}

fn cashout() -> Request<'static> {
    Request::post(CASHOUTS, r#"{"amount":"EUR:5"}"#)
}

fn keys(bank: &Bank) -> Vec<String> {
    bank.core.all("POST", CASHOUTS).iter().map(|seen| seen.header("idempotency-key").unwrap()).collect()
}

async fn assert_void(bank: &Bank, alice: &Customer, token: &str, challenge: &str, case: &str) {
    let hits = bank.transfers(alice);
    assert_eq!(alice.state(challenge).await, "void", "{case}");
    assert_eq!(transfer(alice, token).await.error(), (403, 10003), "{case}");
    assert_eq!(bank.transfers(alice), hits, "{case}: the core is not asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_leaves_it_open_voids_the_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for status in [408, 425, 429, 500, 501, 502, 503, 504, 507, 599] {
        for script in troubled(status) {
            let approval = bank.transfer_token(&alice).await;
            bank.core.once("POST", PATH, script);
            let answer = transfer(&alice, &approval.token).await;
            assert_eq!(answer.status.as_u16(), status, "passed on as it is: {answer:?}");
            assert!(answer.body.get("done").or(answer.body.get("refused")).is_some(), "{answer:?}");
            assert_void(&bank, &alice, &approval.token, &approval.challenge, &status.to_string()).await;
        }
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_up_before_the_status_line_voids_the_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for (number, script) in broken_off().into_iter().enumerate() {
        let approval = bank.transfer_token(&alice).await;
        let before = bank.transfers(&alice);
        bank.core.once("POST", PATH, script);
        assert_eq!(transfer(&alice, &approval.token).await.error(), (502, 10091), "{number}");
        assert_eq!(bank.transfers(&alice), before + 1, "{number}: it is not asked twice");
        assert_void(&bank, &alice, &approval.token, &approval.challenge, &number.to_string()).await;
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_dropped_once_it_was_made_voids_the_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    bank.core.slam(1000);
    assert_eq!(transfer(&alice, &approval.token).await.error(), (502, 10091));
    assert_void(&bank, &alice, &approval.token, &approval.challenge, "slammed").await;
    assert_eq!(bank.transfers(&alice), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_in_time_voids_the_token() {
    let bank = Bank::with(Plan::lines("upstream_timeout = \"1 s\"")).await;
    let alice = bank.customer("alice").await;
    for script in [Script(vec![Step::Hold]), Script(vec![Step::Read, Step::Do, Step::Hold])] {
        let approval = bank.transfer_token(&alice).await;
        bank.core.once("POST", PATH, script);
        assert_eq!(transfer(&alice, &approval.token).await.error(), (502, 10091));
        assert_void(&bank, &alice, &approval.token, &approval.challenge, "too late").await;
    }
    assert_eq!(bank.transfers(&alice), 2);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_operation_is_tried_again_at_once_after_a_complete_answer_with_the_same_key() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for status in [408, 425, 429, 500, 503] {
        for script in troubled(status) {
            let approval = bank.token_for(&alice, &cashout()).await;
            let (hits, done) = (keys(&bank).len(), bank.core.effects("POST", CASHOUTS));
            bank.core.once("POST", CASHOUTS, script);
            assert_eq!(cashout().send(&alice.client, &approval.token).await.status, status);

            let again = cashout().send(&alice.client, &approval.token).await;

            assert_eq!(again.status, 200, "{status}: {again:?}");
            assert_eq!(alice.state(&approval.challenge).await, "spent", "{status}");
            let keys = keys(&bank).split_off(hits);
            assert_eq!((keys.len(), &keys[0]), (2, &keys[1]), "{status}: the core can tell that it is a repeat");
            assert_eq!(bank.core.effects("POST", CASHOUTS), done + 1, "{status}: once");
            assert_eq!(cashout().send(&alice.client, &approval.token).await.error(), (403, 10003));
        }
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_operation_that_broke_off_waits_for_the_end_of_its_lease() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for (number, script) in broken_off().into_iter().enumerate() {
        let approval = bank.token_for(&alice, &cashout()).await;
        let (hits, done) = (keys(&bank).len(), bank.core.effects("POST", CASHOUTS));
        bank.core.once("POST", CASHOUTS, script);
        assert_eq!(cashout().send(&alice.client, &approval.token).await.error(), (502, 10091), "{number}");
        let early = cashout().send(&alice.client, &approval.token).await;
        assert_eq!(early.error(), (409, 10005), "{number}");
        assert!((1..=30).contains(&early.retry_after()), "{number}: {early:?}");
        assert_eq!(keys(&bank).len(), hits + 1, "{number}");
        bank.app.advance(LEASE);

        assert_eq!(cashout().send(&alice.client, &approval.token).await.status, 200, "{number}");

        let keys = keys(&bank).split_off(hits);
        assert_eq!((keys.len(), &keys[0]), (2, &keys[1]), "{number}");
        assert_eq!(bank.core.effects("POST", CASHOUTS), done + 1, "{number}: once");
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_that_is_refused_says_nothing_of_the_first_try_and_keeps_its_key() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.token_for(&alice, &cashout()).await;
    // The core may refuse a repeat because the first is still at work: under another key it could be done twice.
    for script in [Script::refuse(503), Script::refuse(409), Script::done(500)] {
        bank.core.once("POST", CASHOUTS, script);
        cashout().send(&alice.client, &approval.token).await;
    }
    assert_eq!(cashout().send(&alice.client, &approval.token).await.status, 200);
    let keys = keys(&bank);
    assert!(keys.len() == 4 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(bank.core.effects("POST", CASHOUTS), 1);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_try_is_open_a_refusal_begins_a_new_key() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.token_for(&alice, &cashout()).await;
    for script in [Script::refuse(409), Script::refuse(503)] {
        bank.core.once("POST", CASHOUTS, script);
        cashout().send(&alice.client, &approval.token).await;
    }
    assert_eq!(cashout().send(&alice.client, &approval.token).await.status, 200);
    let keys = keys(&bank);
    assert_eq!((keys.len(), &keys[1]), (3, &keys[2]));
    assert_ne!(keys[0], keys[1]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_operation_that_took_too_long_waits_for_the_end_of_its_lease() {
    let bank = Bank::with(Plan::lines("upstream_timeout = \"1 s\"")).await;
    let alice = bank.customer("alice").await;
    let approval = bank.token_for(&alice, &cashout()).await;
    bank.core.once("POST", CASHOUTS, Script(vec![Step::Read, Step::Do, Step::Hold]));
    assert_eq!(cashout().send(&alice.client, &approval.token).await.error(), (502, 10091));
    assert_eq!(cashout().send(&alice.client, &approval.token).await.error(), (409, 10005));
    bank.app.advance(LEASE);
    assert_eq!(cashout().send(&alice.client, &approval.token).await.status, 200);
    let keys = keys(&bank);
    assert_eq!((keys.len(), &keys[0], bank.core.effects("POST", CASHOUTS)), (2, &keys[1], 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_again_is_the_same_operation_and_no_other() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let plan = Request::new("PUT", "/accounts/alice/plan", Some("{}"));
    let other_plan = Request::new("PUT", "/accounts/alice/plan", Some("[]"));
    let approval = bank.unbound(&alice, "sms").await;
    bank.core.once("PUT", "/accounts/alice/plan", Script::done(500));
    assert_eq!(plan.send(&alice.client, &approval.token).await.status, 500);
    for other in [Request::new("PATCH", "/accounts/alice", Some("{}")), other_plan] {
        let refused = other.send(&alice.client, &approval.token).await;
        assert!(refused.status.is_client_error(), "{refused:?}");
    }
    assert_eq!(bank.core.lines().len(), 1, "{:?}", bank.core.lines());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ran_out_is_not_tried_again() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.token_for(&alice, &cashout()).await;
    bank.core.once("POST", CASHOUTS, Script::done(500));
    assert_eq!(cashout().send(&alice.client, &approval.token).await.status, 500);
    bank.app.advance(Duration::from_mins(10));
    assert_eq!(cashout().send(&alice.client, &approval.token).await.error(), (403, 10003));
    assert_eq!(keys(&bank).len(), 1);
    bank.close().await;
}
