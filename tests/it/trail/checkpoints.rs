//! What only a witness outside of the database can tell: that the trail was longer once.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tanager::service::{Beginning, CheckpointError, CheckpointFile, Verdict};
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::app::{Customer, Installation, TestApp, Wish, eventually};

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
        fs::write(self.file(), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
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
        self.owner.batch_execute("create table kept as table events; create table heads as table accounts").await.unwrap();
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
    let remove = format!("delete from events where account_id = {ALICE}; delete from accounts where username = 'alice'");
    place.owner.batch_execute(&remove).await.unwrap();
    place.assert_broken(&id.to_string(), 1, "an account removed with its chain").await;
    place.restore().await;

    place.keep().await;
    let system: i64 = place
        .owner
        .query_one("select event_sequence from accounts where username = '.'", &[])
        .await
        .unwrap()
        .get(0);
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
async fn a_file_that_was_bent_is_found_with_its_line() {
    let place = Witnessed::start().await;
    for _ in 0..4 {
        place.act().await;
        place.checkpoint().await;
    }
    let whole = place.lines();
    let bend = |line: usize, from: &str, to: &str| {
        let mut lines = whole.clone();
        assert!(lines[line].contains(from), "{from} in {}", lines[line]);
        lines[line] = lines[line].replacen(from, to, 1);
        lines
    };
    let without = |line: usize| {
        let mut lines = whole.clone();
        lines.remove(line);
        lines
    };
    let mut swapped = whole.clone();
    swapped.swap(1, 2);
    for (how, lines, line) in [
        ("a moment", bend(1, "\"at\":1", "\"at\":2"), 2),
        ("its completeness", bend(2, "true", "false"), 3),
        ("another key", bend(0, "\"key\":1", "\"key\":2"), 1),
        ("no line at all", bend(3, "{", "["), 4),
        ("removed first", without(0), 1),
        ("removed within", without(2), 3),
        ("re-ordered", swapped, 2),
        ("cut off", without(3), 4),
        ("emptied", Vec::new(), 1),
    ] {
        place.put(&lines);
        place.assert_broken_file(line, how).await;
        let told = place.app.admin.get("/audit/verify").await;
        assert_eq!(told.body["broken_at"]["line"], json!(line), "{how}: {told:?}");
        place.put(&whole);
        place.assert_whole(how).await;
    }
    fs::remove_file(place.file()).unwrap();
    place.assert_broken_file(1, "gone").await;
    place.put(&whole);
    fs::remove_file(place.file()).unwrap();
    fs::create_dir(place.file()).unwrap();
    let away = place.app.admin.get("/audit/verify").await;
    assert_eq!(away.error(), (503, 10090), "what cannot be read is no verdict");
    place.app.stop().await;
}

/// Nobody can hide what was cut off by waiting for the next checkpoint.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_off_or_is_gone_is_not_continued_by_itself() {
    let place = Witnessed::start().await;
    for _ in 0..3 {
        place.act().await;
        place.checkpoint().await;
    }
    let whole = place.lines();
    place.put(&whole[..2]);
    assert!(matches!(place.refused(Beginning::Continue).await, CheckpointError::Shortened { known: 3, found: 2 }));
    assert_eq!(place.lines().len(), 2, "nothing was appended");
    let mut bent = whole.clone();
    bent[2] = bent[2].replacen("\"at\":1", "\"at\":2", 1);
    place.put(&bent);
    assert!(matches!(place.refused(Beginning::Continue).await, CheckpointError::Line(_)));
    fs::remove_file(place.file()).unwrap();
    assert!(matches!(place.refused(Beginning::Continue).await, CheckpointError::Shortened { known: 3, found: 0 }));
    place.assert_broken_file(1, "the file is gone").await;

    // An operator finds out why, and begins anew; that is in the trail.
    let service = place.app.running.service();
    let begun = service.checkpoint_trail(Beginning::Anew).await.unwrap();
    assert_eq!((begun.heads, begun.lines), (2, 1), "all chains are named again");
    place.assert_whole("begun anew").await;
    assert!(matches!(place.refused(Beginning::Anew).await, CheckpointError::NotEmpty));
    let events = place.app.admin.get("/audit?event=trail.checkpointed").await;
    let lines: Vec<_> =
        events.body["events"].as_array().unwrap().iter().map(|event| event["details"]["lines"].clone()).collect();
    assert_eq!(lines, ["1", "3", "2", "1"]);
    place.app.stop().await;
}

/// Killed between the file and the event, or within the first of several lines: the next one goes on from there.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_a_crash_cut_short_is_made_good_by_the_next() {
    let place = Witnessed::start().await;
    place.checkpoint().await;
    place.act().await;
    place.checkpoint().await;
    // The event of the second was not written.
    place.roll_back(SYSTEM, 1).await;
    place.assert_whole("a file that is longer than the trail says").await;
    // And a third was being written.
    let torn = format!("{}\n{{\"line\":3,\"at\":17", place.lines().join("\n"));
    fs::write(place.file(), torn).unwrap();
    let verdict = place.verdict().await;
    assert!(matches!(verdict, Verdict::Whole { torn: true, lines: Some(2), .. }), "{verdict:?}");
    place.checkpoint().await;
    assert!(matches!(place.verdict().await, Verdict::Whole { torn: false, lines: Some(3), .. }));
    place.app.stop().await;
}

/// More accounts than a line names: several lines, of which only the last says that all are named.
#[tokio::test(flavor = "multi_thread")]
async fn many_accounts_are_named_in_several_lines_and_one_that_is_missing_is_written_again() {
    let place = Witnessed::start().await;
    let crowd = "insert into accounts (account_id, username, event_sequence, event_mac, event_at, created_at) \
                 select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'user' || n, 1, sha256('x'), now(), now() \
                 from generate_series(1, 2500) n";
    place.owner.batch_execute(crowd).await.unwrap();
    assert_eq!(place.checkpoint().await, 2502);
    let complete = |lines: &[String]| -> Vec<bool> {
        lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()["complete"].as_bool().unwrap()).collect()
    };
    let lines = place.lines();
    assert_eq!(complete(&lines).iter().filter(|complete| **complete).count(), 1);
    assert!(lines.len() >= 3 && complete(&lines)[lines.len() - 1], "{}", lines.len());
    // A crash left only the first of them, and no event.
    place.put(&lines[..1]);
    place.roll_back(SYSTEM, 1).await;
    assert_eq!(place.checkpoint().await, 2502, "all are named again, as the first attempt did not come to its end");
    place.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_write_at_once_do_not_tear_the_file() {
    let place = Witnessed::start().await;
    place.checkpoint().await;
    let service = place.app.running.service();
    let all = (0..20).map(|_| service.checkpoint_trail(Beginning::Continue));
    let outcomes = futures_util::future::join_all(all).await;
    let written = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    for outcome in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(outcome.is_anothers_turn(), "{outcome:?}");
    }
    assert!(written > 0 && place.lines().len() == written + 1);
    place.assert_whole("written at once").await;
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

fn said(output: &std::process::Output) -> (i32, String) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_writes_checkpoints_by_itself_and_on_command_and_verifies_with_them() {
    let installation = Installation::new().await;
    let (code, text) = said(&installation.run(&["audit", "checkpoint"]).await);
    assert_eq!((code, text.contains("audit.checkpoint_file is not set")), (1, true), "{text}");
    let (_, text) = said(&installation.run(&["check-config"]).await);
    assert!(text.contains("warning: audit.checkpoint_file is not set"), "{text}");

    let installation = installation.with("TANAGER_AUDIT__CHECKPOINT_FILE", "checkpoints.jsonl");
    let file = installation.path("checkpoints.jsonl");
    let (_, text) = said(&installation.run(&["check-config"]).await);
    assert!(!text.contains("warning: audit.checkpoint_file"), "{text}");
    let lines = |file: &Path| fs::read_to_string(file).unwrap_or_default().lines().count();
    let process = installation.serve().await;
    eventually("the worker writes the first", async || lines(&file) == 1).await;
    let (code, text) = said(&installation.run(&["audit", "checkpoint"]).await);
    assert_eq!((code, text.starts_with("written: the ends of ")), (0, true), "{text}");
    assert_eq!(lines(&file), 2);
    let (code, text) = said(&installation.run(&["audit", "verify"]).await);
    assert_eq!((code, text.contains(" events, 2 lines of checkpoints")), (0, true), "{text}");
    assert_eq!(process.admin.get("/audit/verify").await.body, json!({"whole": true}));

    let copy = installation.path("copy.jsonl");
    fs::copy(&file, &copy).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.lines().take(1).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let (code, text) = said(&installation.run(&["audit", "verify"]).await);
    assert_eq!((code, text.contains("broken: line 2 of the file of checkpoints")), (1, true), "{text}");
    let copy = copy.to_str().unwrap();
    assert_eq!(said(&installation.run(&["audit", "verify", "--checkpoints", copy]).await).0, 0);
    assert_eq!(said(&installation.run(&["audit", "verify", "--checkpoints", copy, "--account", "."]).await).0, 0);
    let (code, text) = said(&installation.run(&["audit", "verify", "--checkpoints", "/nowhere"]).await);
    assert_eq!((code, text.contains("there is no file of checkpoints /nowhere")), (1, true), "{text}");
    let (code, text) = said(&installation.run(&["audit", "checkpoint"]).await);
    assert_eq!((code, text.contains("--begin-anew")), (1, true), "{text}");
    let (code, text) = said(&installation.run(&["audit", "checkpoint", "--begin-anew"]).await);
    assert_eq!((code, text.contains("move it away")), (1, true), "{text}");
    fs::remove_file(&file).unwrap();
    assert_eq!(said(&installation.run(&["audit", "checkpoint", "--begin-anew"]).await).0, 0);
    assert_eq!(said(&installation.run(&["audit", "verify"]).await).0, 0);
}
