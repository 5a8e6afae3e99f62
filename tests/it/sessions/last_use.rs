//! When access tokens were last used: noted in memory, written behind the requests.

use std::{collections::BTreeMap, time::Duration};

use rustix::process::Signal;
use serde_json::{Value, json};
use tanager::domain::{id::AccessTokenId, time::Timestamp};
use tokio::time::timeout;

use super::rows;
use crate::{
    app::{Customer, Installation, TestApp, Wish},
    contract::{count, seconds},
};

/// When each of an account's tokens was last used, as far as that is written.
const WRITTEN: &str = "select extract(epoch from last_used_at)::bigint from access_tokens t join accounts a using \
    (account_id) where a.username = 'alice' order by token_id";

async fn written(app: &TestApp) -> Vec<Option<i64>> {
    let rows = app.database.owner().await.query(WRITTEN, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn id_of(alice: &Customer, place: usize) -> AccessTokenId {
    let row = rows(&alice.client, alice).await.remove(place);
    AccessTokenId::parse(row["token_id"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_written_behind_the_requests_and_then_listed() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let unused = app.log_in("alice").await;
    let now = count(&app, "select floor(extract(epoch from clock_timestamp()))::bigint").await.unsigned_abs();
    let before = rows(&alice.client, &alice).await;
    assert!(before.iter().all(|row| row.get("last_used").is_none()), "{before:?}");
    assert_eq!(written(&app).await, [None, None], "no request waits for it");
    app.running.service().write_uses().await.unwrap();
    let after = rows(&alice.client, &alice).await;
    let used = seconds(&after[0]["last_used"]);
    assert!((now..now + 20).contains(&used), "{after:?}");
    assert_eq!(after[1].get("last_used"), None, "the other was not used");
    assert_eq!(unused.get("/accounts/alice").await.status, 200);
    app.running.service().write_uses().await.unwrap();
    assert!(written(&app).await.iter().all(Option::is_some));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_written_yet_is_written_at_the_end() {
    let app = TestApp::start().await;
    let database = app.database.clone();
    let alice = app.customer("alice").await;
    assert_eq!(alice.client.get("/accounts/alice").await.status, 200);
    assert_eq!(written(&app).await, [None]);
    app.stop().await;
    let app = TestApp::on(database, Wish::default()).await;
    assert!(written(&app).await[0].is_some());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_use_hides_no_later_one_and_an_ended_token_comes_not_back() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let other = app.log_in("alice").await;
    let (first, second) = (id_of(&alice, 0).await, id_of(&alice, 1).await);
    let store = app.store(&Wish::default());
    let note = async |id, at| store.note_uses(&BTreeMap::from([(id, Timestamp::from_seconds(at))])).await.unwrap();
    note(first, 2_000_000_000).await;
    note(first, 1_900_000_000).await;
    assert_eq!(written(&app).await[0], Some(2_000_000_000));
    assert_eq!(other.delete("/accounts/alice/token").await.status, 204);
    note(second, 2_000_000_001).await;
    app.running.service().write_uses().await.unwrap();
    assert_eq!(written(&app).await, [Some(2_000_000_000)]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_waits_for_nobody_and_nobody_waits_for_it() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.log_in("alice").await;
    let (first, second) = (id_of(&alice, 0).await, id_of(&alice, 1).await);
    let mut owner = app.database.owner().await;
    let held = owner.transaction().await.unwrap();
    held.execute("select 1 from access_tokens where token_id = $1 for update", &[&first.as_uuid()]).await.unwrap();
    let at = Timestamp::from_seconds(2_000_000_000);
    let (store, uses) = (app.store(&Wish::default()), BTreeMap::from([(first, at), (second, at)]));
    timeout(Duration::from_secs(4), store.note_uses(&uses)).await.expect("it waits for a row").unwrap();
    assert_eq!(alice.client.get("/accounts/alice").await.status, 200, "nor does a request");
    assert_eq!(written(&app).await, [None, Some(2_000_000_000)], "what is held is passed over");
    held.rollback().await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_instances_write_the_same_tokens_at_once() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    for _ in 0..20 {
        app.log_in("alice").await;
    }
    let ids: Vec<AccessTokenId> = rows(&alice.client, &alice)
        .await
        .iter()
        .map(|row| AccessTokenId::parse(row["token_id"].as_str().unwrap()).unwrap())
        .collect();
    let store = app.store(&Wish::default());
    let writing = (0..40).map(|n| {
        let uses = ids.iter().map(|id| (*id, Timestamp::from_seconds(2_000_000_000 + n))).collect();
        let store = store.clone();
        async move { store.note_uses(&uses).await }
    });
    let outcomes = futures_util::future::join_all(writing).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert!(written(&app).await.iter().all(|used| *used >= Some(2_000_000_000)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_when_theirs_were_last_used() {
    let place = Installation::new().await;
    let made = place.run(&["token", "create", "--scope", "admin", "--description", "never"]).await;
    assert!(made.status.success());
    let mut process = place.serve().await;
    assert_eq!(process.admin.post("/accounts", json!({"username": "alice"})).await.status, 201);
    process.signal(Signal::TERM);
    assert_eq!(process.ended().await.code(), Some(0));
    let listed = String::from_utf8(place.run(&["token", "list"]).await.stdout).unwrap();
    let column = |description: &str| -> Value {
        let line = listed.lines().find(|line| line.ends_with(&format!("  {description}"))).unwrap();
        json!(line.split_whitespace().nth(4).unwrap())
    };
    assert_eq!(column("never"), "-", "{listed}");
    let used = column("a test");
    assert!(used.as_str().is_some_and(|used| used.ends_with('Z') && used.contains('T')), "{listed}");
}
