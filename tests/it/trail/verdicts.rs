//! `GET /audit/verify`: the same verdict as the command's, one at a time, and never a false one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tanager::service::Verdict;

use super::listing::lively;
use crate::app::{TestApp, Wish, eventually, other_than};

#[tokio::test(flavor = "multi_thread")]
async fn operators_are_told_whether_the_trail_is_whole_and_where_it_is_not() {
    let app = lively().await;
    for path in ["/audit/verify", "/audit/verify?account=alice", "/audit/verify?account=."] {
        let whole = app.admin.get(path).await;
        assert_eq!((whole.status.as_u16(), &whole.body), (200, &json!({"whole": true})), "{path}");
    }
    assert_eq!(app.admin.get("/audit/verify?account=nobody").await.error(), (404, 5106));
    assert_eq!(app.admin.get("/audit/verify?account=a%2Fb").await.error(), (400, 26));

    let bend = "delete from events where sequence = 4 and account_id = (select account_id from accounts where username = 'bob')";
    app.database.owner().await.batch_execute(bend).await.unwrap();
    let expected = json!({"whole": false, "broken_at": {"account": "bob", "sequence": 4, "trouble": "it is missing"}});
    assert_eq!(app.admin.get("/audit/verify").await.body, expected);
    assert_eq!(app.admin.get("/audit/verify?account=bob").await.body, expected);
    assert_eq!(app.admin.get("/audit/verify?account=alice").await.body, json!({"whole": true}));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_row_is_gone_is_named_by_its_id() {
    let app = lively().await;
    let owner = app.database.owner().await;
    let id: uuid::Uuid =
        owner.query_one("select account_id from accounts where username = 'alice'", &[]).await.unwrap().get(0);
    owner.batch_execute("delete from accounts where username = 'alice'").await.unwrap();
    let verdict = app.admin.get("/audit/verify").await;
    assert_eq!(verdict.body["broken_at"]["account"], json!(id.to_string()), "{verdict:?}");
    assert_eq!(verdict.body["broken_at"]["trouble"], json!("its account is gone"));
    app.stop().await;
}

/// While one verification of everything is held up in the database, a second one is told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn the_whole_trail_is_verified_for_one_at_a_time() {
    let app = Arc::new(lively().await);
    let mut owner = app.database.owner().await;
    let held = owner.transaction().await.unwrap();
    held.batch_execute("lock table events in access exclusive mode").await.unwrap();
    let first = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.admin.get("/audit/verify").await }
    });
    let outside = app.database.outside().await;
    let waiting = "select count(*) from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'";
    eventually("the first waits in the database", async || {
        outside.query_one(waiting, &[&app.database.name]).await.unwrap().get::<_, i64>(0) > 0
    })
    .await;
    let second = app.admin.get("/audit/verify").await;
    assert_eq!((second.error(), second.retry_after()), ((503, 10090), 60), "{second:?}");
    held.rollback().await.unwrap();
    let verdict = first.await.unwrap();
    assert_eq!(verdict.body, json!({"whole": true}), "{verdict:?}");
    assert_eq!(app.admin.get("/audit/verify").await.status, 200, "the place is free again");
    Arc::into_inner(app).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_accounts_chain_is_verified_for_everyone_who_asks() {
    let app = lively().await;
    let of_accounts = (0..50).map(|_| app.admin.get("/audit/verify?account=alice"));
    for answer in futures_util::future::join_all(of_accounts).await {
        assert_eq!(answer.body, json!({"whole": true}), "{answer:?}");
    }
    app.stop().await;
}

/// Customers act on many accounts as fast as they can, new ones come and old ones go, and checkpoints are written: no verdict
/// may be but whole.
#[tokio::test(flavor = "multi_thread")]
async fn no_verdict_is_false_while_customers_act() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("checkpoints.jsonl");
    let more = format!("[audit]\ncheckpoint_file = \"{}\"\n", file.display());
    let app = Arc::new(TestApp::start_with(Wish { more, ..Wish::default() }).await);
    let stop = Arc::new(AtomicBool::new(false));
    let actors: Vec<_> = (0..4)
        .map(|number| {
            let (app, stop) = (Arc::clone(&app), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut lives = 0;
                while !stop.load(Ordering::SeqCst) {
                    let customer = app.customer_with_sms(&format!("customer-{number}-{lives}")).await;
                    let asked = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
                    let tan = app.tan_sent_to(&customer.phone);
                    let _ = customer.confirm(asked.text("challenge_id"), &other_than(&tan)).await;
                    assert_eq!(customer.confirm(asked.text("challenge_id"), &tan).await.status, 200);
                    if lives % 2 == 0 {
                        assert_eq!(app.core.delete(&customer.path("")).await.status, 204);
                    }
                    lives += 1;
                }
                lives
            })
        })
        .collect();
    let service = app.running.service().clone();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let mut rounds = 0;
    while tokio::time::Instant::now() < deadline {
        service.checkpoint_trail(tanager::service::Beginning::Continue).await.unwrap();
        let verdict = service.verify_trail(None).await.unwrap();
        assert!(matches!(verdict, Verdict::Whole { torn: false, .. }), "round {rounds}: {verdict:?}");
        rounds += 1;
    }
    stop.store(true, Ordering::SeqCst);
    let mut lives = 0;
    for actor in actors {
        lives += actor.await.unwrap();
    }
    assert!(lives > 8 && rounds > 8, "{lives} lives, {rounds} rounds");
    Arc::into_inner(app).unwrap().stop().await;
}
