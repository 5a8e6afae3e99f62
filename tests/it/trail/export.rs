//! The whole trail as JSON lines: as fast as the client reads, in little memory, and never with a clean end that is none.

use std::time::Duration;

use reqwest::Method;
use tokio::time::timeout;

use super::listing::{lines, lively, stored};
use crate::app::{Database, Installation, Process, TestApp, eventually};

/// More than every buffer on the way to a client holds.
const MANY: i64 = 200_000;
/// What a process may need more while it exports them: a fraction of what the lines weigh.
const MOST_KIB: u64 = 24 * 1024;

/// That many events of nobody, one after the other.
async fn fill(database: &Database) {
    let insert = format!(
        "insert into events (account_id, sequence, at, kind, actor, challenge_id, details, key_id, mac) \
         select 'ffffffff-ffff-7fff-bfff-ffffffffffff', n, now() - interval '1 h' - n * interval '1 ms', \
         (array['challenge.requested', 'transmission.sent', 'challenge.solved'])[1 + n % 3], \
         'customer:0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f', gen_random_uuid(), \
         '{{\"channel\": \"sms\", \"tan_info\": \"+41*****4567\"}}', 1, sha256('x') from generate_series(1, {MANY}) n"
    );
    let owner = database.owner().await;
    owner.batch_execute(&insert).await.unwrap();
    owner.batch_execute("vacuum analyze events").await.unwrap();
}

async fn export(process: &Process, path: &str) -> reqwest::Response {
    let request = process.admin.request(Method::GET, path).header("Accept", "application/x-ndjson");
    let response = request.header("Authorization", format!("Bearer {}", process.admin.token)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response
}

fn peak_kib(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_everything_takes_little_memory_and_has_every_event() {
    let installation = Installation::new().await;
    fill(&installation.database).await;
    let process = installation.serve().await;
    // One before, so that what is needed once is there.
    assert_eq!(process.admin.get("/audit?limit=1000").await.status, 200);
    let before = peak_kib(&process);
    let mut response = export(&process, "/audit").await;
    let (mut bytes, mut events) = (0, 0);
    while let Some(chunk) = response.chunk().await.unwrap() {
        bytes += chunk.len();
        events += i64::try_from(String::from_utf8_lossy(&chunk).matches('\n').count()).unwrap();
    }
    let owner = installation.database.owner().await;
    let stored: i64 = owner.query_one("select count(*) from events", &[]).await.unwrap().get(0);
    assert_eq!(events, stored);
    assert!(bytes > 40 << 20, "{bytes} bytes");
    let more = peak_kib(&process) - before;
    assert!(more < MOST_KIB, "{more} KiB for {bytes} bytes");
}

/// A client that reads nothing is sent no more than fits on the way, and the service has not read on; one that hangs up is
/// no reason to go on, so that the process ends at once.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_waits_for_its_client_and_ends_with_it() {
    let installation = Installation::new().await;
    fill(&installation.database).await;
    let mut process = installation.serve().await;
    let before = peak_kib(&process);
    let mut stalled: Vec<_> = Vec::new();
    for _ in 0..4 {
        let mut response = export(&process, "/audit").await;
        assert!(response.chunk().await.unwrap().is_some());
        stalled.push(response);
    }
    assert_eq!(process.admin.get("/audit?limit=1").await.status, 200, "others are served all the same");
    let owner = installation.database.owner().await;
    let busy = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'tanager' \
                and state <> 'idle'";
    eventually("nothing is asked of the database", async || {
        owner.query_one(busy, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
    let more = peak_kib(&process).saturating_sub(before);
    assert!(more < MOST_KIB, "{more} KiB for clients that read nothing");
    drop(stalled);
    process.signal(rustix::process::Signal::TERM);
    let ended = timeout(Duration::from_secs(15), process.ended()).await.expect("it waits for clients that are gone");
    assert!(ended.success(), "{}", process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_fails_in_the_middle_is_a_body_that_breaks_off() {
    let installation = Installation::new().await;
    fill(&installation.database).await;
    let process = installation.serve().await;
    let mut response = export(&process, "/audit").await;
    assert!(response.chunk().await.unwrap().is_some());
    installation.database.owner().await.batch_execute("alter table events rename to elsewhere").await.unwrap();
    let mut read = 0;
    let broken = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => read += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken, "{read} bytes, and then an end as if that were all");
    let away = process.admin.send(Method::GET, "/audit", &[("Accept", "application/x-ndjson")], None).await;
    assert_eq!(away.error(), (503, 10090), "before the first byte it is an error like any other");
    assert!(away.retry_after() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_come_to_who_asks_for_them_and_end_where_told() {
    let app: TestApp = lively().await;
    let all = stored(&app, "true").await.len();
    for accept in
        ["application/x-ndjson", "text/html, Application/X-NDJSON;q=0.5", "*/*;q=0.1,application/x-ndjson ; q=1"]
    {
        let answer = app.admin.send(Method::GET, "/audit", &[("Accept", accept)], None).await;
        assert_eq!(
            (answer.header("content-type"), answer.raw.lines().count()),
            ("application/x-ndjson", all),
            "{accept}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.header("x-request-id").is_empty());
    }
    for accept in ["*/*", "application/json", "application/x-ndjson;q=0", "application/x-ndjson2", "application/*"] {
        let answer = app.admin.send(Method::GET, "/audit", &[("Accept", accept)], None).await;
        assert_eq!(answer.header("content-type"), "application/json", "{accept}");
    }
    let page = app.admin.get("/audit?limit=3").await;
    let first = lines(&app.admin, "/audit?limit=3").await;
    assert_eq!(first, page.body["events"].as_array().unwrap().clone());
    let rest = lines(&app.admin, &format!("/audit?cursor={}", page.text("next"))).await;
    assert_eq!(first.len() + rest.len(), all);
    let head = app.admin.send(Method::HEAD, "/audit", &[("Accept", "application/x-ndjson")], None).await;
    assert_eq!((head.status.as_u16(), head.raw.as_str()), (200, ""));
    assert_eq!(head.header("content-type"), "application/x-ndjson");
    app.stop().await;
}
