//! Who was overtaken decides again under the row's lock, and about what is true then.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tanager::{
    chance::SystemChance,
    domain::{
        account::Account,
        event::{Event, EventKind},
        rules::attempt::AttemptOutcome,
        secret::AccessSecret,
        time::Timestamp,
    },
    storage::datastore::{Author, Wanted},
};
use tokio_postgres::Client;

use super::scene::{Scene, candidate, meanwhile};
use crate::app::{TestApp, other_than};

const LOCK: &str = "select account_id from accounts where username = 'alice' for update";

/// Until so many connections of this database wait for a lock.
async fn until_waiting(owner: &Client, count: i64) {
    let query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let deadline = Instant::now() + Duration::from_secs(30);
    while owner.query_one(query, &[]).await.unwrap().get::<_, i64>(0) < count {
        assert!(Instant::now() < deadline, "{count} do not wait");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What is left of the open challenge's tries, and how many the account counts.
async fn counts(owner: &Client, scene: &Scene) -> (i16, i16) {
    let query = "select c.attempts_left, a.failures from challenges c join accounts a using (account_id) \
                 where c.challenge_id = $1";
    let row = owner.query_one(query, &[&scene.open.0.as_uuid()]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn events_of(owner: &Client, kind: &str) -> i64 {
    owner.query_one("select count(*) from events where kind = $1", &[&kind]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_tan_that_stalls_behind_anothers_lock_counts_once_and_tells_the_true_count() {
    let scene = Scene::set().await;
    let (holder, owner) = (scene.app.database.owner().await, scene.app.database.owner().await);
    let (id, wrong) = (scene.open.0.to_string(), other_than(&scene.open.1));

    // Between the other's lock and its load this try is decided and sent; the other then changes nothing.
    holder.batch_execute(&format!("begin; {LOCK}")).await.unwrap();
    let release = async {
        until_waiting(&owner, 1).await;
        holder.batch_execute("commit").await.unwrap();
    };
    let (answer, ()) = tokio::join!(scene.alice.confirm(&id, &wrong), release);
    assert_eq!((answer.error(), answer.number("attempts_left")), ((409, 5134), 2));
    assert_eq!(counts(&owner, &scene).await, (2, 1));

    // The other counts a wrong try of its own before it lets go.
    let counted = "update accounts set version = version + 1, failures = failures + 1 where username = 'alice'; \
                   update challenges set attempts_left = attempts_left - 1 where state = 'open' and kind = 'token'";
    holder.batch_execute(&format!("begin; {LOCK}; {counted}")).await.unwrap();
    let release = async {
        until_waiting(&owner, 1).await;
        holder.batch_execute("commit").await.unwrap();
    };
    let (answer, ()) = tokio::join!(scene.alice.confirm(&id, &wrong), release);
    assert_eq!(answer.error(), (429, 5131), "the last of three: {answer:?}");
    assert_eq!(counts(&owner, &scene).await, (0, 3));
    assert_eq!(events_of(&owner, "challenge.wrong").await, 1);
    assert_eq!(events_of(&owner, "challenge.exhausted").await, 1);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_that_read_the_same_count_do_not_share_an_attempt() {
    let scene = Scene::set().await;
    let second = TestApp::on(scene.app.database.clone(), crate::app::Wish::default()).await;
    let there = second.admin.with_token(&scene.alice.client.token);
    let (holder, owner) = (scene.app.database.owner().await, scene.app.database.owner().await);
    let (id, wrong) = (scene.open.0.to_string(), other_than(&scene.open.1));
    let path = scene.alice.path(&format!("/tan/challenge/{id}/confirm"));

    holder.batch_execute(&format!("begin; {LOCK}")).await.unwrap();
    let release = async {
        until_waiting(&owner, 2).await;
        holder.batch_execute("commit").await.unwrap();
    };
    let body = serde_json::json!({"tan": wrong});
    let (one, other, ()) = tokio::join!(scene.alice.confirm(&id, &wrong), there.post(&path, body), release);

    let mut left = [one.number("attempts_left"), other.number("attempts_left")];
    left.sort_unstable();
    assert_eq!((left, one.code(), other.code()), ([1, 2], 5134, 5134), "{one:?} {other:?}");
    assert_eq!(counts(&owner, &scene).await, (1, 2));
    second.stop().await;
    scene.app.stop().await;
}

/// No queue of a process stands between them: each is an instance of its own, all have read the same version, and the
/// second tries queue at the row.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_that_read_the_same_version_all_get_their_true_answer_at_once() {
    const AT_ONCE: usize = 100;
    let scene = Scene::set().await;
    let (holder, owner) = (scene.app.database.owner().await, scene.app.database.owner().await);
    let instances: Vec<_> = (0..AT_ONCE).map(|_| scene.instance()).collect();
    let wrong = candidate(&other_than(&scene.open.1));

    holder.batch_execute(&format!("begin; {LOCK}")).await.unwrap();
    let tries = instances.iter().map(|instance| {
        let decide = |account: &mut Account, now: Timestamp| {
            let token = AccessSecret::generate(&SystemChance).hash();
            account.attempt(&scene.terms(now), &scene.ring, scene.open.0, &wrong, token).unwrap()
        };
        instance.transact(Wanted::challenge(&scene.username, scene.open.0), Author::durable("one of many"), decide)
    });
    let release = async {
        until_waiting(&owner, i64::try_from(AT_ONCE).unwrap()).await;
        holder.batch_execute("commit").await.unwrap();
    };
    let (outcomes, ()) = tokio::join!(join_all(tries), release);

    let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.unwrap().unwrap()).collect();
    let mut left: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            AttemptOutcome::Wrong { attempts_left, .. } => Some(*attempts_left),
            AttemptOutcome::LastWrong { .. } => Some(0),
            _ => None,
        })
        .collect();
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2], "each wrong try that was counted tells another count");
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, AttemptOutcome::Exhausted { .. })).count();
    assert_eq!(refused, AT_ONCE - 3, "{outcomes:?}");
    assert_eq!(counts(&owner, &scene).await, (0, 3));
    assert_eq!(events_of(&owner, "challenge.wrong").await, 2);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_decision_that_waited_for_the_lock_sees_no_old_challenge_beside_the_new_account() {
    let scene = Scene::set().await;
    let (holder, owner) = (scene.app.database.owner().await, scene.app.database.owner().await);
    let (ours, mut seen) = (scene.instance(), Vec::new());
    // The first write finds another version at once; the second try's lock has to wait for the holder, who changes
    // the account and its challenge together.
    let changes = "begin; update accounts set version = version + 1, failures = 2 where username = 'alice'; \
                   update challenges set attempts_left = 1 where state = 'open' and kind = 'token'";
    let decided = ours.transact(Wanted::account(&scene.username), Author::durable("patient"), |account, _| {
        let open = account.challenge(scene.open.0).unwrap();
        seen.push((account.standing.failures, open.attempts_left));
        account.note(Event::of(EventKind::AccountUnblocked));
        if seen.len() == 1 {
            meanwhile(async {
                holder
                    .batch_execute("update accounts set version = version + 1 where username = 'alice'")
                    .await
                    .unwrap();
                holder.batch_execute(changes).await.unwrap();
            });
        }
    });
    let release = async {
        until_waiting(&owner, 1).await;
        holder.batch_execute("commit").await.unwrap();
    };
    let (decided, ()) = tokio::join!(decided, release);

    assert!(decided.unwrap().is_some());
    assert_eq!(seen, [(0, 3), (2, 1)], "(failures, attempts left) belong together each time");
    assert_eq!(counts(&owner, &scene).await, (1, 2), "and the write did not bring the old count back");
    scene.app.stop().await;
}
