//! What the bank core said is remembered for a moment, and never longer than is said.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;
use tanager::domain::username::Username;
use tokio::sync::Semaphore;

use super::{
    bank_core::{ALICE, ALICE_AGAIN, ALICE_BASIC, ANYBODY, BOB, Core, NOBODY, Says},
    call, get, remembering,
};
use crate::app::{TestApp, eventually};

/// Longer than any of these tests takes.
const LONG: &str = "10 s";

async fn status(app: &TestApp, username: &str, credential: &str) -> u16 {
    get(app, &format!("/accounts/{username}"), credential).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_asked_for_once_and_serves_the_gateway_too() {
    let core = Core::start().await;
    let app = remembering(LONG, &core, "").await;
    for _ in 0..10 {
        assert_eq!(status(&app, "alice", ALICE).await, 200);
        let alice = Username::parse("alice").unwrap();
        assert!(app.running.service().customer(ALICE, &alice).await.is_ok());
    }
    assert_eq!(core.take_asked().len(), 1);
    for credential in [ALICE_AGAIN, ALICE_BASIC, "bearer secret-token:5oFk2tYgq0b7vJ1cW9xZ3mLr8aHd6EuKpNsQiTfVyBC"] {
        let _ = status(&app, "alice", credential).await;
    }
    assert_eq!(core.take_asked().len(), 3, "what is not the same to the byte is asked about");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_for_one_account_is_none_for_another() {
    let core = Core::start().await;
    let app = remembering(LONG, &core, "").await;
    assert_eq!((status(&app, "alice", ALICE).await, status(&app, "bob", BOB).await), (200, 200));
    for (username, credential) in [("bob", ALICE), ("alice", BOB), ("alicebob", ALICE), ("alice", NOBODY)] {
        assert_eq!(status(&app, username, credential).await, 401, "{username}");
    }
    core.take_asked();
    assert_eq!((status(&app, "carol", ANYBODY).await, status(&app, "dave", ANYBODY).await), (200, 200));
    assert_eq!(core.take_asked().len(), 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_ended_is_refused_within_what_is_remembered() {
    let core = Core::start().await;
    let app = remembering("1 s", &core, "").await;
    assert_eq!(status(&app, "alice", ALICE).await, 200);
    let answered = Instant::now();
    core.answers("401 Unauthorized", "");
    eventually("it is refused", async || {
        let late = answered.elapsed() > Duration::from_secs(1);
        let status = status(&app, "alice", ALICE).await;
        assert!(status == 401 || !late, "honoured {:?} after the last yes", answered.elapsed());
        status == 401
    })
    .await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_forgotten_within_a_second_and_who_logs_in_is_known() {
    let core = Core::start().await;
    let app = remembering(LONG, &core, "").await;
    core.answers("401 Unauthorized", "");
    assert_eq!(status(&app, "alice", ALICE).await, 401);
    let answered = Instant::now();
    core.says(Says::WhatItKnows);
    eventually("he is known", async || {
        let late = answered.elapsed() > Duration::from_secs(1);
        let status = status(&app, "alice", ALICE).await;
        assert!(status == 200 || !late, "refused {:?} after the last no", answered.elapsed());
        status == 200
    })
    .await;
    assert_eq!(core.take_asked().len(), 2, "until then nobody was asked");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_not_remembered() {
    let core = Core::start().await;
    let app = remembering(LONG, &core, "").await;
    core.answers("500 Oh", "");
    assert_eq!(status(&app, "alice", ALICE).await, 503);
    core.says(Says::WhatItKnows);
    assert_eq!(status(&app, "alice", ALICE).await, 200);
    core.answers("500 Oh", "");
    assert_eq!(status(&app, "alice", ALICE).await, 200, "the yes is");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_ask_once() {
    let core = Core::start().await;
    let app = remembering(LONG, &core, "").await;
    let leave = Arc::new(Semaphore::new(0));
    core.says(Says::WithLeave(Arc::clone(&leave)));
    let all = futures_util::future::join_all((0..50).map(|_| status(&app, "alice", ALICE)));
    let (statuses, ()) = tokio::join!(all, async {
        eventually("it is asked", async || core.asked() > 0).await;
        leave.add_permits(50);
    });
    assert_eq!((statuses, core.take_asked().len()), (vec![200; 50], 1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_hangs_up_fails_nobody_who_waits_with_him() {
    let core = Core::start().await;
    let app = Arc::new(remembering(LONG, &core, "").await);
    let leave = Arc::new(Semaphore::new(0));
    core.says(Says::WithLeave(Arc::clone(&leave)));
    let ask = || {
        let app = Arc::clone(&app);
        tokio::spawn(async move { status(&app, "alice", ALICE).await })
    };
    let first = ask();
    eventually("it is asked", async || core.asked() == 1).await;
    let others: Vec<_> = (0..5).map(|_| ask()).collect();
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    leave.add_permits(50);
    for other in others {
        assert_eq!(other.await.unwrap(), 200);
    }
    assert!(core.take_asked().len() <= 2, "at most one of the others asked for all");
    Arc::into_inner(app).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_here_forgets_the_answer_at_once() {
    let core = Core::start().await;
    let app = remembering(LONG, &core, "").await;
    for (out, other) in [(ALICE, ALICE_AGAIN), (ALICE_BASIC, ALICE_AGAIN)] {
        assert_eq!((status(&app, "alice", out).await, status(&app, "alice", other).await), (200, 200));
        assert_eq!(call(&app, Method::DELETE, "/accounts/alice/token", out, None).await.status, 204);
        core.take_asked();
        core.answers("401 Unauthorized", "");
        assert_eq!(status(&app, "alice", out).await, 401);
        assert_eq!(core.take_asked().len(), 1, "it is asked about anew");
        assert_eq!(status(&app, "alice", other).await, 200, "another session is not");
        core.says(Says::WhatItKnows);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_deleted_is_refused_at_once() {
    let core = Core::start().await;
    let app = remembering(LONG, &core, "").await;
    assert_eq!(status(&app, "alice", ALICE).await, 200);
    assert_eq!(app.admin.delete("/accounts/alice").await.status, 204);
    assert_eq!(get(&app, "/accounts/alice", ALICE).await.error(), (403, 44));
    let enrolled = json!({"address": "+41791234567"});
    let enrolled = call(&app, Method::POST, "/accounts/alice/tan/sms", ALICE, Some(enrolled)).await;
    assert_eq!((enrolled.error(), core.take_asked().len()), ((403, 44), 1));
    app.stop().await;
}
