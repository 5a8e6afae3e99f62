//! A confirm whose connection dies: its count is committed or not, and never is there a token without its row.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{Scene, assert_unavailable};
use crate::app::{Answer, Customer, eventually, other_than};

#[tokio::test(flavor = "multi_thread")]
async fn a_confirm_whose_connection_dies_before_its_write_has_done_nothing() {
    let scene = Scene::new().await;
    for tan in [other_than(&scene.tan), scene.tan.clone()] {
        let holder = scene.holding("select from accounts where username = 'alice' for update").await;
        let (client, path) = (scene.alice.client.clone(), scene.alice.path("/tan/challenge/"));
        let confirm = format!("{path}{}/confirm", scene.challenge);
        let before = Instant::now();
        let trying = tokio::spawn(async move { client.post(&confirm, json!({"tan": tan})).await });
        eventually("its write waits for the row", async || scene.waiting().await > 0).await;
        scene.terminate().await;
        drop(holder);

        assert_unavailable("confirm", &trying.await.unwrap(), before);

        assert_eq!(scene.number("select count(*) from challenges where token_hash is not null").await, 0);
        assert_eq!(scene.number("select failures::int8 from accounts where username = 'alice'").await, 0);
        assert_eq!(scene.number("select min(attempts_left)::int8 from challenges").await, 3);
    }
    scene.assert_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirm_that_waits_too_long_for_the_row_has_done_nothing() {
    let scene = Scene::new().await;
    let holder = scene.holding("select from accounts where username = 'alice' for update").await;

    let before = Instant::now();
    let answer = scene.alice.confirm(&scene.challenge, &scene.tan).await;

    assert_unavailable("confirm", &answer, before);
    holder.batch_execute("rollback").await.unwrap();
    assert_eq!(scene.number("select count(*) from challenges where token_hash is not null").await, 0);
    scene.assert_well().await;
}

/// What the customer was told, and what the database says, fit together.
async fn assert_true(scene: &Scene, customer: &Customer, id: &str, tan: &str, told: &Answer) -> bool {
    let row = format!("select count(*) from challenges where challenge_id = '{id}' and ");
    let issued = scene.number(&format!("{row} state = 'solved' and token_hash is not null")).await;
    if told.status == 200 {
        let token = told.text("tan_token");
        let theirs = format!("{row} token_hash = sha256('{token}'::bytea)");
        assert_eq!(scene.number(&theirs).await, 1, "a token without its row");
    } else {
        assert_eq!(told.error(), (503, 10090), "{told:?}");
        assert!(told.retry_after() >= 1);
    }
    let again = customer.confirm(id, tan).await;
    assert_eq!(again.error(), if issued == 1 { (410, 10001) } else { (200, 0) }, "{told:?}, then {again:?}");
    assert_eq!(scene.number(&format!("{row} token_hash is not null")).await, 1);
    told.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn confirms_whose_connections_die_at_any_moment_tell_the_truth() {
    const TRIES: u8 = 20;
    let scene = Scene::new().await;
    let before = Instant::now();
    assert_eq!(scene.alice.confirm(&scene.challenge, &scene.tan).await.status, 200);
    let whole = before.elapsed().max(Duration::from_millis(4));
    let mut told_of_tokens = 0;
    for (customer, n) in scene.customers(TRIES).await.into_iter().zip(1u32..) {
        let ready = async || scene.process.stranger().get("/health/ready").await.status == 200;
        eventually("it has connections again", ready).await;
        let asked = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let (id, tan) = (asked.text("challenge_id"), scene.tan_of(&customer));
        let death = async {
            sleep(whole * n / u32::from(TRIES)).await;
            scene.terminate().await;
        };

        let (told, ()) = tokio::join!(customer.confirm(id, &tan), death);

        eventually("it has connections again", ready).await;
        told_of_tokens += u32::from(assert_true(&scene, &customer, id, &tan, &told).await);
    }
    println!("of {TRIES} confirms of {whole:?} {told_of_tokens} were answered with a token");
}
