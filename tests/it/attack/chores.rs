//! One account that cannot be written holds up no other.

use std::time::Duration;

use serde_json::json;

use super::wish;
use crate::app::{Database, TestApp};

async fn count(database: &Database, username: &str, kind: &str) -> i64 {
    let query =
        "select count(*) from events e join accounts a using (account_id) where a.username = $1 and e.kind = $2";
    database.owner().await.query_one(query, &[&username, &kind]).await.unwrap().get(0)
}

/// What a database that was restored, or someone who bends rows, may leave.
async fn bend(database: &Database, username: &str) {
    let bend = "update accounts set event_at = event_at + interval '1 year' where username = $1";
    database.owner().await.execute(bend, &[&username]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_cannot_be_told_of_keeps_no_other_from_the_trail() {
    let app = TestApp::start_with(wish("account_per_hour = 1")).await;
    for username in ["alice", "bob"] {
        let customer = app.customer_with_sms(username).await;
        let token = customer.token(&app).await;
        let operation = json!({"method": "POST", "path": "/pay", "body_sha256": "00".repeat(32)});
        let body = json!({"username": username, "tan_token": token, "operation": operation});
        assert_eq!(app.core.post("/tokens/reserve", body).await.status, 200);
        for _ in 0..2 {
            let refused = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
            assert_eq!(refused.status, 429, "{refused:?}");
        }
    }
    bend(&app.database, "alice").await;
    app.advance(Duration::from_mins(1));

    let _told = app.running.service().tell_lapses().await;
    assert_eq!(count(&app.database, "bob", "token.lapsed").await, 1);
    app.advance(Duration::from_hours(1));
    let _told = app.running.service().tell_lapses().await;
    assert_eq!(count(&app.database, "bob", "limit.repeated").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_is_never_closed_without_a_word_in_the_trail() {
    let limits = "prefix_floor = 30\nprefix_minimum = 10";
    let app = TestApp::start_with(wish(limits)).await;
    let now = app.store(&wish(limits)).now().await.unwrap().as_seconds();
    let ring = "insert into traffic (bucket, channel, prefix, sent, young_sent) \
                values (to_timestamp(($1::bigint - 1200) / 300 * 300), 'sms', '+882131', 50, 50)";
    let owner = app.database.owner().await;
    owner.execute(ring, &[&now]).await.unwrap();
    bend(&app.database, ".").await;
    assert!(app.running.service().judge_prefixes().await.is_err(), "the trail cannot be told");
    let closed: i64 = owner.query_one("select count(*) from prefixes", &[]).await.unwrap().get(0);
    assert_eq!(closed, 0);
    let mend = "update accounts set event_at = event_at - interval '1 year' where username = '.'";
    owner.execute(mend, &[]).await.unwrap();

    app.running.service().judge_prefixes().await.unwrap();

    let closed: i64 = owner.query_one("select count(*) from prefixes", &[]).await.unwrap().get(0);
    assert_eq!((closed, count(&app.database, ".", "prefix.closed").await), (1, 1));
    app.running.service().judge_prefixes().await.unwrap();
    assert_eq!(count(&app.database, ".", "prefix.closed").await, 1, "once");
    app.stop().await;
}
