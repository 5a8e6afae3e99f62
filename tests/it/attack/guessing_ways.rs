//! Guessing by other ways than the usual challenge: enrolments, Taler's flow, a channel whose TANs the guesser knows,
//! another account's session.

use std::time::Duration;

use serde_json::json;

use super::{
    Dice, Fleet,
    guesser::{Arm, Guesser},
    guessing::{SMALL, is_ended, small, until_the_end},
    trail::judged,
};
use crate::app::other_than;

#[tokio::test(flavor = "multi_thread")]
async fn enrolments_are_guessed_no_better() {
    let mut fleet = Fleet::of(2, &small()).await;
    fleet.customer("alice", &[]).await;
    let enrol = |channel: &str, address: &str| Arm {
        path: format!("/accounts/alice/tan/{channel}"),
        body: json!({"address": address}),
    };
    let arms = vec![enrol("sms", "+41791112233"), enrol("email", "victim@example.com"), enrol("sms", "+41791112244")];
    let mut guesser = Guesser::of("alice", arms, 3);
    until_the_end(&mut fleet, &mut guesser, false).await;
    let told = judged(&fleet, "alice", SMALL, &["sms"]).await;
    assert_eq!((told.wrongs(), told.solved, guesser.tally.wrong), (18, 0, told.wrong));
    assert!(told.comparisons.iter().all(|comparison| !comparison.clears), "each proves an address");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taler_s_challenges_at_the_gateway_are_guessed_no_better_together_with_all_others() {
    let mut fleet = Fleet::with_gateways(2, &small()).await;
    fleet.customer("alice", &["sms", "email"]).await;
    let withdrawal = |number: usize| Arm {
        path: format!("/accounts/alice/withdrawals/{number}/confirm"),
        body: json!({"amount": "KUDOS:5"}),
    };
    let usual = Arm { path: "/accounts/alice/tan/challenge/sms".to_owned(), body: json!({}) };
    let mut guesser = Guesser::of("alice", vec![withdrawal(1), withdrawal(2), usual], 3);
    guesser.mixed = true;
    until_the_end(&mut fleet, &mut guesser, false).await;
    let told = judged(&fleet, "alice", SMALL, &["sms"]).await;
    assert_eq!((told.wrongs(), told.solved, guesser.tally.wrong), (18, 0, told.wrong));
    let kinds = "select count(distinct kind) from challenges";
    let kinds: i64 = fleet.database.owner().await.query_one(kinds, &[]).await.unwrap().get(0);
    assert_eq!(kinds, 2, "both kinds were tried");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knows_a_weaker_channel_s_tans_does_not_reset_the_count_with_them() {
    let mut fleet = Fleet::of(2, &small()).await;
    let alice = fleet.customer("alice", &["sms", "email"]).await;
    let mut guesser = Guesser::on("alice", &["sms"], 2);
    let mut solved = 0;
    while !is_ended(&fleet).await {
        let asked = alice_of(&fleet, "email").await;
        if asked.status == 200 {
            let tan = fleet.apps[0].tan_sent_to(&alice.email);
            let path = format!("/accounts/alice/tan/challenge/{}/confirm", asked.text("challenge_id"));
            let client = fleet.log_in("alice").await.remove(0);
            assert_eq!(client.post(&path, json!({"tan": tan})).await.status, 200);
            solved += 1;
        }
        guesser.storm_on(&mut fleet).await;
    }
    let told = judged(&fleet, "alice", SMALL, &["sms"]).await;
    assert_eq!((told.wrongs(), told.solved), (18, solved));
    assert!(solved >= 5, "between every two blocks: {solved}");
    fleet.stop().await;
}

async fn alice_of(fleet: &Fleet, channel: &str) -> crate::app::Answer {
    let client = fleet.log_in("alice").await.remove(0);
    client.post(&format!("/accounts/alice/tan/challenge/{channel}"), json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solve_between_by_the_customer_resets_the_count_and_gives_no_try_beyond_it() {
    let mut fleet = Fleet::of(1, &small()).await;
    let alice = fleet.customer("alice", &["sms"]).await;
    let mut dice = Dice::new(7);
    let mut solves = 0;
    for _ in 0..30 {
        fleet.advance(Duration::from_secs(1));
        let client = fleet.log_in("alice").await.remove(0);
        let asked = client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
        if asked.status != 200 {
            continue;
        }
        let tan = fleet.apps[0].tan_sent_to(&alice.phone);
        let path = format!("/accounts/alice/tan/challenge/{}/confirm", asked.text("challenge_id"));
        for _ in 0..dice.below(3) {
            client.post(&path, json!({"tan": other_than(&tan)})).await;
        }
        let right = client.post(&path, json!({"tan": tan})).await;
        assert!([(200, 0), (429, 5131), (429, 10006)].contains(&right.error()), "{right:?}");
        solves += usize::from(right.status == 200);
    }
    let told = judged(&fleet, "alice", SMALL, &["sms"]).await;
    assert_eq!(told.solved, solves);
    assert!(solves > 3 && told.wrongs() > 5, "{solves} and {}", told.wrongs());
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_at_another_account_s_challenge_count_for_nobody() {
    let fleet = Fleet::of(2, &small()).await;
    let alice = fleet.customer("alice", &["sms"]).await;
    fleet.customer("bob", &["sms"]).await;
    let asked = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    let (id, tan) = (asked.text("challenge_id"), fleet.apps[0].tan_sent_to(&alice.phone));
    let clients = fleet.log_in("bob").await;
    let before = counts(&fleet).await;
    let mut dice = Dice::new(11);
    for _ in 0..10 {
        for (client, account, told) in [(&clients[0], "bob", (404, 5143)), (&clients[1], "alice", (403, 44))] {
            for tan in [dice.tan(), tan.clone()] {
                let path = format!("/accounts/{account}/tan/challenge/{id}/confirm");
                assert_eq!(client.post(&path, json!({"tan": tan})).await.error(), told);
            }
        }
    }
    assert_eq!(counts(&fleet).await, before);
    assert_eq!(alice.confirm(id, &tan).await.status, 200, "and the challenge lost no try by it");
    fleet.stop().await;
}

/// How every account and challenge stands.
async fn counts(fleet: &Fleet) -> Vec<String> {
    let rows =
        "select to_jsonb(a)::text from accounts a union all select to_jsonb(c)::text from challenges c order by 1";
    let owner = fleet.database.owner().await;
    owner.query(rows, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
