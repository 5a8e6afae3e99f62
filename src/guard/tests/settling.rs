//! What Tanager is told of the outcome, and what it is not told.

use std::future::Future;

use tokio::{select, task::JoinHandle};

use super::*;

/// A request in flight, to be dropped as actix drops it when a client hangs up.
fn begin<F: Future + 'static>(call: F) -> JoinHandle<()> {
    actix_web::rt::spawn(async move {
        call.await;
    })
}

#[actix_web::test]
async fn a_success_is_committed_once_before_the_reply_leaves() {
    for status in ["200", "204", "303"] {
        let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
        let answer = ask(&stub.guard(), operation(), &seen, post(&format!("/accounts/alice/{status}"))).await;
        assert_eq!(answer.status.to_string(), status);
        assert_eq!(stub.ends(), ["reserve", "commit"]);
        assert_eq!(stub.calls()[1].path, "/tokens/reservations/r-1/commit");
        assert_eq!(stub.calls()[1].authorization, format!("Bearer {TOKEN}"));
    }
}

#[actix_web::test]
async fn what_had_no_effect_is_released() {
    for status in ["400", "404", "409", "422"] {
        let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
        let answer = ask(&stub.guard(), operation(), &seen, post(&format!("/accounts/alice/{status}"))).await;
        assert_eq!(
            (answer.status.to_string().as_str(), stub.ends()),
            (status, vec!["reserve".into(), "release".into()])
        );
    }
}

#[actix_web::test]
async fn an_unknown_outcome_is_left_alone() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    for status in ["500", "502", "503", "408", "425", "429"] {
        let answer = ask(&stub.guard(), operation(), &seen, post(&format!("/accounts/alice/{status}"))).await;
        assert_eq!(answer.status.to_string(), status);
    }
    ask(&stub.guard(), operation(), &seen, post("/accounts/alice/200")).await;
    assert_eq!(stub.ends(), [["reserve"; 7].as_slice(), &["commit"]].concat());
}

#[actix_web::test]
async fn a_handler_that_panics_releases_nothing() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let core = init_service(core(&stub.guard(), operation(), &seen)).await;
    let ended = begin(core.call(post("/accounts/alice/panic").to_request())).await;
    assert!(ended.unwrap_err().is_panic());
    core.call(post("/accounts/alice/200").to_request()).await.unwrap();
    assert_eq!((stub.ends(), seen.runs()), (["reserve", "reserve", "commit"].map(str::to_owned).to_vec(), 2));
}

#[actix_web::test]
async fn a_client_that_hangs_up_while_the_handler_runs_releases_nothing() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let core = init_service(core(&stub.guard(), operation(), &seen)).await;
    select! {
        _ = core.call(post("/accounts/alice/wait").to_request()) => panic!("it waits for ever"),
        () = seen.begun.notified() => {}
    }
    core.call(post("/accounts/alice/200").to_request()).await.unwrap();
    assert_eq!(stub.ends(), ["reserve", "reserve", "commit"]);
}

#[actix_web::test]
async fn a_client_that_hangs_up_before_the_handler_runs_has_its_token_released() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let core = init_service(core(&stub.guard(), operation(), &seen)).await;
    let permits = tokio::sync::Semaphore::MAX_PERMITS;
    stub.state.gate.forget_permits(permits);
    select! {
        _ = core.call(post("/accounts/alice/200").to_request()) => panic!("Tanager has not answered"),
        () = stub.called(1) => {}
    }
    stub.state.gate.add_permits(permits);
    stub.called(2).await;
    assert_eq!((stub.ends(), seen.runs()), (["reserve", "release"].map(str::to_owned).to_vec(), 0));
}

#[actix_web::test]
async fn a_client_that_hangs_up_while_it_is_committed_changes_nothing() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    let core = init_service(core(&stub.guard(), operation(), &seen)).await;
    stub.state.gate.forget_permits(tokio::sync::Semaphore::MAX_PERMITS);
    stub.state.gate.add_permits(1);
    stub.say("commit", Said::code(503, 10090));
    select! {
        _ = core.call(post("/accounts/alice/200").to_request()) => panic!("the commit has not been answered"),
        () = stub.called(2) => {}
    }
    stub.state.gate.add_permits(2);
    stub.called(3).await;
    assert_eq!(stub.ends(), ["reserve", "commit", "commit"]);
}

#[actix_web::test]
async fn an_answer_passes_though_its_commit_fails_and_the_commit_is_repeated() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    stub.say("commit", Said::code(503, 10090));
    stub.say("commit", Said::code(500, 0));
    let answer = ask(&stub.guard(), operation(), &seen, post("/accounts/alice/200")).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"done"[..]));
    stub.called(4).await;
    assert_eq!((stub.ends(), seen.runs()), (["reserve", "commit", "commit", "commit"].map(str::to_owned).to_vec(), 1));
}

#[actix_web::test]
async fn a_commit_that_can_never_succeed_is_not_repeated() {
    let (stub, seen) = (Stub::start(), web::Data::new(Seen::default()));
    stub.say("commit", Said::code(404, 10010));
    stub.say("commit", Said::code(503, 10090));
    assert_eq!(ask(&stub.guard(), operation(), &seen, post("/accounts/alice/200")).await.status, 200);
    // The second commit is that of this request, and it is repeated.
    assert_eq!(ask(&stub.guard(), operation(), &seen, post("/accounts/alice/200")).await.status, 200);
    stub.called(5).await;
    assert_eq!(stub.ends(), ["reserve", "commit", "reserve", "commit", "commit"]);
}
