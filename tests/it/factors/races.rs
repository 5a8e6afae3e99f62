//! The same code many times at once, over two instances.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::json;

use super::Still;
use crate::{
    app::{Answer, Client, Customer, TestApp, Wish},
    contract::count,
};

/// Another instance on the same database, in the same time.
async fn beside(app: &Still) -> TestApp {
    TestApp::on(app.database.clone(), Wish { clock: Some(app.clock.clone()), ..Wish::default() }).await
}

/// The same answer, fifty times at once, to these challenges in turn, at both instances in turn.
async fn fifty(customer: &Customer, other: &TestApp, challenges: &[String], answer: &str) -> Vec<Answer> {
    let clients = [customer.client.clone(), other.admin.with_token(&customer.client.token)];
    let body = json!({"tan": answer});
    let confirm = |number: usize| {
        let (client, body): (&Client, _) = (&clients[number % 2], body.clone());
        let path = customer.path(&format!("/tan/challenge/{}/confirm", challenges[number / 2 % challenges.len()]));
        async move { client.post(&path, body).await }
    };
    join_all((0..50).map(confirm)).await
}

fn how_many(answers: &[Answer], error: (u16, u64)) -> usize {
    answers.iter().filter(|answer| answer.error() == error).count()
}

async fn challenges(customer: &Customer, channel: &str, number: usize) -> Vec<String> {
    let mut challenges = Vec::new();
    for _ in 0..number {
        challenges.push(customer.challenge(channel).await.text("challenge_id").to_owned());
    }
    challenges
}

/// Five challenges are asked the same at once: one is solved, and what else was compared was counted, up to the block.
async fn one_of_five_is_solved(app: &Still, customer: &Customer, channel: &str, answer: &str) {
    let other = beside(app).await;
    let five = challenges(customer, channel, 5).await;
    let answers = fifty(customer, &other, &five, answer).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    assert_eq!(how_many(&answers, (410, 10001)), 9, "the rest of those that went to the solved one");
    let (wrong, exhausted) = (how_many(&answers, (409, 5134)), how_many(&answers, (429, 5131)));
    let blocked = how_many(&answers, (429, 10006));
    assert_eq!(wrong + exhausted + blocked, 40, "{answers:?}");
    let counted = "select count(*) from events where kind in ('challenge.wrong', 'challenge.exhausted')";
    assert_eq!(count(app, counted).await, 5, "every comparison was counted, and the fifth blocked");
    assert!((3..=5).contains(&wrong) && blocked > 0, "{wrong} wrong, {blocked} blocked");
    assert_eq!(count(app, "select count(*) from events where kind = 'account.blocked'").await, 1);
    let solved = "select count(*) from challenges where state = 'solved' and token_hash is not null";
    assert_eq!(count(app, solved).await, 1);
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_at_five_challenges_fifty_times_at_once_solves_one() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    one_of_five_is_solved(&app, &alice, "totp", &app.code(&device, 0)).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_recovery_code_at_five_challenges_fifty_times_at_once_solves_one() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let codes = app.codes(&alice, "").await;
    one_of_five_is_solved(&app, &alice, "recovery", &codes[7]).await;
    assert_eq!(alice.client.get("/accounts/alice/tan").await.number("recovery_codes_left"), 9);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_at_one_challenge_fifty_times_at_once_yields_one_token() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let other = beside(&app).await;
    let one = challenges(&alice, "totp", 1).await;
    let answers = fifty(&alice, &other, &one, &app.code(&device, 0)).await;
    let solved = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((solved, how_many(&answers, (410, 10001))), (1, 49), "{answers:?}");
    other.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_code_of_an_app_fifty_times_at_once_puts_it_in_force_once() {
    let app = Still::start().await;
    let alice = app.customer("alice").await;
    let other = beside(&app).await;
    let (challenge, device) = super::set_up(&super::enrol(&alice, &json!({}), "").await);
    let answers = fifty(&alice, &other, &[challenge], &app.code(&device, 0)).await;
    let active = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((active, how_many(&answers, (410, 10001))), (1, 49), "{answers:?}");
    assert_eq!(count(&app, "select count(*) from channels").await, 1);
    other.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_makings_of_codes_with_one_token_make_one_set() {
    let app = Still::start().await;
    let (alice, device) = app.customer_with_app("alice").await;
    let other = beside(&app).await;
    let token = app.token(&alice, &device).await;
    let clients = [alice.client.clone(), other.admin.with_token(&alice.client.token)];
    let turn = AtomicUsize::new(0);
    let make = || {
        let client = &clients[turn.fetch_add(1, Ordering::Relaxed) % 2];
        super::send(client, reqwest::Method::POST, "/accounts/alice/tan/recovery", &token, None)
    };
    let answers = join_all((0..50).map(|_| make())).await;
    let sets = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((sets, how_many(&answers, (403, 10003))), (1, 49), "{answers:?}");
    let codes = super::codes_in(answers.iter().find(|answer| answer.status == 201).unwrap());
    super::proven(&alice, "recovery", &codes[0]).await;
    other.stop().await;
    app.stop().await;
}
