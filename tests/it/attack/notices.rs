//! Who is blocked is told so, once; and an operator ends it.

use std::time::Duration;

use serde_json::json;
use tanager::channel::{MessageKind, Recording};

use super::{Fleet, guesser::Guesser};
use crate::app::eventually;

/// Blocks at the third, sixth and ninth wrong one; the ninth is three quarters; the twelfth is the last.
const LIMITS: &str = "account_per_hour = 10000\naccount_per_day = 10000\naddress_per_hour = 10000\n\
    address_per_day = 10000\nconsecutive_failures = 3\ntotal_failures = 12\nblock = \"1 min\"\n\
    retransmission_period = \"1 s\"\n";

struct Tapes(Vec<Recording>);

impl Tapes {
    /// The notices that went to a customer by one channel, from whichever instance.
    fn notices(&self) -> Vec<String> {
        let sent = self.0.iter().flat_map(Recording::sent);
        sent.filter(|message| message.kind == MessageKind::Notice)
            .map(|message| message.body.reveal().to_owned())
            .collect()
    }

    fn said(&self, words: &str) -> usize {
        self.notices().iter().filter(|body| body.contains(words)).count()
    }
}

fn tapes(fleet: &Fleet, of: impl Fn(&crate::app::TestApp) -> &Recording) -> Tapes {
    Tapes(fleet.apps.iter().map(|app| of(app).clone()).collect())
}

async fn standing(fleet: &Fleet) -> (i32, bool) {
    let row = "select total_failures::integer, coalesce(blocked_until = 'infinity', false) from accounts where username = 'alice'";
    let row = fleet.database.owner().await.query_one(row, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_is_told_of_the_first_block_at_three_quarters_and_at_the_end_and_at_nothing_else() {
    let mut fleet = Fleet::of(2, LIMITS).await;
    fleet.customer("alice", &["sms", "email"]).await;
    let both = [tapes(&fleet, |app| &app.sms), tapes(&fleet, |app| &app.email)];
    let mut guesser = Guesser::on("alice", &["sms", "email"], 5);
    let mut at = Vec::new();
    while !standing(&fleet).await.1 {
        guesser.storm(&fleet).await;
        // What was told is waited for; that nothing else was is looked up at the end, when all is sent.
        let failed = standing(&fleet).await.0;
        let expected = usize::from(failed >= 3) + usize::from(failed >= 9) + usize::from(failed >= 12);
        for tapes in &both {
            eventually("a notice", async || tapes.notices().len() >= expected).await;
        }
        at.push((failed, both[0].notices().len()));
        fleet.advance(Duration::from_secs(30));
    }
    for _ in 0..3 {
        guesser.storm(&fleet).await;
        fleet.advance(Duration::from_hours(25));
    }
    fleet.stop().await;
    at.dedup();
    assert_eq!(at, [(3, 1), (6, 1), (9, 2), (12, 3)]);
    for tapes in &both {
        let notices = tapes.notices();
        assert_eq!(notices.len(), 3, "{notices:?}");
        assert_eq!((tapes.said("blocked for a while"), tapes.said("very many wrong TANs")), (1, 1), "{notices:?}");
        assert_eq!(tapes.said("until the bank unblocks"), 1, "{notices:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ends_a_block_under_his_name_and_the_customer_can_act_at_once() {
    let mut fleet = Fleet::of(2, LIMITS).await;
    let alice = fleet.customer("alice", &["sms", "email"]).await;
    let tape = tapes(&fleet, |app| &app.sms);
    let mut guesser = Guesser::on("alice", &["email"], 4);
    guesser.storm_on(&mut fleet).await;
    while standing(&fleet).await.0 < 3 {
        guesser.storm_on(&mut fleet).await;
    }
    fleet.advance(Duration::from_mins(1));
    guesser.storm(&fleet).await;
    let client = &fleet.log_in("alice").await[1];
    let asked = client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!(asked.error(), (429, 10006), "{asked:?}");

    let unblocked = fleet.apps[1].admin.post("/accounts/alice/unblock", json!({})).await;

    assert_eq!(unblocked.status, 204);
    let asked = client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!(asked.status, 200, "at once: {asked:?}");
    let tan = fleet.apps[1].tan_sent_to(&alice.phone);
    assert_eq!(alice.confirm(asked.text("challenge_id"), &tan).await.status, 200);
    let actors = "select actor from events where kind = 'account.unblocked'";
    let actors: Vec<String> =
        fleet.database.owner().await.query(actors, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(
        matches!(actors.as_slice(), [one] if one.starts_with("operator:") && one.ends_with(":a test")),
        "{actors:?}"
    );

    while standing(&fleet).await.0 < 3 {
        guesser.storm_on(&mut fleet).await;
    }
    eventually("a second notice", async || tape.said("blocked for a while") == 2).await;
    fleet.stop().await;
    assert_eq!(tape.notices().len(), 2, "the doubling began anew: its first block is told");
}
