//! Whoever can write the database, but has no key, bends the trail; verifying names the account and the event.

use std::{collections::BTreeMap, process::Command};

use serde_json::json;
use tanager::{
    domain::{
        event::Link,
        id::{AccountId, ChallengeId},
        keys::{KeyId, KeyRing},
        time::Timestamp,
        username::Username,
    },
    service::Verdict,
};
use tokio_postgres::Client;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::app::{Database, TestApp, Wish, other_than};

const ALICE: &str = "(select account_id from accounts where username = 'alice')";
const BOB: &str = "(select account_id from accounts where username = 'bob')";
const NOBODY: &str = "'ffffffff-ffff-7fff-bfff-ffffffffffff'";
const SYSTEM: &str = "'00000000-0000-0000-0000-000000000000'";

/// Alice's and Bob's trails have seven events or more each.
async fn lively() -> (TestApp, Client) {
    let app = TestApp::start().await;
    for name in ["alice", "bob"] {
        let customer = app.customer_with_sms(name).await;
        let challenge = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
        let (id, tan) = (challenge.text("challenge_id"), app.tan_sent_to(&customer.phone));
        assert_eq!(customer.confirm(id, &other_than(&tan)).await.code(), 5134);
        assert_eq!(customer.confirm(id, &tan).await.status, 200);
    }
    let owner = app.database.owner().await;
    owner.batch_execute("create table kept as table events; create table heads as table accounts").await.unwrap();
    (app, owner)
}

async fn verdict(app: &TestApp, only: Option<&str>) -> Verdict {
    let only = only.map(|name| Username::parse(name).unwrap());
    app.running.service().verify_trail(only.as_ref()).await.unwrap()
}

/// Where a chain broke; nothing when it is whole.
async fn broken_at(app: &TestApp, only: Option<&str>) -> Option<(String, i64)> {
    match verdict(app, only).await {
        Verdict::Whole { .. } => None,
        Verdict::Broken { username, sequence, .. } => Some((username, sequence)),
        Verdict::BrokenFile { line, trouble } => panic!("line {line}: {trouble}"),
    }
}

async fn repair(owner: &Client) {
    let repair = "truncate events; insert into events table kept; \
                  update accounts a set event_sequence = h.event_sequence, event_mac = h.event_mac, event_at = h.event_at \
                  from heads h where h.account_id = a.account_id; \
                  insert into accounts select * from heads on conflict do nothing";
    owner.batch_execute(repair).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_bend_the_trail_is_found_with_account_and_event() {
    let (app, owner) = lively().await;
    let columns = "account_id, sequence, at, kind, actor, challenge_id, details, key_id, mac";
    let copied = |to: &str, sequence: &str| {
        format!(
            "insert into events ({columns}) select {to}, {sequence}, at, kind, actor, challenge_id, details, key_id, mac \
             from events where account_id = {BOB} and sequence = 5"
        )
    };
    let set = |what: &str| format!("update events set {what} where account_id = {ALICE} and sequence = 3");
    let alice = |sequence| ("alice", sequence);
    let bent: Vec<(&str, String, (&str, i64))> = vec![
        ("another kind", set("kind = 'account.unblocked'"), alice(3)),
        ("another actor", set("actor = 'service'"), alice(3)),
        ("another moment", set("at = at + interval '1 microsecond'"), alice(3)),
        ("another detail", set("details = details || '{\"channel\": \"email\"}'"), alice(3)),
        ("a detail more", set("details = details || '{\"more\": \"x\"}'"), alice(3)),
        ("details that are none", set("details = '[1]'"), alice(3)),
        ("another challenge", set("challenge_id = gen_random_uuid()"), alice(3)),
        ("another key", set("key_id = 2"), alice(3)),
        ("another MAC", set("mac = sha256(mac)"), alice(3)),
        ("removed within", format!("delete from events where account_id = {ALICE} and sequence = 3"), alice(3)),
        ("removed first", format!("delete from events where account_id = {ALICE} and sequence = 1"), alice(1)),
        (
            "removed within, and closed up",
            format!(
                "delete from events where account_id = {ALICE} and sequence = 3; \
                 update events set sequence = -sequence where account_id = {ALICE} and sequence > 3; \
                 update events set sequence = -sequence - 1 where account_id = {ALICE} and sequence < 0; \
                 update accounts set event_sequence = event_sequence - 1 where username = 'alice'"
            ),
            alice(3),
        ),
        (
            "re-ordered",
            format!(
                "update events set sequence = -sequence where account_id = {ALICE} and sequence in (3, 4); \
                 update events set sequence = 7 + sequence where account_id = {ALICE} and sequence < 0"
            ),
            alice(3),
        ),
        (
            "cut off",
            format!(
                "delete from events where account_id = {ALICE} \
                 and sequence = (select event_sequence from accounts where username = 'alice')"
            ),
            alice(9),
        ),
        (
            "lengthened",
            format!(
                "insert into events ({columns}) select account_id, 10, at, kind, actor, challenge_id, details, key_id, mac \
                 from events where account_id = {ALICE} and sequence = 9; \
                 update accounts set event_sequence = 10 where username = 'alice'"
            ),
            alice(10),
        ),
        ("another's event behind the end", copied(ALICE, "10"), alice(10)),
        ("an event before the first", copied(ALICE, "0"), alice(1)),
        ("an event before the system's first", copied(SYSTEM, "0"), (".", 1)),
        ("an event of no account", copied(NOBODY, "1"), ("", 1)),
        ("a vanished chain", format!("delete from events where account_id = {ALICE}"), alice(1)),
        ("a vanished account", "delete from accounts where username = 'alice'".to_owned(), ("", 9)),
        (
            "another end by the account's word",
            "update accounts set event_mac = sha256(event_mac) where username = 'alice'".to_owned(),
            alice(9),
        ),
    ];
    assert_eq!(broken_at(&app, None).await, None);
    for (how, statements, (username, sequence)) in bent {
        owner.batch_execute(&statements).await.unwrap_or_else(|error| panic!("{how}: {error:?}"));
        let found = broken_at(&app, None).await;
        if how == "an event of no account" || how == "a vanished account" {
            assert!(found.is_some(), "{how}");
        } else {
            assert_eq!(found, Some((username.to_owned(), sequence)), "{how}");
        }
        assert_eq!(broken_at(&app, Some("bob")).await, None, "{how}: Bob's chain is whole all the same");
        repair(&owner).await;
        assert_eq!(broken_at(&app, None).await, None, "{how}, repaired");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_accounts_vanished_chain_is_found_beside_anothers() {
    let (app, owner) = lively().await;
    owner.batch_execute("truncate events").await.unwrap();
    for name in ["alice", "bob"] {
        assert_eq!(broken_at(&app, Some(name)).await, Some((name.to_owned(), 1)));
    }
    app.stop().await;
}

/// Everything is made anew from the third event on, chain and account's word, only under another key.
#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_was_chained_again_without_the_key_is_found() {
    let (app, owner) = lively().await;
    let ring = KeyRing::new(&[(KeyId(1), Zeroizing::new([7; 32]))], KeyId(1)).unwrap();
    let query = format!(
        "select account_id, sequence, (extract(epoch from at) * 1000000)::bigint, kind, challenge_id, details::text, mac \
         from events where account_id = {ALICE} order by sequence"
    );
    let mut previous = [0; 32];
    for row in owner.query(&query, &[]).await.unwrap() {
        let (account, sequence): (Uuid, i64) = (row.get(0), row.get(1));
        let details: BTreeMap<String, String> = serde_json::from_str(row.get(5)).unwrap();
        let link = Link {
            key: KeyId(1),
            account: AccountId::from_uuid(account),
            sequence,
            at: Timestamp::from_micros(row.get(2)),
            kind: row.get(3),
            actor: "somebody else",
            challenge: row.get::<_, Option<Uuid>>(4).map(ChallengeId::from_uuid),
            details: &details.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(),
        };
        if sequence < 3 {
            previous = row.get::<_, &[u8]>(6).try_into().unwrap();
            continue;
        }
        previous = link.mac(&ring, &previous).unwrap();
        let write = "update events set actor = 'somebody else', mac = $3 where account_id = $1 and sequence = $2";
        owner.execute(write, &[&account, &sequence, &previous.as_slice()]).await.unwrap();
    }
    owner
        .execute("update accounts set event_mac = $1 where username = 'alice'", &[&previous.as_slice()])
        .await
        .unwrap();
    assert_eq!(broken_at(&app, None).await, Some(("alice".to_owned(), 3)));
    app.stop().await;
}

/// `tanager audit verify` with its exit code and what it says.
fn audit_verify(directory: &std::path::Path, more: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tanager"))
        .args(["-c", directory.join("tanager.toml").to_str().unwrap(), "audit", "verify"])
        .args(more)
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_whether_the_trail_is_whole() {
    let (app, owner) = lively().await;
    let database: &Database = &app.database;
    let directory = tempfile::tempdir().unwrap();
    Database::write_keys(directory.path());
    let text = database.configuration(directory.path(), &Wish::default());
    std::fs::write(directory.path().join("tanager.toml"), text).unwrap();

    let (code, said) = audit_verify(directory.path(), &[]);
    assert_eq!((code, said.starts_with("whole: ")), (0, true), "{said}");
    owner.batch_execute(&format!("delete from events where account_id = {BOB} and sequence = 4")).await.unwrap();
    let (code, said) = audit_verify(directory.path(), &[]);
    assert_eq!((code, said.starts_with("broken: event 4 of 'bob'")), (1, true), "{said}");
    assert_eq!(audit_verify(directory.path(), &["--account", "bob"]).0, 1);
    assert_eq!(audit_verify(directory.path(), &["--account", "alice"]).0, 0);
    app.stop().await;
}
