//! A running service: that it starts soon, is small, shares its database, and ends well.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::app::{Installation, eventually, tan_in};

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_a_running_request_finish_and_exits_with_0() {
    let place = Installation::new().await;
    let script = place.path("slow.sh");
    std::fs::write(&script, "#!/bin/sh\ncd \"${0%/*}\"\n: >running\nread -r _ <gate\ncat >sent\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(place.path("gate")).status().unwrap().success());
    let place = place.with("TANAGER_CHANNEL__SMS__SCRIPT", script.to_str().unwrap());
    let mut process = place.serve().await;
    let alice = place.customer(&process, "alice", &["sms"]).await;

    let (client, path) = (alice.client.clone(), alice.path("/tan/challenge/sms"));
    let request = tokio::spawn(async move { client.post(&path, json!({})).await });
    eventually("the script runs", async || place.path("running").exists()).await;
    process.signal(Signal::TERM);
    eventually("it has begun to end", async || process.log().contains("finishing what runs")).await;
    let gate = place.path("gate");
    tokio::task::spawn_blocking(|| std::fs::write(gate, "go\n")).await.unwrap().unwrap();

    let answer = request.await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(process.ended().await.code(), Some(0), "{}", process.log());
    assert!(process.log().contains("stopped"), "{}", process.log());
    let owner = place.database.owner().await;
    let row = owner.query_one("select transmissions::int8, claim_until is null from challenges", &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, bool>(1)), (1, true), "its outcome was recorded before the end");
    assert!(std::net::TcpStream::connect(alice.client.url.trim_start_matches("http://")).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_service_ends_at_once_by_sigterm_and_by_ctrl_c() {
    let place = Installation::new().await;
    for signal in [Signal::TERM, Signal::INT] {
        let mut process = place.serve().await;
        assert_eq!(process.stranger().get("/health/ready").await.status, 200);
        let before = Instant::now();
        process.signal(signal);
        assert_eq!(process.ended().await.code(), Some(0));
        assert!(before.elapsed() < Duration::from_secs(10), "an idle connection holds it up: {:?}", before.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_serve_one_database() {
    let place = Installation::new().await;
    let (one, other) = (place.serve().await, place.serve().await);
    let alice = place.customer(&one, "alice", &["sms"]).await;

    let asked = alice.client.post(&alice.path("/tan/challenge/sms"), json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let there = alice.at(&other);
    let early = there.client.post(&there.path("/tan/challenge/sms"), json!({})).await;
    assert_eq!(early.error(), (429, 5131), "the cool-down holds across instances");
    let message = std::fs::read_to_string(place.path(&format!("spool/sms-{}.txt", alice.phone))).unwrap();
    let solved = there.confirm(asked.text("challenge_id"), &tan_in(&message)).await;

    assert_eq!(solved.status, 200, "{solved:?}");
    assert_eq!(alice.confirm(asked.text("challenge_id"), &tan_in(&message)).await.error(), (410, 10001));
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_the_environment_override_the_file() {
    let place = Installation::new()
        .await
        .with("TANAGER_LIMITS__TAN_DIGITS", "6")
        .with("TANAGER_CHANNEL__EMAIL__SCRIPT", "/nonexistent")
        .with("TANAGER_SERVER__BANK_NAME", "Another Bank");
    let process = place.serve().await;

    let config = process.stranger().get("/config").await;
    assert_eq!(config.number("tan_digits"), 6);
    assert_eq!(config.body["supported_tan_channels"], json!(["sms", "totp", "recovery"]));
    let ready = process.stranger().get("/health/ready").await;
    assert_eq!(ready.status, 200, "a channel that is down fails nothing else: {ready:?}");
    let alice = place.customer(&process, "alice", &["sms"]).await;
    assert_eq!(alice.client.post(&alice.path("/tan/challenge/sms"), json!({})).await.status, 200);
    let message = std::fs::read_to_string(place.path(&format!("spool/sms-{}.txt", alice.phone))).unwrap();
    assert!(message.starts_with("Another Bank: your TAN is "), "the bank names itself as the variable says");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_on_a_unix_socket_and_takes_it_over_from_a_dead_one() {
    let place = Installation::new().await;
    let socket = place.path("tanager.sock");
    let place = place.with("TANAGER_SERVER__LISTEN", &format!("unix:{}", socket.display()));
    for _ in 0..2 {
        let mut process = place.serve().await;
        let client = reqwest::Client::builder().unix_socket(socket.clone()).build().unwrap();
        assert_eq!(client.get("http://tanager/health/ready").send().await.unwrap().status(), 200);
        let refused = place.refusal().await;
        assert!(refused.contains("cannot listen on unix:"), "a socket that is in use is not taken: {refused}");
        process.kill().await;
        assert!(socket.exists(), "what is killed leaves its socket");
    }
}

/// From `exec` to the first 200 of `/health/ready`, with the schema in place; printed, and bounded for debug builds.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_ready_soon_and_needs_little_memory() {
    let place = Installation::new().await;
    let mut times = Vec::new();
    let mut resident = 0;
    for _ in 0..5 {
        let before = Instant::now();
        let process = place.serve().await;
        eventually("it is ready", async || process.stranger().get("/health/ready").await.status == 200).await;
        times.push(before.elapsed());
        for path in ["/config", "/accounts", "/openapi.json", "/health/live"] {
            assert_eq!(process.admin.get(path).await.status, 200);
        }
        resident = resident_kib(process.pid());
    }
    times.sort_unstable();
    println!("ready after {:?} (median of {times:?}); {resident} KiB resident when idle", times[2]);
    assert!(times[2] < Duration::from_secs(2), "{times:?}");
    assert!(resident < 80 * 1024, "{resident} KiB");
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
