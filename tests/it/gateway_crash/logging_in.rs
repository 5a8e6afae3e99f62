//! A log-in whose answer the service withholds (`identity = "response"`), while the service or its database goes: no
//! session comes without a proof, and none stays that nobody has.

use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio::task::JoinHandle;

use super::{Approval, Scene, assert_busy, at};
use crate::{
    app::{Answer, Customer, tan_in},
    bank_core::{CORE_PASSWORD, CORE_SESSION, Gate, Reply, Script, basic},
};

const PATH: &str = "/accounts/alice/token";

/// The core's yes, behind a gate.
fn yes(gate: &Gate) -> Script {
    Script::perform(&Reply::new(200).json(&json!({"access_token": CORE_SESSION}))).behind(gate)
}

/// Logs in with the ids of solved challenges; an empty one is none.
fn log_in(customer: &Customer, ids: &str) -> JoinHandle<Option<Answer>> {
    let (client, ids) = (customer.client.with_token(""), ids.to_owned());
    tokio::spawn(async move {
        let credential = basic("alice", CORE_PASSWORD);
        let headers = [("Authorization", credential.as_str()), ("Taler-Challenge-Ids", &ids)];
        let headers = if ids.is_empty() { &headers[..1] } else { &headers };
        client.attempt(Method::POST, PATH, headers, Some("{}".to_owned())).await.ok()
    })
}

async fn logged_in(customer: &Customer, ids: &str) -> Answer {
    log_in(customer, ids).await.unwrap().expect("it lives")
}

/// The id that is to be solved; no session came.
fn withheld(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(!answer.raw.contains(CORE_SESSION), "{answer:?}");
    answer.body["challenges"][0]["challenge_id"].as_str().unwrap().to_owned()
}

async fn solve(scene: &Scene, customer: &Customer, id: &str) {
    let (client, path) = (customer.client.with_token(""), customer.path(&format!("/challenge/{id}")));
    assert_eq!(client.post(&path, json!({})).await.status, 200);
    let message = scene.place.path(&format!("spool/sms-{}.txt", customer.phone));
    let tan = tan_in(&std::fs::read_to_string(message).unwrap());
    assert_eq!(client.post(&format!("{path}/confirm"), json!({"tan": tan})).await.status, 204);
}

/// Waits until so many sessions were ended at the core.
async fn until_ended(scene: &Scene, count: usize) {
    scene.core.until_hit("DELETE", PATH, count).await;
    let ended = scene.core.last("DELETE", PATH).header("authorization");
    assert_eq!(ended, Some(format!("Bearer {CORE_SESSION}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_was_held_when_its_service_was_killed_lapses_and_opens_nothing() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let id = withheld(&logged_in(&alice, "").await);
    solve(&scene, &alice, &id).await;
    let challenge = "select challenge_id::text from challenges";
    let challenge: String = scene.owner.query_one(challenge, &[]).await.unwrap().get(0);
    let approval = Approval { token: String::new(), challenge };
    until_ended(&scene, 1).await;
    let gate = Gate::shut();
    scene.core.once("POST", PATH, yes(&gate));
    let request = log_in(&alice, &id);
    scene.core.until_hit("POST", PATH, 2).await;
    assert_eq!(scene.row(&approval).await, ("solved".to_owned(), Some(true)));
    process.kill().await;
    gate.open();
    assert!(request.await.unwrap().is_none(), "it was killed before it could answer");

    let process = scene.serve().await;
    let alice = at(&alice, &process).await;
    assert_busy(&logged_in(&alice, &id).await);
    scene.lapse().await;
    let other = withheld(&logged_in(&alice, &id).await);

    assert_eq!((scene.core.hits("POST", PATH), scene.events("token.spent").await), (3, 0));
    solve(&scene, &alice, &other).await;
    assert_eq!(logged_in(&alice, &other).await.text("access_token"), CORE_SESSION);
    until_ended(&scene, 2).await;
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_that_cannot_be_judged_brings_no_session_and_leaves_none() {
    let scene = Scene::new().await;
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let gate = Gate::shut();
    scene.core.once("POST", PATH, yes(&gate));
    let request = log_in(&alice, "");
    scene.core.until_hit("POST", PATH, 1).await;
    scene.take_away().await;
    gate.open();

    let answer = request.await.unwrap().unwrap();

    assert_eq!(answer.error(), (503, 10090), "{answer:?}");
    assert!(!answer.raw.contains(CORE_SESSION), "{answer:?}");
    until_ended(&scene, 1).await;
    scene.give_back().await;
    scene.assert_trail_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withheld_session_is_ended_at_the_core_before_the_service_ends() {
    let scene = Scene::new().await;
    let mut process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let (gate, ending) = (Gate::shut(), Gate::shut());
    scene.core.once("POST", PATH, yes(&gate));
    scene.core.once("DELETE", PATH, Script::say(&Reply::new(204)).behind(&ending));
    let request = log_in(&alice, "");
    scene.core.until_hit("POST", PATH, 1).await;

    process.signal(Signal::TERM);
    gate.open();

    withheld(&request.await.unwrap().unwrap());
    until_ended(&scene, 1).await;
    ending.open();
    assert_eq!(process.ended().await.code(), Some(0), "{}", process.log());
    assert!(!process.log().contains("could not be ended"), "{}", process.log());
    scene.assert_trail_whole().await;
}
