//! What only a witness outside of the database can tell: that the trail was longer once.

mod file;
mod program;

use std::{fs, os::unix::fs::MetadataExt, path::PathBuf};

use serde_json::{Value, json};
use tanager::service::{Beginning, CheckpointError, CheckpointFile, Verdict};
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::app::{Customer, TestApp, Wish};

const ALICE: &str = "(select account_id from accounts where username = 'alice')";
const SYSTEM: &str = "'00000000-0000-0000-0000-000000000000'";

/// A service that writes checkpoints, with Alice, who has some events.
struct Witnessed {
    app: TestApp,
    owner: Client,
    alice: Customer,
    directory: TempDir,
}

impl Witnessed {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let more = format!("[audit]\ncheckpoint_file = \"{}\"\n", directory.path().join("checkpoints.jsonl").display());
        let app = TestApp::start_with(Wish { more, ..Wish::default() }).await;
        let (owner, alice) = (app.database.owner().await, app.customer_with_sms("alice").await);
        Self { app, owner, alice, directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("checkpoints.jsonl")
    }

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(self.file()).unwrap().lines().map(str::to_owned).collect()
    }

    fn put(&self, lines: &[String]) {
        let end = if lines.is_empty() { "" } else { "\n" };
        fs::write(self.file(), lines.join("\n") + end).unwrap();
    }

    async fn checkpoint(&self) -> u64 {
        self.app.running.service().checkpoint_trail(Beginning::Continue).await.unwrap().heads
    }

    async fn refused(&self, beginning: Beginning) -> CheckpointError {
        self.app.running.service().checkpoint_trail(beginning).await.expect_err("it is refused")
    }

    /// Alice does something that the trail has.
    async fn act(&self) {
        for language in ["de", "fr"] {
            let patched = self.alice.client.patch("/accounts/alice", json!({"language": language})).await;
            assert_eq!(patched.status, 204);
        }
    }

    async fn verdict(&self) -> Verdict {
        self.app.running.service().verify_trail(None).await.unwrap()
    }

    async fn assert_whole(&self, why: &str) {
        let verdict = self.verdict().await;
        assert!(matches!(verdict, Verdict::Whole { torn: false, .. }), "{why}: {verdict:?}");
    }

    async fn assert_broken(&self, username: &str, sequence: i64, why: &str) {
        match self.verdict().await {
            Verdict::Broken { username: found, sequence: at, trouble } => {
                assert_eq!((found.as_str(), at), (username, sequence), "{why}: {trouble}");
                assert!(trouble.contains("checkpoint"), "{why}: {trouble}");
            }
            other => panic!("{why}: {other:?}"),
        }
    }

    async fn assert_broken_file(&self, line: u64, why: &str) {
        match self.verdict().await {
            Verdict::BrokenFile { line: found, .. } => assert_eq!(found, line, "{why}"),
            other => panic!("{why}: {other:?}"),
        }
    }

    /// Alice's last event's number.
    async fn last(&self) -> i64 {
        self.owner.query_one("select event_sequence from accounts where username = 'alice'", &[]).await.unwrap().get(0)
    }

    /// Takes a chain back to an earlier end, consistently: no chain of MACs can tell.
    async fn roll_back(&self, account: &str, events: i64) {
        let roll_back = format!(
            "delete from events where account_id = {account} and sequence > \
               (select event_sequence - {events} from accounts where account_id = {account}); \
             update accounts a set event_sequence = e.sequence, event_mac = e.mac, event_at = e.at from events e \
             where a.account_id = {account} and e.account_id = {account} and e.sequence = a.event_sequence - {events}"
        );
        self.owner.batch_execute(&roll_back).await.unwrap();
    }

    async fn keep(&self) {
        self.owner
            .batch_execute("create table kept as table events; create table heads as table accounts")
            .await
            .unwrap();
    }

    async fn restore(&self) {
        let restore = "truncate events; insert into events table kept; drop table kept; \
                       insert into accounts select * from heads on conflict (account_id) do update \
                       set event_sequence = excluded.event_sequence, event_mac = excluded.event_mac, event_at = excluded.event_at; \
                       drop table heads";
        self.owner.batch_execute(restore).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_checkpoint_names_every_chain_and_later_ones_what_has_changed() {
    let place = Witnessed::start().await;
    for name in ["bob", "carol"] {
        place.app.customer(name).await;
    }
    place.app.advance(std::time::Duration::from_mins(30));
    assert_eq!(place.checkpoint().await, 4, "three customers and the system");
    assert_eq!(fs::metadata(place.file()).unwrap().mode() & 0o777, 0o600);
    // Far enough behind what was late.
    place.app.advance(std::time::Duration::from_mins(30));
    assert_eq!(place.checkpoint().await, 1, "the system's own event of the first");
    place.app.advance(std::time::Duration::from_mins(30));
    let alice = place.app.log_in("alice").await;
    assert_eq!(alice.patch("/accounts/alice", json!({"language": "it"})).await.status, 204);
    assert_eq!(place.checkpoint().await, 2);
    let lines: Vec<Value> = place.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["line"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((&lines[1]["previous"], &lines[2]["previous"]), (&lines[0]["mac"], &lines[1]["mac"]));
    let event = place.app.admin.get("/audit?event=trail.checkpointed&limit=1").await.body["events"][0].clone();
    let expected = json!({"file": lines[0]["mac"], "lines": "3", "heads": "2", "mac": lines[2]["mac"]});
    assert_eq!(event["details"], expected);
    place.assert_whole("nothing happened to it").await;
    assert!(matches!(place.verdict().await, Verdict::Whole { lines: Some(3), .. }));
    place.app.stop().await;
}

/// A transition whose moment is before the last checkpoint, and that was committed after it, is named by the next.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_late_is_named_all_the_same() {
    let place = Witnessed::start().await;
    let mut late = place.app.database.owner().await;
    let late = late.transaction().await.unwrap();
    let moment = "create temporary table moment as select * from events limit 0; \
                  insert into events select '01900000-0000-7000-8000-000000000007', 1, clock_timestamp(), 'account.created', 'late', \
                  null, '{}', 1, sha256('x'); \
                  insert into accounts (account_id, username, event_sequence, event_mac, event_at, created_at) \
                  select '01900000-0000-7000-8000-000000000007', 'late', 1, sha256('x'), clock_timestamp(), clock_timestamp()";
    late.batch_execute(moment).await.unwrap();
    assert_eq!(place.checkpoint().await, 2);
    late.commit().await.unwrap();
    place.app.advance(std::time::Duration::from_mins(5));
    place.checkpoint().await;
    assert!(place.lines()[1].contains("01900000-0000-7000-8000-000000000007"));
    place.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_alone_cannot_tell_is_found() {
    let place = Witnessed::start().await;
    place.act().await;
    place.checkpoint().await;
    place.act().await;
    place.checkpoint().await;
    let last = place.last().await;

    place.keep().await;
    place.roll_back(ALICE, 1).await;
    place.assert_broken("alice", last, "a chain cut off together with the account's word").await;
    place.restore().await;
    place.assert_whole("put back").await;

    place.keep().await;
    place.roll_back(ALICE, 3).await;
    place.assert_broken("alice", last - 2, "cut off further").await;
    place.restore().await;

    place.keep().await;
    let id: uuid::Uuid = place.owner.query_one(&format!("select {ALICE}"), &[]).await.unwrap().get(0);
    let remove =
        format!("delete from events where account_id = {ALICE}; delete from accounts where username = 'alice'");
    place.owner.batch_execute(&remove).await.unwrap();
    place.assert_broken(&id.to_string(), 1, "an account removed with its chain").await;
    place.restore().await;

    place.keep().await;
    let system: i64 =
        place.owner.query_one("select event_sequence from accounts where username = '.'", &[]).await.unwrap().get(0);
    // Its very last event, of the last checkpoint itself, is named by none.
    place.roll_back(SYSTEM, 2).await;
    place.assert_broken(".", system - 1, "the system's chain cut off").await;
    place.restore().await;
    place.assert_whole("all put back").await;
    place.app.stop().await;
}

/// An old backup is whole in itself. Even when the service has gone on with it, so that its chains are longer than they were:
/// they are others.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_that_was_put_back_is_found_even_when_life_went_on() {
    let place = Witnessed::start().await;
    place.checkpoint().await;
    place.keep().await;
    let kept = place.last().await;
    place.act().await;
    place.checkpoint().await;
    place.restore().await;
    place.assert_broken("alice", kept + 1, "the backup").await;
    for _ in 0..3 {
        place.act().await;
        place.checkpoint().await;
    }
    let verdict = place.verdict().await;
    assert!(matches!(&verdict, Verdict::Broken { .. }), "{verdict:?}");
    place.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_accounts_chain_is_held_against_its_own_ends_alone() {
    let place = Witnessed::start().await;
    place.app.customer("bob").await;
    place.checkpoint().await;
    let last = place.last().await;
    place.roll_back(ALICE, 1).await;
    let of = async |name: &str| place.app.admin.get(&format!("/audit/verify?account={name}")).await.body;
    assert_eq!(of("bob").await, json!({"whole": true}));
    let trouble = "it is missing, and a checkpoint names it or a later one";
    let broken = json!({"account": "alice", "sequence": last, "trouble": trouble});
    assert_eq!(of("alice").await, json!({"whole": false, "broken_at": broken}));
    place.app.stop().await;
}

/// A copy that was shipped away before is shorter, and proves what it names all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_proves_what_it_names() {
    let place = Witnessed::start().await;
    place.checkpoint().await;
    let copy = CheckpointFile::new(place.directory.path().join("copy.jsonl"));
    fs::copy(place.file(), copy.path()).unwrap();
    place.act().await;
    place.checkpoint().await;
    let service = place.app.running.service();
    let verdict = service.verify_trail_with(None, &copy).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { lines: Some(1), .. }), "{verdict:?}");
    // Whoever has both the database and the file takes both back; the copy is out of reach.
    place.roll_back(ALICE, 3).await;
    fs::remove_file(place.file()).unwrap();
    let verdict = service.verify_trail_with(None, &copy).await.unwrap();
    assert!(matches!(verdict, Verdict::Broken { ref username, .. } if username == "alice"), "{verdict:?}");
    place.app.stop().await;
}
