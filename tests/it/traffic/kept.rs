//! What was counted outlives an instance, and a database that was away for a while.

use rustix::process::Signal;
use serde_json::json;
use tanager::service::Failure;

use super::statistics;
use crate::app::{Database, Installation, TestApp, Wish, eventually};

async fn sent(database: &Database) -> i64 {
    let query = "select coalesce(sum(sent), 0)::bigint from traffic";
    database.owner().await.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_ends_leaves_its_counts() {
    let app = TestApp::start().await;
    let database = app.database.clone();
    app.customer_with_sms("alice").await.token(&app).await;
    assert_eq!(sent(&database).await, 0, "no transition writes there");
    app.stop().await;
    assert_eq!(sent(&database).await, 1);
    let next = TestApp::on(database, Wish::default()).await;
    assert_eq!(statistics(&next).await.all.day.solved, 1);
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_writes_its_counts_by_itself_and_when_it_is_told_to_end() {
    let installation = Installation::new().await;
    let mut process = installation.serve().await;
    let alice = installation.customer(&process, "alice", &["sms"]).await;
    let bob = installation.customer(&process, "bob", &["sms"]).await;
    let request = async |customer: &crate::app::Customer| {
        let asked = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
        assert_eq!(asked.status, 200, "{asked:?}");
    };
    request(&alice).await;
    eventually("it is written", async || sent(&installation.database).await == 1).await;
    request(&bob).await;
    process.signal(Signal::TERM);
    assert!(process.ended().await.success(), "{}", process.log());
    assert_eq!(sent(&installation.database).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_written_is_written_later() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    app.customer_with_sms("alice").await.token(&app).await;
    owner.batch_execute("alter table traffic rename to away").await.unwrap();
    assert!(matches!(app.running.service().write_traffic().await, Err(Failure::Unavailable)));
    owner.batch_execute("alter table away rename to traffic").await.unwrap();
    let shown = statistics(&app).await.all.day;
    assert_eq!((shown.sent, shown.solved), (1, 1), "once");
    app.stop().await;
}
