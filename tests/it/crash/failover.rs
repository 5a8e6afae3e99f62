//! Two transports in order: the second carries what the first did not, with the same TAN under the same transmission, whatever
//! dies in between.

use std::time::Duration;

use tokio::time::Instant;

use super::{request::Request, world::World};
use crate::app::{Answer, Customer, Process};

/// Does as files of the spool say, each for the transport of that name: sends at once, kills its service, hangs, fails.
const SCRIPT: &str = r#"#!/bin/sh
[ "$TANAGER_KIND" = tan ] || exit 0
cd "$SPOOL_DIR" || exit 78
printf '%s 1 %s %s\n' "$TANAGER_TRANSMISSION" "$ROLE" "$1" >>tan-begun
message=$(tr '\n' ' ')
out() { printf '%s 1 %s %s %s\n' "$TANAGER_TRANSMISSION" "$ROLE" "$1" "$message" >>tan-sent; }
if [ -e "$ROLE-sends" ]; then out "$1"; fi
if rm "$ROLE-kills" 2>/dev/null; then kill -9 $PPID; exit 1; fi
if [ -e "$ROLE-hangs" ]; then sleep 60; fi
if [ -e "$ROLE-fails" ]; then exit 1; fi
[ -e "$ROLE-sends" ] || out "$1"
exit 0
"#;

const CHANNEL: &str = "transports = [\"first\", \"second\"]\ntimeout = \"4 s\"\n\
     [channel.sms.transport.first]\nkind = \"script\"\nscript = \"@script\"\ntimeout = \"1 s\"\n\
     env = { SPOOL_DIR = \"@spool\", ROLE = \"first\" }\n\
     [channel.sms.transport.second]\nkind = \"script\"\nscript = \"@script\"\n\
     env = { SPOOL_DIR = \"@spool\", ROLE = \"second\" }\n";

async fn stage(armed: &[&str]) -> (World, Process, Customer) {
    let world = World::new(SCRIPT, CHANNEL).await;
    let process = world.serve().await;
    let alice = world.place.customer(&process, "alice", &["sms"]).await;
    for what in armed {
        world.arm(what);
    }
    (world, process, alice)
}

async fn ask(alice: &Customer) -> Option<Answer> {
    Request::challenge().begin(alice).await.unwrap()
}

/// Which transports sent; all of it the same message, whose TAN works once.
async fn assert_sent(world: &World, alice: &Customer, roles: &[&str]) {
    let sent = world.witness.sent();
    assert_eq!(sent.iter().map(|sent| sent.role.as_str()).collect::<Vec<_>>(), roles);
    let same =
        |two: &[super::witness::HandOver]| (&two[0].transmission, &two[0].text) == (&two[1].transmission, &two[1].text);
    assert!(sent.windows(2).all(same), "the same TAN under the same id: {sent:?}");
    let id = world.witness.open("alice", "token").await.pop().expect("an open challenge");
    let tan = world.witness.arrived(&id).await.expect("a message");
    assert_eq!(alice.confirm(&id, &tan).await.status, 200);
    assert_eq!(alice.confirm(&id, &tan).await.error(), (410, 10001));
}

/// What the trail says of the only sending that came through: its transport, and those before it.
async fn way(world: &World) -> (String, String) {
    let told = "select details ->> 'transport', coalesce(details ->> 'failed_before', '') from events \
                where kind = 'transmission.sent'";
    let told = world.witness.texts(told).await;
    assert_eq!(told.len(), 1, "it counts once");
    (told[0][0].clone(), told[0][1].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_first_transport_fails_to_carry_the_second_does() {
    let (world, _process, alice) = stage(&["first-fails"]).await;
    assert_eq!(ask(&alice).await.unwrap().status, 200);
    assert_sent(&world, &alice, &["second"]).await;
    assert_eq!(way(&world).await, ("second".to_owned(), "first: failed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_transport_that_hangs_eats_its_own_share_of_the_time_alone() {
    let (world, _process, alice) = stage(&["first-hangs"]).await;
    let before = Instant::now();
    assert_eq!(ask(&alice).await.unwrap().status, 200);
    assert!(before.elapsed() >= Duration::from_secs(1), "the first was not waited for");
    assert!(before.elapsed() < Duration::from_secs(6), "after {:?}", before.elapsed());
    assert_sent(&world, &alice, &["second"]).await;
    assert_eq!(way(&world).await, ("second".to_owned(), "first: timed_out".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_transport_sent_before_it_failed_is_doubled_with_the_same_tan() {
    let (world, _process, alice) = stage(&["first-sends", "first-fails"]).await;
    assert_eq!(ask(&alice).await.unwrap().status, 200);
    assert_sent(&world, &alice, &["first", "second"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_the_first_s_failure_and_the_second_s_success_is_taken_over() {
    for (armed, roles) in [
        (&["first-fails", "second-kills"][..], &["second"][..]),
        (&["first-hangs", "second-kills"], &["second"]),
        (&["first-sends", "first-fails", "second-kills"], &["first", "first", "second"]),
        (&["first-fails", "second-sends", "second-kills"], &["second", "second"]),
    ] {
        let (world, mut process, alice) = stage(armed).await;
        assert!(ask(&alice).await.is_none(), "{armed:?}");
        process.killed().await;

        let process = world.serve().await;
        world.witness.lapse().await;
        world.until_settled().await;

        assert_sent(&world, &alice.at(&process), roles).await;
        assert_eq!(way(&world).await.0, "second");
        assert_eq!(world.witness.number("select count(*) from seen_take_overs").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_transport_carries_it_the_client_is_told_to_try_again_at_once_and_can() {
    let (world, _process, alice) = stage(&["first-fails", "second-fails"]).await;
    let failed = ask(&alice).await.unwrap();
    assert_eq!(failed.error(), (502, 5133), "{failed:?}");
    assert!(failed.text("hint").contains("may be tried again at once"), "{failed:?}");
    assert_eq!(world.witness.sent(), []);
    world.disarm("second-fails");
    assert_eq!(ask(&alice).await.unwrap().status, 200);
    assert_sent(&world, &alice, &["second"]).await;
}
