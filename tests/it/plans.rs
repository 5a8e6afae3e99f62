//! Every statement finds its rows by an index when tables are large, under the plans that the service uses: made once,
//! for any parameters. And the partitions of challenges: made ahead, looked into one at a time.

use std::time::Duration;

use serde_json::{Value, json};
use tanager::{
    app::parts,
    domain::time::Timestamp,
    storage::{schema::Migrator, sql},
};
use tokio_postgres::Client;

use crate::app::{Database, TestApp, Wish};

/// Statements that may read a table from end to end, and why.
const READERS_OF_ALL: [(&str, &str); 5] = [
    ("access_token/list_systems", "an operator lists the few tokens of no account, seldom, on the command line"),
    ("event/bare_accounts", "verifying the whole trail reads every account, on purpose"),
    ("prefix/list", "a row for each prefix that is closed, or was opened within a day: few"),
    ("prefix/sweep", "the same rows"),
    ("schema/version", "the history of migrations has a row a release"),
];
const GUARDED: [&str; 9] =
    ["accounts", "channels", "access_tokens", "challenges", "events", "windows", "ceilings", "prefixes", "traffic"];
/// Statements that cannot be explained, or are not worth it: calls of functions, and rows that are copied in.
const CALLS: [&str; 8] = [
    "schema/lock",
    "schema/unlock",
    "schema/now",
    "schema/prepare_partitions",
    "challenge/drop_partition",
    "account/copy",
    "account/copy_channels",
    "account/copy_events",
];

/// 100,000 of everything; challenges in every partition, some of them with claims and keys.
const CROWD: &str = "
insert into accounts (account_id, username, live_challenges, event_sequence, event_mac, event_at, created_at)
select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'user' || n, '{}', 1, sha256('x'), now(), now()
from generate_series(1, 100000) n;
insert into channels (account_id, channel, address, since)
select account_id, 'sms', 'x', now() from accounts where username like 'user%';
insert into access_tokens (token_id, secret_hash, scope, account_id, mfa, created_at, expires_at)
select gen_random_uuid(), sha256(username::bytea), 'readwrite', account_id, 'pending', now(), now()
from accounts where username like 'user%';
insert into events (account_id, sequence, at, kind, actor, details, key_id, mac)
select account_id, 1, now(), 'account.created', 'test', '{}', 1, event_mac from accounts where username like 'user%';
insert into challenges (challenge_id, account_id, kind, channel, address, tan_key, tan_digits, generation, requested_at,
  ends_at, tan_expires_at, attempts_left, transmissions, claim_transmission, claimed_at, claim_until, idempotency_key, state, meters)
select (left(tanager_first_uuid(now() + (n % 9 - 2) * interval '1 week')::text, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
  ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'token', 'sms', 'x', 1, 8, 1, now(), now(), now(), 0, 1,
  held.id, held.at, held.at, case when n % 10 = 0 then sha256(n::text::bytea) end, 'spent', array[sha256(n::text::bytea)]
from generate_series(1, 100000) n
left join lateral (select gen_random_uuid() as id, now() as at where n % 1000 = 0) held on true;
insert into windows (meter, sends, hour_count, hour_most, day_count, day_most)
select sha256(n::text::bytea), array[now()], 1, 10, 1, 10 from generate_series(1, 100000) n;
insert into ceilings (channel, place, free_at)
select channel, n, now() from unnest(array['sms', 'email']) channel, generate_series(1, 50000) n;
insert into prefixes (meter, prefix, closed_at, half_open_at, probe_at, sent, solved)
select sha256(n::text::bytea), '+41791', now(), now(), now(), 1, 1 from generate_series(1, 100000) n;
insert into traffic (bucket, channel, prefix, sent)
select to_timestamp(300 * (n % 300)), 'sms', '+' || n, 1 from generate_series(1, 100000) n;
update accounts a set live_challenges = array[c.challenge_id] from challenges c where c.account_id = a.account_id;
vacuum analyze;
";

async fn crowded() -> Client {
    let owner = Database::fresh().await.owner().await;
    for statement in CROWD.split(";\n") {
        owner.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
    owner.batch_execute("set plan_cache_mode = force_generic_plan").await.unwrap();
    owner
}

/// The plan of a prepared statement; `arguments` as SQL writes them.
async fn plan(owner: &Client, options: &str, name: &str, arguments: &[String]) -> Value {
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    let query = format!("explain (format json{options}) execute {name}{arguments}");
    let lines = owner.simple_query(&query).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let text = lines.iter().find_map(|line| match line {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    serde_json::from_str::<Value>(text.unwrap()).unwrap()[0]["Plan"].take()
}

/// Prepares a statement under its own name, and returns how many parameters it has.
async fn prepare(owner: &Client, file: &str, text: &str) -> (String, usize) {
    let name = file.replace('/', "_");
    owner.batch_execute(&format!("prepare {name} as {text}")).await.unwrap_or_else(|error| panic!("{file}: {error:?}"));
    let query = "select cardinality(parameter_types) from pg_prepared_statements where name = $1";
    let count: i32 = owner.query_one(query, &[&name]).await.unwrap().get(0);
    (name, usize::try_from(count).unwrap())
}

/// Every node of a plan.
fn nodes(plan: &Value) -> Vec<&Value> {
    let below = plan["Plans"].as_array().into_iter().flatten().flat_map(nodes);
    std::iter::once(plan).chain(below).collect()
}

fn scans_all(node: &Value) -> Option<&str> {
    let relation = node["Relation Name"].as_str().filter(|_| node["Node Type"] == "Seq Scan")?;
    GUARDED.iter().any(|table| relation == *table || relation.starts_with("challenges_")).then_some(relation)
}

/// Statements that read a table from end to end by their plan, and are not to.
async fn whole_readers(client: &Client) -> Vec<String> {
    let (mut explained, mut readers) = (0, Vec::new());
    for (file, text) in sql::ALL.iter().filter(|(file, _)| !CALLS.contains(file)) {
        let (name, parameters) = prepare(client, file, text).await;
        let plan = plan(client, "", &name, &vec!["null".to_owned(); parameters]).await;
        let whole = nodes(&plan).iter().any(|node| scans_all(node).is_some());
        if whole && READERS_OF_ALL.iter().all(|(reader, _)| reader != file) {
            readers.push(format!("{file}: {plan:#}"));
        }
        explained += 1;
    }
    assert!(explained >= 30, "{explained} statements were explained");
    readers
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_reads_a_large_table_from_end_to_end() {
    let owner = crowded().await;
    let readers = whole_readers(&owner).await;
    assert!(readers.is_empty(), "{readers:#?}");
    let naive = "prepare naive as select * from challenges where state = $1";
    owner.batch_execute(naive).await.unwrap();
    let plan = plan(&owner, "", "naive", &["'open'".to_owned()]).await;
    assert!(nodes(&plan).into_iter().any(|node| scans_all(node).is_some()), "a reader of all is seen: {plan:#}");
}

/// A plan is kept as long as its connection, or until the database has counted the rows of a table that grew.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_made_while_the_tables_were_empty_is_one_for_full_ones() {
    let (database, directory) = (Database::fresh().await, tempfile::tempdir().unwrap());
    let settings = database.settings(directory.path(), &Wish::default());
    let connection = parts::connecting(&settings).pool().unwrap().get().await.unwrap();
    let readers = whole_readers(&connection).await;
    assert!(readers.is_empty(), "{readers:#?}");
    connection.batch_execute("set enable_seqscan = on").await.unwrap();
    connection.batch_execute("deallocate all").await.unwrap();
    assert!(
        !whole_readers(&connection).await.is_empty(),
        "empty tables are read from end to end unless told otherwise"
    );
}

/// The partitions of challenges that a plan's run looked into: a page was touched. (The rest is always asked for an
/// `Idempotency-Key`, but an absent key is answered before its index is opened.)
fn looked_into(plan: &Value) -> Vec<String> {
    let name = |node: &&Value| node["Relation Name"].as_str().map(ToOwned::to_owned);
    let pages = |node: &&Value, kind: &str| node[kind].as_u64().unwrap_or_default();
    let touched = |node: &&Value| pages(node, "Shared Hit Blocks") + pages(node, "Shared Read Blocks") > 0;
    let mut names: Vec<_> = nodes(plan).iter().filter(|node| touched(node)).filter_map(name).collect();
    names.retain(|name| name.starts_with("challenges_"));
    names.sort();
    names.dedup();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_by_challenge_looks_into_one_partition() {
    let owner = crowded().await;
    let partitions = "select count(*) from pg_inherits where inhparent = 'challenges'::regclass";
    assert!(owner.query_one(partitions, &[]).await.unwrap().get::<_, i64>(0) >= 5);
    let of_text = |file| sql::ALL.iter().find(|(name, _)| *name == file).unwrap().1;
    let (load, _) = prepare(&owner, "account/load", of_text("account/load")).await;
    for n in [4, 5, 6] {
        let query = "select challenge_id::text, tableoid::regclass::text from challenges where challenge_id in \
                     (select unnest(live_challenges) from accounts where username = $1)";
        let row = owner.query_one(query, &[&format!("user{n}")]).await.unwrap();
        let (id, partition): (String, String) = (row.get(0), row.get(1));
        let arguments = [
            format!("'user{n}'"),
            format!("'{{{id}}}'"),
            "null".to_owned(),
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'".to_owned(),
            "'{}'".to_owned(),
            "1000".to_owned(),
            "true".to_owned(),
        ];
        let plan = plan(&owner, ", analyze, buffers", &load, &arguments).await;
        assert_eq!(looked_into(&plan), [partition], "{plan:#}");
    }
    // With an Idempotency-Key all are asked, each by its index.
    let nil = "'00000000-0000-0000-0000-000000000000'".to_owned();
    let key = "sha256('10')".to_owned();
    let plan = plan(
        &owner,
        ", analyze, buffers",
        &load,
        &["'user10'".to_owned(), "'{}'".to_owned(), key, nil, "'{}'".to_owned(), "0".to_owned(), "false".to_owned()],
    )
    .await;
    assert!(looked_into(&plan).len() > 1);
    assert!(nodes(&plan).into_iter().all(|node| scans_all(node).is_none()), "{plan:#}");
}

async fn partitions(owner: &Client) -> i64 {
    let query = "select count(*) from pg_inherits where inhparent = 'challenges'::regclass";
    owner.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_of_coming_weeks_are_made_once() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    let before = partitions(&owner).await;
    app.running.service().prepare_partitions().await.unwrap();
    assert_eq!(partitions(&owner).await, before, "they were made by the migration");
    app.advance(Duration::from_hours(24 * 7 * 2));
    app.running.service().prepare_partitions().await.unwrap();
    app.running.service().prepare_partitions().await.unwrap();
    assert_eq!(partitions(&owner).await, before + 2);
    let gaps = "select count(*) from challenges_rest";
    assert_eq!(owner.query_one(gaps, &[]).await.unwrap().get::<_, i64>(0), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_own_role_can_do_its_work_make_partitions_and_not_bend_the_trail() {
    let database = Database::fresh().await;
    let (owner, role) = (database.owner().await, format!("service_of_{}", database.name));
    owner.batch_execute(&format!("create role {role} login")).await.unwrap();
    let migrator = Migrator::begin(database.owner().await).await.unwrap();
    migrator.grant(&role).await.unwrap();
    migrator.finish().await.unwrap();
    let url = database.url().await.replace("://tanager@", &format!("://{role}@"));
    let app = TestApp::on(database, Wish { database_url: Some(url), ..Wish::default() }).await;

    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let headers = [("TAN-Token", token.as_str())];
    let removed = alice.client.send(reqwest::Method::DELETE, "/accounts/alice/tan/sms", &headers, None).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    assert_eq!(app.core.delete("/accounts/alice").await.status, 204);
    let before = partitions(&owner).await;
    app.advance(Duration::from_hours(24 * 7));
    app.running.service().prepare_partitions().await.unwrap();
    assert_eq!(partitions(&owner).await, before + 1);
    app.running.service().write_traffic().await.unwrap();
    app.running.service().judge_prefixes().await.unwrap();
    app.running.service().sweep_traffic().await.unwrap();
    app.running.service().write_uses().await.unwrap();

    owner.batch_execute(&format!("set role {role}")).await.unwrap();
    for bending in
        ["update events set actor = 'x'", "delete from events", "truncate events", "drop table challenges_rest"]
    {
        assert!(owner.batch_execute(bending).await.is_err(), "{bending}");
    }
    owner.batch_execute("reset role").await.unwrap();
    app.stop().await;
    owner.batch_execute(&format!("drop owned by {role}; drop role {role}")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_its_partition_is_in_the_rest_and_is_found_there() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    app.advance(Duration::from_hours(24 * 7 * 30));
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    let (id, tan) = (challenge.text("challenge_id"), app.tan_sent_to(&alice.phone));
    let stands = "select tableoid::regclass::text from challenges";
    assert_eq!(owner.query_one(stands, &[]).await.unwrap().get::<_, String>(0), "challenges_rest");

    let before = partitions(&owner).await;
    app.running.service().prepare_partitions().await.unwrap();
    assert!(partitions(&owner).await > before, "the weeks around it are made all the same");
    assert_eq!(alice.client.get(&format!("/accounts/alice/tan/challenge/{id}")).await.text("state"), "open");
    assert_eq!(alice.confirm(id, &tan).await.status, 200);
    assert_eq!(owner.query_one(stands, &[]).await.unwrap().get::<_, String>(0), "challenges_rest");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_and_the_program_agree_where_a_week_begins() {
    let owner = Database::fresh().await.owner().await;
    for seconds in [0, 1, 1_766_016_000, 4_102_444_800] {
        let query = "select tanager_first_uuid(to_timestamp($1::float8))";
        #[expect(clippy::cast_precision_loss, reason = "these numbers are small")]
        let row = owner.query_one(query, &[&(seconds as f64)]).await.unwrap();
        let ours = tanager::domain::id::first_uuid_of(Timestamp::from_seconds(seconds));
        assert_eq!(row.get::<_, uuid::Uuid>(0), ours, "{seconds}");
    }
}
