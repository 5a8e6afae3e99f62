//! Every endpoint while the database is away, hangs, or has no connection left.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{CONNECTIONS, Scene, assert_unavailable};
use crate::app::{Answer, eventually};

/// Every endpoint that needs the database.
async fn everything_is_unavailable(scene: &Scene) {
    let (alice, admin) = (&scene.alice.client, &scene.process.admin);
    let challenge = format!("/accounts/alice/tan/challenge/{}", scene.challenge);
    let id = "019a0000-0000-7000-8000-000000000001";
    let address = json!({"address": "+41790000001"});
    let requests: Vec<(&_, Method, String, Value)> = vec![
        (alice, Method::GET, "/accounts/alice".into(), Value::Null),
        (alice, Method::PATCH, "/accounts/alice".into(), json!({"language": "de"})),
        (alice, Method::DELETE, "/accounts/alice".into(), Value::Null),
        (alice, Method::GET, "/accounts/alice/tan".into(), Value::Null),
        (alice, Method::POST, "/accounts/alice/tan/email".into(), json!({})),
        (alice, Method::DELETE, "/accounts/alice/tan/sms".into(), Value::Null),
        (alice, Method::POST, "/accounts/alice/tan/challenge/sms".into(), json!({})),
        (alice, Method::GET, challenge.clone(), Value::Null),
        (alice, Method::POST, format!("{challenge}/retransmit"), json!({})),
        (alice, Method::POST, format!("{challenge}/confirm"), json!({"tan": scene.tan})),
        (alice, Method::DELETE, challenge, Value::Null),
        (alice, Method::POST, "/accounts/alice/token".into(), json!({"scope": "readonly"})),
        (alice, Method::DELETE, "/accounts/alice/token".into(), Value::Null),
        (alice, Method::GET, "/accounts/alice/tokens".into(), Value::Null),
        (alice, Method::DELETE, format!("/accounts/alice/tokens/{id}"), Value::Null),
        (admin, Method::GET, "/accounts".into(), Value::Null),
        (admin, Method::POST, "/accounts".into(), json!({"username": "bob"})),
        (admin, Method::PUT, "/accounts/alice/tan/sms".into(), address),
        (admin, Method::POST, "/accounts/alice/unblock".into(), json!({})),
        (admin, Method::DELETE, "/accounts/alice".into(), Value::Null),
    ];
    let before = Instant::now();
    let answers = join_all(requests.iter().map(async |(client, method, path, body)| {
        let body = (!body.is_null()).then(|| body.to_string());
        client.send(method.clone(), path, &[], body).await
    }));
    for ((_, method, path, _), answer) in requests.iter().zip(answers.await) {
        assert_unavailable(&format!("{method} {path}"), &answer, before);
    }
}

/// What a load balancer asks.
async fn health(scene: &Scene) -> (Answer, Answer) {
    let stranger = scene.process.stranger();
    tokio::join!(stranger.get("/health/live"), stranger.get("/health/ready"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_changes_nothing_and_is_found_again() {
    let scene = Scene::new().await;
    let (messages, contents) = (message_files(&scene), scene.contents().await);
    scene.take_away().await;

    everything_is_unavailable(&scene).await;
    let before = Instant::now();
    let (live, ready) = health(&scene).await;
    assert_eq!(live.status, 200);
    assert_unavailable("ready", &ready, before);
    assert_eq!(scene.process.stranger().get("/config").await.status, 200, "it needs no database");
    let stranger = scene.process.admin.with_token("secret-token:nobody-has-ever-made-this-one-0123456789abcdef");
    assert_unavailable("an unknown token", &stranger.get("/accounts").await, Instant::now());

    scene.give_back().await;
    assert_eq!(scene.contents().await, contents, "nothing was changed");
    assert_eq!(message_files(&scene), messages, "nothing was sent");
    scene.assert_well().await;
}

/// The messages so far, with their times.
fn message_files(scene: &Scene) -> Vec<(std::ffi::OsString, std::time::SystemTime)> {
    let files = std::fs::read_dir(scene.place.path("spool")).unwrap().map(Result::unwrap);
    files.map(|file| (file.file_name(), file.metadata().unwrap().modified().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_is_not_waited_for() {
    let scene = Scene::new().await;
    let contents = scene.contents().await;
    let tables = "accounts, channels, challenges, access_tokens, events, refinery_schema_history";
    let holder = scene.holding(&format!("lock table {tables} in access exclusive mode")).await;

    everything_is_unavailable(&scene).await;
    let before = Instant::now();
    let (live, ready) = health(&scene).await;
    assert_eq!(live.status, 200);
    assert_unavailable("ready", &ready, before);

    eventually("the server gives up what nobody waits for", async || {
        // The worker looks again every second.
        scene.waiting().await <= 1
    })
    .await;
    holder.batch_execute("rollback").await.unwrap();
    assert_eq!(scene.contents().await, contents, "what was given up was not done later");
    scene.assert_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_every_connection_taken_others_are_told_so_soon_and_those_who_have_one_go_on() {
    let scene = Scene::with_statement_timeout("20 s").await;
    let customers = scene.customers(CONNECTIONS).await;
    let holder = scene.holding("select from accounts where username like 'customer-%' for update").await;
    let slow: Vec<_> = customers
        .iter()
        .map(|customer| {
            let (client, path) = (customer.client.clone(), customer.path("/tan/challenge/sms"));
            tokio::spawn(async move { client.post(&path, json!({})).await })
        })
        .collect();
    eventually("the pool is empty", async || scene.waiting().await == i64::from(CONNECTIONS)).await;
    let contents = scene.contents().await;

    everything_is_unavailable(&scene).await;
    let (live, ready) = health(&scene).await;
    assert_eq!((live.status.as_u16(), ready.error()), (200, (503, 10090)));
    assert_eq!(scene.contents().await, contents, "nothing was changed");

    holder.batch_execute("rollback").await.unwrap();
    for request in slow {
        let answer = request.await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    scene.assert_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_hot_account_does_not_empty_the_pool() {
    let scene = Scene::with_statement_timeout("20 s").await;
    let hot = scene.customers(1).await.remove(0);
    let holder = scene.holding("select from accounts where username = 'customer-0' for update").await;
    let crowd: Vec<_> = (0..20)
        .map(|_| {
            let (client, path) = (hot.client.clone(), hot.path("/tan/challenge/sms"));
            tokio::spawn(async move { client.post(&path, json!({})).await })
        })
        .collect();
    eventually("one of them waits in the database", async || scene.waiting().await > 0).await;

    let confirmed = scene.alice.confirm(&scene.challenge, &scene.tan).await;

    assert_eq!(confirmed.status, 200, "others are served: {confirmed:?}");
    assert_eq!(scene.waiting().await, 1, "the rest of the crowd waits without a connection");
    holder.batch_execute("rollback").await.unwrap();
    let answers: Vec<_> = join_all(crowd).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer.error(), (200, 0) | (429, 5131) | (503, 10090))));
}
