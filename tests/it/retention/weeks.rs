//! Whole weeks of challenges go at once, where that makes nobody wait.

use super::{number, old_challenges, sweep};
use crate::app::TestApp;

const PARTITIONS: &str = "select count(*) from pg_inherits where inhparent = 'challenges'::regclass";

/// An app with the partitions of five weeks that are over, and 100 closed challenges in each of four.
async fn with_old_weeks() -> (TestApp, tokio_postgres::Client) {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    let prepared = "select tanager_prepare_partitions(now() - interval '56 days', 5)";
    assert_eq!(owner.query_one(prepared, &[]).await.unwrap().get::<_, i32>(0), 5);
    for age in ["55 days", "48 days", "41 days", "34 days"] {
        old_challenges(&owner, 100, age, "").await;
    }
    assert_eq!(number(&owner, "select count(*) from challenges_rest").await, 0);
    (app, owner)
}

#[tokio::test(flavor = "multi_thread")]
async fn weeks_that_are_closed_are_dropped_and_the_rest_never() {
    let (app, owner) = with_old_weeks().await;
    old_challenges(&owner, 10, "90 days", "").await;
    let before = number(&owner, PARTITIONS).await;

    let swept = sweep(app.running.service()).await;

    assert_eq!((swept.partitions, swept.challenges), (5, 410));
    assert_eq!(number(&owner, PARTITIONS).await, before - 5);
    assert_eq!(number(&owner, "select count(*) from challenges").await, 0);
    let rest = "select count(*) from pg_class where relname = 'challenges_rest'";
    assert_eq!(number(&owner, rest).await, 1);
    app.customer_with_sms("alice").await.token(&app).await;
    app.running.service().prepare_partitions().await.unwrap();
    assert_eq!(number(&owner, PARTITIONS).await, before - 5, "what comes is there already");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_in_which_something_lives_stays_without_what_is_closed() {
    let (app, owner) = with_old_weeks().await;
    let alive = "update challenges set ends_at = now() + interval '1 min' where challenge_id = (select min(challenge_id::text)::uuid from challenges)";
    owner.batch_execute(alive).await.unwrap();

    let swept = sweep(app.running.service()).await;

    assert_eq!((swept.partitions, swept.challenges), (4, 399));
    assert_eq!(number(&owner, "select count(*) from challenges").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_somebody_reads_an_old_week_it_stays_and_no_customer_waits() {
    let (app, owner) = with_old_weeks().await;
    let alice = app.customer_with_sms("alice").await;
    let mut reader = app.database.owner().await;
    let reading = reader.transaction().await.unwrap();
    reading.query("select count(*) from challenges", &[]).await.unwrap();

    let (swept, token) = tokio::join!(sweep(app.running.service()), alice.token(&app));

    assert!(token.starts_with("tan_"));
    assert_eq!((swept.partitions, swept.challenges), (0, 400), "row by row then");
    reading.rollback().await.unwrap();
    assert_eq!(sweep(app.running.service()).await.partitions, 5, "the next sweep does it");
    assert_eq!(number(&owner, "select count(*) from challenges").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_week_goes_that_reaches_into_what_is_kept() {
    let (app, owner) = with_old_weeks().await;
    let drop = "select tanager_drop_partition(now() - interval '3650 days', now())";
    assert_eq!(owner.query_one(drop, &[]).await.unwrap().get::<_, Option<i64>>(0), None);
    let part = "select tanager_drop_partition(now() - interval '34 days', now())";
    let mut dropped = 0;
    while owner.query_one(part, &[]).await.unwrap().get::<_, Option<i64>>(0).is_some() {
        dropped += 1;
    }
    assert!((3..=4).contains(&dropped), "{dropped}");
    assert!(number(&owner, "select count(*) from challenges").await >= 100, "the week of that day is not over");
    app.stop().await;
}
