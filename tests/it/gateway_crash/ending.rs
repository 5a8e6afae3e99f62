//! SIGTERM while a protected operation is in flight: it is finished, answered and written, and nothing hangs.

use std::time::Duration;

use rustix::process::Signal;
use tokio::{net::TcpStream, time::Instant};

use super::{Scene, TRANSFER, Times, gateway_of};
use crate::{
    app::{Installation, Process, eventually},
    bank_core::{Gate, Script, Step},
};

async fn terminate(process: &Process) {
    process.signal(Signal::TERM);
    eventually("it has begun to end", async || process.log().contains("finishing what runs")).await;
}

async fn assert_ended(process: &mut Process) {
    assert_eq!(process.ended().await.code(), Some(0), "{}", process.log());
    assert!(process.log().contains("stopped"), "{}", process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_is_at_work_on_is_finished_and_answered() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, TRANSFER).await;
    let (request, gate) = scene.at_work(&alice, TRANSFER, &approval).await;
    let address = gateway_of(&process).await;

    terminate(&process).await;
    eventually("nobody else is let in", async || TcpStream::connect(address).await.is_err()).await;
    assert_eq!(scene.row(&approval).await, ("solved".to_owned(), Some(true)));
    gate.open();

    let answer = request.await.unwrap().unwrap();
    assert_eq!((answer.status.as_u16(), answer.raw.as_str()), (200, r#"{"done":200}"#));
    assert_ended(&mut process).await;
    assert_eq!((scene.row(&approval).await.0.as_str(), scene.done(TRANSFER)), ("spent", (1, 1)));
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_any_more_is_finished_and_written() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, TRANSFER).await;
    let (request, gate) = scene.at_work(&alice, TRANSFER, &approval).await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());

    terminate(&process).await;
    gate.open();

    assert_ended(&mut process).await;
    assert_eq!((scene.row(&approval).await.0.as_str(), scene.done(TRANSFER)), ("spent", (1, 1)));
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_waits_for_the_row_is_written_before_the_end() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, TRANSFER).await;
    let (request, gate) = scene.at_work(&alice, TRANSFER, &approval).await;
    let lock = scene.lock("alice").await;
    gate.open();
    scene.until_blocked().await;

    terminate(&process).await;
    lock.release().await;

    assert_eq!(request.await.unwrap().unwrap().status, 200);
    assert_ended(&mut process).await;
    assert_eq!((scene.row(&approval).await.0.as_str(), scene.done(TRANSFER)), ("spent", (1, 1)));
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_on_its_way_comes_whole() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, TRANSFER).await;
    let gate = Gate::shut();
    let half = b"HTTP/1.1 200 Done\r\ncontent-length: 10\r\n\r\nhello".to_vec();
    let steps = [Step::Read, Step::Do, Step::Write(half), Step::Await(gate.clone()), Step::Write(b"world".to_vec())];
    scene.core.once(TRANSFER.method, TRANSFER.path, Script(steps.to_vec()));
    let request = TRANSFER.begin(&alice, &approval);
    scene.until_spent(&approval).await;

    terminate(&process).await;
    gate.open();

    assert_eq!(request.await.unwrap().unwrap().raw, "helloworld");
    assert_ended(&mut process).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_hangs_does_not_keep_the_service_longer_than_its_time_out() {
    let times = Times { lease: "2 s", timeout: "1 s" };
    let scene = Scene::over(Installation::new().await, times).await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, TRANSFER).await;
    let (request, _gate) = scene.at_work(&alice, TRANSFER, &approval).await;

    let before = Instant::now();
    process.signal(Signal::TERM);

    let answer = request.await.unwrap().unwrap();
    assert_eq!(answer.error(), (502, 10091), "{answer:?}");
    assert_ended(&mut process).await;
    assert!(before.elapsed() < Duration::from_secs(10), "after {:?}", before.elapsed());
    assert_eq!(scene.row(&approval).await, ("solved".to_owned(), Some(false)), "void at once, as the service saw it");
    assert_eq!((scene.done(TRANSFER), scene.events("token.unsettled").await), ((1, 1), 1));
    scene.assert_trail_whole().await;
}

/// A slow request at the API's listener does not keep the gateway's open.
#[tokio::test(flavor = "multi_thread")]
async fn every_listener_is_closed_at_once() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let approval = scene.approve(&alice, TRANSFER).await;
    let address = gateway_of(&process).await;
    let (lock, here) = (scene.lock("alice").await, alice.at(&process));
    let path = here.path("/tan/challenge/sms");
    let slow = tokio::spawn(async move { here.client.post(&path, serde_json::json!({})).await });
    scene.until_blocked().await;

    terminate(&process).await;

    eventually("the gateway is closed", async || TcpStream::connect(address).await.is_err()).await;
    assert_eq!(scene.waiting().await, 1, "the slow request is still at work");
    lock.release().await;
    assert_eq!(slow.await.unwrap().status, 200);
    assert_ended(&mut process).await;
    assert_eq!((scene.hits(TRANSFER), scene.row(&approval).await), (0, ("solved".to_owned(), None)));
}
