//! What a limit refused stands in the trail, by the limit's name and by how often; and holds that nobody settled.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::{request, wish};
use crate::app::{Database, TestApp, Wish, other_than};

/// The account's events of that kind: their details, in order.
async fn told(database: &Database, username: &str, kind: &str) -> Vec<serde_json::Value> {
    let query = "select e.details::text from events e join accounts a using (account_id) \
                 where a.username = $1 and e.kind = $2 order by e.sequence";
    let rows = database.owner().await.query(query, &[&username, &kind]).await.unwrap();
    rows.iter().map(|row| serde_json::from_str(row.get(0)).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_that_refuses_is_named_at_once_and_its_repeats_are_counted() {
    let app = TestApp::start_with(wish("account_per_hour = 1")).await;
    let alice = app.customer_with_sms("alice").await;
    alice.token(&app).await;

    let refused = join_all((0..25).map(|_| request(&alice))).await;

    assert!(refused.iter().all(|answer| answer.error() == (429, 5131)), "{refused:?}");
    assert_eq!(told(&app.database, "alice", "limit.refused").await, [json!({"limit": "account_per_hour"})]);
    app.running.service().tell_lapses().await.unwrap();
    assert!(told(&app.database, "alice", "limit.repeated").await.is_empty(), "not before an hour is over");
    app.advance(Duration::from_hours(1));
    app.running.service().tell_lapses().await.unwrap();
    let repeated = told(&app.database, "alice", "limit.repeated").await;
    assert_eq!(repeated.len(), 1, "{repeated:?}");
    assert_eq!((&repeated[0]["limit"], &repeated[0]["times"]), (&json!("account_per_hour"), &json!("24")));
    assert_eq!(app.running.service().tell_lapses().await.unwrap(), 0, "it is told once");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_a_limit_refused_is_in_the_metrics() {
    let operators = Wish { server: "operators_listen = \"127.0.0.1:0\"".to_owned(), ..Wish::default() };
    let app = TestApp::start_with(operators).await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = request(&alice).await;
    let (id, wrong) = (challenge.text("challenge_id").to_owned(), other_than(&app.tan_sent_to(&alice.phone)));
    for _ in 0..4 {
        alice.confirm(&id, &wrong).await;
    }
    let url = format!("http://{}/metrics", app.running.operators_address().unwrap());
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    // Every service of this process has one recorder: how many there are may be other tests'.
    assert!(text.contains("tanager_refusals_total{limit=\"attempts_per_tan\"}"), "{text}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_and_an_exhausted_tan_are_named_too_and_count_nothing_else() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = request(&alice).await;
    let (id, wrong) = (challenge.text("challenge_id").to_owned(), other_than(&app.tan_sent_to(&alice.phone)));
    for _ in 0..4 {
        alice.confirm(&id, &wrong).await;
    }
    assert_eq!(told(&app.database, "alice", "limit.refused").await, [json!({"limit": "attempts_per_tan"})]);
    app.advance(Duration::from_mins(1));
    let again = alice.client.post(&alice.path(&format!("/tan/challenge/{id}/retransmit")), json!({})).await;
    assert_eq!(again.status, 200, "{again:?}");
    for _ in 0..2 {
        alice.confirm(&id, &wrong).await;
    }
    let blocked = request(&alice).await;
    assert_eq!(blocked.error(), (429, 10006));
    let named = told(&app.database, "alice", "limit.refused").await;
    assert_eq!(named, [json!({"limit": "attempts_per_tan"}), json!({"limit": "block"})]);
    let owner = app.database.owner().await;
    let row = owner.query_one("select total_failures from accounts where username = 'alice'", &[]).await.unwrap();
    assert_eq!(row.get::<_, i16>(0), 5, "refusals are no failures");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_not_served_is_named_without_the_number() {
    let app = TestApp::start_with(wish("allowed_prefixes = [\"+41\"]")).await;
    let alice = app.customer("alice").await;
    let refused = alice.client.post(&alice.path("/tan/sms"), json!({"address": "+12025550123"})).await;
    assert_eq!(refused.error(), (400, 10008));
    assert_eq!(told(&app.database, "alice", "limit.refused").await, [json!({"limit": "allowed_prefixes"})]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_repeats_of_an_account_that_is_deleted_are_told_with_its_end() {
    let app = TestApp::start_with(wish("account_per_hour = 1")).await;
    let alice = app.customer_with_sms("alice").await;
    alice.token(&app).await;
    for _ in 0..3 {
        request(&alice).await;
    }
    assert_eq!(app.core.delete("/accounts/alice").await.status, 204);
    assert_eq!(told(&app.database, "alice", "limit.repeated").await.len(), 1);
    app.advance(Duration::from_hours(2));
    assert_eq!(app.running.service().tell_lapses().await.unwrap(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_whose_holder_died_is_told_of_once_and_one_that_was_settled_is_not() {
    let app = TestApp::start_with(wish("account_per_hour = 10")).await;
    let alice = app.customer_with_sms("alice").await;
    let operation = json!({"method": "POST", "path": "/pay", "body_sha256": "00".repeat(32)});
    let mut reservations = Vec::new();
    for _ in 0..2 {
        let token = alice.token(&app).await;
        let body = json!({"username": "alice", "tan_token": token, "operation": operation});
        let reserved = app.core.post("/tokens/reserve", body).await;
        assert_eq!(reserved.status, 200, "{reserved:?}");
        reservations.push(reserved.text("reservation_id").to_owned());
    }
    let commit = app.core.post(&format!("/tokens/reservations/{}/commit", reservations[1]), json!({})).await;
    assert_eq!(commit.status, 204);
    app.running.service().tell_lapses().await.unwrap();
    assert!(told(&app.database, "alice", "token.lapsed").await.is_empty(), "its holder is still waited for");

    app.advance(Duration::from_secs(30));
    assert_eq!(app.running.service().tell_lapses().await.unwrap(), 1);
    assert_eq!(app.running.service().tell_lapses().await.unwrap(), 0);

    assert_eq!(told(&app.database, "alice", "token.lapsed").await.len(), 1);
    let late = app.core.post(&format!("/tokens/reservations/{}/commit", reservations[0]), json!({})).await;
    assert_eq!(late.status, 204, "{late:?}: telling settles nothing");
    assert_eq!(told(&app.database, "alice", "token.spent").await.len(), 2);
    app.stop().await;
}
