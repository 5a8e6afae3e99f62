//! A bank core that gives no answers is left in peace, and lets nobody in meanwhile.

use std::{path::Path, sync::Arc, time::Instant};

use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::Semaphore,
};

use super::{
    bank_core::{ALICE, ALICE_AGAIN, BOB, Core, NOBODY, Says},
    get, remembering, served_by,
};
use crate::app::{Installation, TestApp, eventually};

const FAILURES: usize = 5;

/// Asks until it is left in peace.
async fn worn_out(app: &TestApp, core: &Core) {
    for _ in 0..FAILURES {
        let answer = get(app, "/accounts/alice", ALICE).await;
        assert_eq!((answer.error(), answer.retry_after()), ((503, 10090), 5));
    }
    core.take_asked();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_failures_nobody_is_asked_and_nobody_let_in_until_it_answers_again() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    core.answers("503 Later", "");
    worn_out(&app, &core).await;
    let opened = Instant::now();
    core.says(Says::WhatItKnows);
    for credential in [ALICE, ALICE_AGAIN, NOBODY] {
        let answer = get(&app, "/accounts/alice", credential).await;
        assert_eq!(answer.error(), (503, 10090), "neither yes nor no");
        assert!((1..=5).contains(&answer.retry_after()), "{answer:?}");
    }
    assert_eq!(core.asked(), 0);
    assert_eq!(app.admin.post("/accounts", json!({"username": "bob"})).await.status, 201, "operators need it not");
    assert_eq!(app.admin.get("/accounts/bob").await.status, 200);
    eventually("it is asked again", async || get(&app, "/accounts/alice", ALICE).await.status == 200).await;
    assert!(opened.elapsed().as_millis() >= 4500, "{:?}", opened.elapsed());
    assert_eq!(core.asked(), 1, "once, and that was a yes");
    assert_eq!(get(&app, "/accounts/bob", BOB).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tries_while_all_others_are_refused() {
    let core = Core::start().await;
    let app = served_by(&core, "").await;
    core.answers("503 Later", "");
    worn_out(&app, &core).await;
    let leave = Arc::new(Semaphore::new(0));
    core.says(Says::WithLeave(Arc::clone(&leave)));
    let probe = eventually("one is let through", async || get(&app, "/accounts/bob", BOB).await.status == 200);
    let others = async {
        eventually("it is asked", async || core.asked() == 1).await;
        for credential in [ALICE, ALICE_AGAIN, BOB] {
            let answer = get(&app, "/accounts/alice", credential).await;
            assert_eq!((answer.error(), answer.retry_after()), ((503, 10090), 1));
        }
        assert_eq!(core.asked(), 1);
        leave.add_permits(100);
    };
    tokio::join!(probe, others);
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_honoured_while_it_is_left_in_peace() {
    let core = Core::start().await;
    let app = remembering("10 s", &core, "").await;
    assert_eq!(get(&app, "/accounts/bob", BOB).await.status, 200);
    core.answers("503 Later", "");
    worn_out(&app, &core).await;
    assert_eq!(get(&app, "/accounts/bob", BOB).await.status, 200);
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.error(), (503, 10090));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_keeps_all_others_out_by_a_credential_that_is_refused_or_not_understood() {
    let core = Core::start().await;
    let app = served_by(&core, "username_pointer = \"/username\"\n").await;
    for says in ["401 Unauthorized", "400 Bad Request", "431 Too Large", "302 Found", "200 OK", "500 Oh"] {
        core.answers(says, "<html></html>");
        for _ in 0..2 * FAILURES {
            get(&app, "/accounts/alice", NOBODY).await;
        }
        assert_eq!(core.take_asked().len(), 2 * FAILURES, "{says}");
    }
    core.answers("503 Later", "");
    for _ in 0..2 * FAILURES {
        let large = format!("Bearer {}", "x".repeat(8 * 1024));
        assert_eq!(get(&app, "/accounts/alice", &large).await.error(), (401, 40), "it is no credential");
    }
    assert_eq!(core.take_asked().len(), 0);
    core.says(Says::WhatItKnows);
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_what_was_answered() {
    let core = Core::start().await;
    let place = Installation::new().await;
    let socket = place.path("operators");
    let place = place
        .with("TANAGER_IDENTITY__MODE", "upstream")
        .with("TANAGER_IDENTITY__URL", &core.url())
        .with("TANAGER_IDENTITY__REMEMBER", "10 s")
        .with("TANAGER_SERVER__OPERATORS_LISTEN", &format!("unix:{}", socket.display()));
    let process = place.serve().await;
    let ask = async |credential: &str| {
        process.stranger().send(Method::GET, "/accounts/alice", &[("Authorization", credential)], None).await
    };
    for _ in 0..3 {
        ask(ALICE).await;
    }
    ask(NOBODY).await;
    core.answers("503 Later", "");
    for _ in 0..FAILURES + 2 {
        ask(ALICE_AGAIN).await;
    }
    let metrics = metrics_at(&socket).await;
    for line in [
        "tanager_identity_answers_total{outcome=\"known\"} 1",
        "tanager_identity_answers_total{outcome=\"remembered\"} 2",
        "tanager_identity_answers_total{outcome=\"unknown\"} 1",
        "tanager_identity_answers_total{outcome=\"unclear\"} 5",
        "tanager_identity_answers_total{outcome=\"resting\"} 2",
        "tanager_identity_breaker_open 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert!(process.log().contains("identity.url is left in peace for 5s"), "{}", process.log());
}

async fn metrics_at(socket: &Path) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    said
}
