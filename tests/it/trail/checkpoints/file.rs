//! The file of checkpoints bent, cut off, torn, and written by several at once.

use std::fs;

use serde_json::{Value, json};
use tanager::service::{Beginning, CheckpointError, Verdict};

use super::{SYSTEM, Witnessed};

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
