//! Notices: no death loses one, and none is in the way of anything.

use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::json;
use tokio::time::Instant;

use super::{request::Request, world::World};
use crate::app::{Answer, Customer, Process, addresses_of, eventually};

/// Notices do as files of the spool say: they kill their service before or after they are out, once, or hang.
const SCRIPT: &str = r#"#!/bin/sh
cd "$SPOOL_DIR" || exit 78
message=$(tr '\n' ' ')
printf '%s 1 only %s\n' "$TANAGER_TRANSMISSION" "$1" >>"$TANAGER_KIND-begun"
if [ "$TANAGER_KIND" = notice ]; then
    if rm kill-first 2>/dev/null; then kill -9 $PPID; exit 1; fi
    if [ -e hang ]; then sleep 60; fi
fi
printf '%s 1 only %s %s\n' "$TANAGER_TRANSMISSION" "$1" "$message" >>"$TANAGER_KIND-sent"
if [ "$TANAGER_KIND" = notice ] && rm kill-last 2>/dev/null; then kill -9 $PPID; fi
exit 0
"#;

fn channel(timeout: &str) -> String {
    format!("script = \"@script\"\ntimeout = \"{timeout}\"\nenv = {{ SPOOL_DIR = \"@spool\" }}\n")
}

/// An operator puts an address in force, of which it is told.
async fn moved(process: &Process, customer: &Customer) -> Option<Answer> {
    let body = Some(json!({"address": customer.phone}).to_string());
    process.admin.attempt(reqwest::Method::PUT, &customer.path("/tan/sms"), &[], body).await.ok()
}

/// Accounts that only an operator has to do with.
async fn customers(process: &Process, count: usize) -> Vec<Customer> {
    let mut customers = Vec::new();
    for n in 0..count {
        let username = format!("customer-{n}");
        let made = process.admin.post("/accounts", json!({"username": username})).await;
        assert_eq!(made.status, 201, "{made:?}");
        let (phone, email) = addresses_of(&username);
        customers.push(Customer { username, phone, email, client: process.admin.clone() });
    }
    customers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_whose_sender_dies_is_sent_by_the_next_with_the_same_reference() {
    for (strike, times) in [("kill-first", 1), ("kill-last", 2)] {
        let world = World::new(SCRIPT, &channel("2 s")).await;
        let mut process = world.serve().await;
        let alice = world.place.customer(&process, "alice", &[]).await;
        world.arm(strike);
        // It may be answered before its notice strikes; the change is committed in any case.
        let _answer = moved(&process, &alice).await;
        process.killed().await;

        let _process = world.serve().await;
        world.witness.lapse().await;
        world.until_told().await;

        let (begun, sent) = world.witness.notices();
        assert_eq!((begun.len(), sent.len()), (2, times), "{strike}: {sent:?}");
        assert_eq!(begun[0].transmission, begun[1].transmission);
        assert!(sent.iter().all(|notice| *notice == sent[0]), "{sent:?}");
        let reference = world.witness.texts("select reference from seen_notices").await;
        assert!(sent[0].text.contains(&reference[0][0]), "{sent:?}");
        assert_eq!(world.witness.number("select count(*) from events where kind = 'notice.sent'").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_hang_hold_up_neither_those_who_caused_them_nor_a_tan() {
    let world = World::new(SCRIPT, &channel("20 s")).await;
    let process = world.serve().await;
    let alice = world.place.customer(&process, "alice", &["sms"]).await;
    let crowd = customers(&process, 20).await;
    world.arm("hang");

    let before = Instant::now();
    let moves = join_all(crowd.iter().map(|customer| moved(&process, customer))).await;
    assert!(moves.iter().all(|answer| answer.as_ref().is_some_and(|answer| answer.status == 204)), "{moves:?}");
    eventually("notices hang", async || world.witness.notices().0.len() >= 4).await;
    let asked = Request::challenge().begin(&alice).await.unwrap().unwrap();

    assert_eq!(asked.status, 200, "{asked:?}");
    assert!(before.elapsed() < Duration::from_secs(15), "after {:?}", before.elapsed());
    assert_eq!(world.witness.notices().1, [], "they still hang");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_waits_for_the_notices_under_way_and_leaves_the_others_to_the_next() {
    let world = World::new(SCRIPT, &channel("3 s")).await;
    let mut process = world.serve().await;
    let crowd = customers(&process, 100).await;
    world.arm("hang");
    join_all(crowd.iter().map(|customer| moved(&process, customer))).await;
    eventually("the worker is at them", async || world.witness.notices().0.len() > 12).await;

    let before = Instant::now();
    process.signal(Signal::TERM);
    assert_eq!(process.ended().await.code(), Some(0), "{}", process.log());
    assert!(before.elapsed() < Duration::from_secs(15), "after {:?}", before.elapsed());

    world.disarm("hang");
    let _process = world.serve().await;
    world.witness.lapse().await;
    world.until_told().await;
    let mut told: Vec<_> = world.witness.notices().1.into_iter().map(|notice| notice.address).collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), crowd.len(), "each was told");
}
