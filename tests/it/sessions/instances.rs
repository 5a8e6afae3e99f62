//! A step-up stands in the database: every instance knows it at once, and no restart forgets it.

use futures_util::future::join_all;
use serde_json::json;

use super::{api_token, mfa, step_up, stepped_up};
use crate::{
    app::{Client, Customer, Installation, TestApp, Wish, eventually, tan_in},
    bank_core::BankCore,
    contract::count,
    gateway::{Bank, Plan, Request, gateway_of},
};

async fn beside(app: &TestApp) -> TestApp {
    TestApp::on(app.database.clone(), Wish { clock: Some(app.clock.clone()), ..Wish::default() }).await
}

fn at(customer: &Customer, app: &TestApp) -> Client {
    app.admin.with_token(&customer.client.token)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_step_ups_with_one_token_at_once_one_succeeds_over_all_instances() {
    let one = TestApp::start().await;
    let other = beside(&one).await;
    let alice = one.customer_with_sms("alice").await;
    let sessions = join_all((0..10).map(|_| one.log_in("alice"))).await;
    let token = alice.token(&one).await;
    let at_once = sessions.iter().enumerate().map(|(n, session)| {
        let client = if n % 2 == 0 { session.clone() } else { other.admin.with_token(&session.token) };
        let (alice, token) = (&alice, &token);
        async move { step_up(&client, alice, token).await.error() }
    });
    let told = join_all(at_once).await;
    assert_eq!(told.iter().filter(|told| **told == (200, 0)).count(), 1, "{told:?}");
    assert!(told.iter().all(|told| [(200, 0), (403, 10003)].contains(told)), "{told:?}");
    let up = mfa(&alice.client, &alice).await.into_iter().filter(|mfa| *mfa == json!(true));
    assert_eq!(up.count(), 1);
    assert_eq!(count(&one, "select count(*) from events where kind = 'session.stepped_up'").await, 1);
    other.stop().await;
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_and_its_end_are_known_at_once_at_every_gateway() {
    let bank = Bank::open().await;
    let beside = Bank::instance(bank.app.database.clone(), &bank.core, &Plan::default()).await;
    let alice = bank.customer("alice").await;
    let there = Client::new(&format!("http://{}", gateway_of(&beside)), &alice.client.token);
    let contact = Request::post("/accounts/alice/contacts", "{}");
    assert_eq!(contact.send(&there, "").await.error(), (403, 10002), "the session is remembered there");
    stepped_up(&bank.app, &alice).await;
    assert_eq!(contact.send(&there, "").await.status, 200);
    assert_eq!(bank.app.admin.put("/accounts/alice/tan/sms", json!({"address": "+41791112233"})).await.status, 204);
    assert_eq!(contact.send(&there, "").await.error(), (403, 10002));
    beside.stop().await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_no_step_up_and_prolongs_none() {
    let app = TestApp::start().await;
    let (database, clock) = (app.database.clone(), app.clock.clone());
    let alice = app.customer_with_sms("alice").await;
    let until = stepped_up(&app, &alice).await.body["mfa_expiration"].clone();
    app.stop().await;
    let app = TestApp::on(database, Wish { clock: Some(clock), ..Wish::default() }).await;
    let row = super::rows(&at(&alice, &app), &alice).await.remove(0);
    assert_eq!((&row["mfa"], &row["mfa_expiration"]), (&json!(true), &until));
    app.stop().await;
}

/// The token is paid and the session stepped up by one statement: there is nothing between for a crash to leave.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_answered_is_stepped_up_though_the_process_is_killed_at_that_moment() {
    let place = Installation::new().await;
    std::fs::create_dir_all(place.path("spool")).unwrap();
    let mut process = place.serve().await;
    let mut alice = place.customer(&process, "alice", &["sms"]).await;
    let asked = alice.challenge("sms").await;
    let message = std::fs::read_to_string(place.path(&format!("spool/sms-{}.txt", alice.phone))).unwrap();
    let solved = alice.confirm(asked.text("challenge_id"), &tan_in(&message)).await;
    let answer = step_up(&alice.client, &alice, solved.text("tan_token")).await;
    process.kill().await;
    assert_eq!(answer.status, 200, "{answer:?}");

    let process = place.serve().await;
    alice.client = process.stranger().with_token(&alice.client.token);
    assert_eq!(mfa(&alice.client, &alice).await, [json!(true)]);
    assert_eq!(alice.state(asked.text("challenge_id")).await, "spent");
    assert_eq!(step_up(&alice.client, &alice, solved.text("tan_token")).await.error(), (403, 10003));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_api_token_begins_nothing_anywhere_and_is_forgotten_elsewhere_within_seconds() {
    let (core, plan) = (BankCore::open().await, Plan::default());
    let one = Bank::instance(crate::app::Database::fresh().await, &core, &plan).await;
    let other = Bank::instance(one.database.clone(), &core, &plan).await;
    let alice = one.customer_with_sms("alice").await;
    let made = api_token(&one, &alice, json!({"scope": "readwrite", "operations": ["contact"]})).await;
    let client_of = |app: &TestApp| Client::new(&format!("http://{}", gateway_of(app)), made.text("access_token"));
    let (here, there) = (client_of(&one), client_of(&other));
    let contact = Request::post("/accounts/alice/contacts", "{}");
    for client in [&here, &there] {
        assert_eq!(contact.send(client, "").await.status, 200);
    }
    let path = format!("/accounts/alice/tokens/{}", made.text("token_id"));
    assert_eq!(there.get("/accounts/alice/tan").await.status, 200, "it is remembered there");
    assert_eq!(alice.client.delete(&path).await.status, 204);
    for client in [&here, &there] {
        assert_eq!(contact.send(client, "").await.error(), (401, 40));
    }
    assert_eq!(core.effects("POST", "/accounts/alice/contacts"), 2);
    let began = tokio::time::Instant::now();
    let look = async || there.get("/accounts/alice/tan").await.error() == (401, 40);
    eventually("it is refused there", look).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "a look-up is remembered for 3 s");
    other.stop().await;
    one.stop().await;
}
