//! SIGTERM at random moments of hand-overs: those that run are finished and recorded, and nothing is left to be taken over.

use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;
use tokio::time::sleep;

use super::{request::Request, world::World};
use crate::app::eventually;

/// It takes its time before and after the message is out.
const SCRIPT: &str = r#"#!/bin/sh
cd "$SPOOL_DIR" || exit 78
message=$(tr '\n' ' ')
sleep 0.15
printf '%s 1 only %s %s\n' "$TANAGER_TRANSMISSION" "$1" "$message" >>"$TANAGER_KIND-sent"
sleep 0.15
"#;
const CHANNEL: &str = "script = \"@script\"\ntimeout = \"5 s\"\nenv = { SPOOL_DIR = \"@spool\" }\n";
const ENDS: u64 = 8;
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_runs_at_an_end_is_recorded_and_nothing_is_taken_over_later() {
    let world = World::new(SCRIPT, CHANNEL).await;
    for end in 0..ENDS {
        let mut process = world.serve().await;
        let mut customers = Vec::new();
        for n in 0..AT_ONCE {
            customers.push(world.place.customer(&process, &format!("customer-{end}-{n}"), &["sms"]).await);
        }
        let requests: Vec<_> = customers.iter().map(|customer| Request::challenge().begin(customer)).collect();
        sleep(Duration::from_millis(end * 60)).await;
        // One of them has lost patience.
        requests[0].abort();
        process.signal(Signal::TERM);

        let answers = join_all(requests).await;
        assert_eq!(process.ended().await.code(), Some(0), "{}", process.log());

        let claimed = "select count(*) from challenges where claim_until is not null";
        assert_eq!(world.witness.number(claimed).await, 0, "{}", process.log());
        for (customer, answer) in customers.iter().zip(answers) {
            let sent = world.witness.sent().into_iter().filter(|sent| sent.address == customer.phone).count();
            let asked = world.witness.open(&customer.username, "token").await.len();
            assert_eq!(sent, asked, "{}", customer.username);
            if let Ok(Some(answer)) = answer {
                assert_eq!((answer.status.as_u16(), sent), (200, 1), "{answer:?}");
            }
        }
    }
    let _process = world.serve().await;
    let worked = "select count(*) from seen_take_overs";
    let told = "select count(*) from events where kind = 'transmission.sent'";
    eventually("all of it is told", async || {
        world.witness.number(told).await == i64::try_from(world.witness.sent().len()).unwrap()
    })
    .await;
    assert_eq!(world.witness.number(worked).await, 0);
    assert!(!world.witness.sent().is_empty(), "no end came in between");
}
