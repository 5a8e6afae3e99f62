//! What is younger than `retain`, or still means something, stays.

use reqwest::Method;
use serde_json::json;
use tanager::service::Removed;

use super::{DAY, number, old_challenges, sweep};
use crate::{
    app::{Database, Installation, TestApp, Wish},
    rows::Rows,
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_goes_and_what_is_younger_stays() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    let alice = app.customer_with_sms("alice").await;
    let ids = "select count(*) from challenges";
    alice.token(&app).await;
    let asked = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    app.advance(DAY * 14);
    assert_eq!(sweep(app.running.service()).await.challenges, 0, "14 days are not over since it closed");
    let alice = crate::app::Customer { client: app.log_in("alice").await, ..alice };
    alice.token(&app).await;
    assert_eq!(number(&owner, ids).await, 3);

    app.advance(DAY);
    let swept = sweep(app.running.service()).await;

    // What log-ins and windows went at which of the two is another test's; the week may have been over by now.
    assert_eq!(swept.challenges, 2);
    assert_eq!(number(&owner, ids).await, 1);
    let noted = "select details::text from events where kind = 'retention.swept' order by sequence";
    let noted = owner.query(noted, &[]).await.unwrap();
    let last: serde_json::Value = serde_json::from_str(noted.last().unwrap().get(0)).unwrap();
    let Removed { challenges, access_tokens, windows, partitions } = swept;
    let of = |count: u64| count.to_string();
    let expected = json!({"challenges": of(challenges), "access_tokens": of(access_tokens), "windows": of(windows), "partitions": of(partitions)});
    assert_eq!(last, expected);
    assert_eq!(sweep(app.running.service()).await, Removed::default(), "a second one finds nothing");
    let events = number(&owner, "select count(*) from events where kind = 'retention.swept'").await;
    assert_eq!(events, i64::try_from(noted.len()).unwrap(), "and says nothing");
    // The account goes on as if nothing had been.
    let alice = crate::app::Customer { client: app.log_in("alice").await, ..alice };
    alice.token(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_may_still_be_used_stays_however_old_it_is() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    let soon = "now() + interval '1 min'";
    let id = "gen_random_uuid()";
    for (age, more) in [
        ("20 days", format!("ends_at = {soon}")),
        ("21 days", format!("state = 'solved', token_hash = sha256('x'), token_expires_at = {soon}")),
        (
            "22 days",
            format!(
                "state = 'solved', token_hash = sha256('x'), token_expires_at = now() - interval '21 days', reservation_id = {id}, reserved_until = {soon}, reserved_operation = sha256('x'), reserved_first = {id}"
            ),
        ),
        ("23 days", format!("claim_transmission = {id}, claimed_at = now(), claim_until = {soon}")),
        ("24 days", format!("held_until = {soon}")),
        // Closed ten days ago: `retain` counts from then.
        (
            "25 days",
            "state = 'void', reservation_id = gen_random_uuid(), reserved_until = now() - interval '10 days'"
                .to_owned(),
        ),
    ] {
        old_challenges(&owner, 3, age, &more).await;
    }
    old_challenges(&owner, 4, "26 days", "state = 'spent'").await;
    old_challenges(&owner, 5, "27 days", "state = 'aborted'").await;

    assert_eq!(sweep(app.running.service()).await.challenges, 9);
    assert_eq!(number(&owner, "select count(*) from challenges").await, 18);
    app.advance(DAY * 5);
    assert_eq!(sweep(app.running.service()).await.challenges, 3, "only what had closed ten days before");
    app.advance(DAY * 10);
    assert_eq!(sweep(app.running.service()).await.challenges, 15, "in the end all of it");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_and_the_accounts_are_not_touched() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    let alice = app.customer_with_sms("alice").await;
    alice.token(&app).await;
    app.admin.delete("/accounts/alice").await;
    app.settled().await;
    app.advance(DAY * 30);
    let before = Rows::of(&owner).await;
    let old = "create table old as select * from events; create table before as select * from accounts";
    owner.batch_execute(old).await.unwrap();

    assert_eq!(sweep(app.running.service()).await.challenges, 1);

    let changed = before.changed_in(&Rows::of(&owner).await);
    let expected = ["access_tokens", "accounts", "challenges", "events", "windows"];
    assert!(changed.iter().all(|table| expected.contains(&table.as_str())), "{changed:?}");
    let missing = "select count(*) from (select to_jsonb(o) from old o except select to_jsonb(e) from events e) m";
    assert_eq!(number(&owner, missing).await, 0);
    let accounts = "select count(*) from (select to_jsonb(b) from before b where username <> '.' except select to_jsonb(a) from accounts a) m";
    assert_eq!(number(&owner, accounts).await, 0);
    let verdict = app.running.service().verify_trail(None).await.unwrap();
    assert!(matches!(verdict, tanager::service::Verdict::Whole { .. }), "{verdict:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_is_honoured_for_its_day() {
    let app = TestApp::start_with(Wish { more: "[limits]\nretain = \"1 day\"\n".to_owned(), ..Wish::default() }).await;
    let alice = app.customer_with_sms("alice").await;
    let ask = async |client: &crate::app::Client| {
        let key = [("Idempotency-Key", "the-same")];
        let body = Some("{}".to_owned());
        client.send(Method::POST, "/accounts/alice/tan/challenge/sms", &key, body).await
    };
    let first = ask(&alice.client).await;
    assert_eq!(first.status, 200, "{first:?}");
    let messages = app.messages();
    app.advance(std::time::Duration::from_mins(24 * 60 - 2));

    assert_eq!(sweep(app.running.service()).await.challenges, 0);

    let again = ask(&app.log_in("alice").await).await;
    assert_eq!(again.text("challenge_id"), first.text("challenge_id"), "{again:?}");
    assert_eq!(app.messages(), messages);
    app.advance(DAY);
    assert_eq!(sweep(app.running.service()).await.challenges, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn access_tokens_go_a_day_after_their_end_and_those_without_an_end_never() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    app.customer("alice").await;
    let all = "select count(*) from access_tokens";
    assert_eq!(number(&owner, all).await, 3, "an operator, a bank core, a log-in");
    app.advance(DAY + DAY / 2);
    assert_eq!(sweep(app.running.service()).await.access_tokens, 0);
    app.advance(DAY);
    app.log_in("alice").await;
    assert_eq!(sweep(app.running.service()).await.access_tokens, 1);
    app.advance(DAY * 3000);
    assert_eq!(sweep(app.running.service()).await.access_tokens, 1);
    assert_eq!(number(&owner, all).await, 2);
    assert_eq!(app.admin.get("/accounts").await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_go_when_nothing_in_them_counts_any_more() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    let alice = app.customer_with_sms("alice").await;
    alice.token(&app).await;
    let windows = number(&owner, "select count(*) from windows").await;
    assert!(windows > 0);
    app.advance(std::time::Duration::from_mins(24 * 60 - 1));
    assert_eq!(sweep(app.running.service()).await.windows, 0);
    app.advance(std::time::Duration::from_mins(2));
    assert_eq!(sweep(app.running.service()).await.windows, u64::try_from(windows).unwrap());
    assert_eq!(number(&owner, "select count(*) from windows").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gc_tells_what_it_removed_and_a_dry_run_what_it_would_and_writes_nothing() {
    let place = Installation::new().await;
    let owner = place.database.owner().await;
    old_challenges(&owner, 1_234, "20 days", "").await;
    old_challenges(&owner, 7, "5 days", "").await;
    let before = Rows::of(&owner).await;
    let said = async |arguments: &[&str]| {
        let output = place.run(arguments).await;
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };

    let rehearsed = said(&["gc", "--dry-run"]).await;
    let counts = "1234 challenges (0 whole weeks), 0 access tokens, 0 counts of transmissions";
    assert_eq!(rehearsed, format!("would remove {counts}; nothing was written\n"));
    assert_eq!(before.changed_in(&Rows::of(&owner).await).len(), 0);
    assert_eq!(said(&["gc"]).await, format!("removed {counts}\n"));
    assert_eq!(number(&owner, "select count(*) from challenges").await, 7);
    let actor = "select actor from events where kind = 'retention.swept'";
    let actor: String = owner.query_one(actor, &[]).await.unwrap().get(0);
    assert!(actor.starts_with("command-line"), "{actor}");
    assert_eq!(place.run(&["audit", "verify"]).await.status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_on_an_empty_database_finds_nothing_and_leaves_no_trace() {
    let app = TestApp::on(Database::fresh().await, Wish::default()).await;
    let owner = app.database.owner().await;
    let before = Rows::of(&owner).await;
    assert_eq!(sweep(app.running.service()).await, Removed::default());
    assert_eq!(before.changed_in(&Rows::of(&owner).await).len(), 0);
    app.stop().await;
}
