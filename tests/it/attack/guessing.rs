//! Guessing machines with a stolen session, over simulated days: what is compared never exceeds what `limits.md` allows.

use std::time::Duration;

use super::{
    Fleet,
    guesser::Guesser,
    model::Allowance,
    trail::{Told, judged},
};

const UNMETERED: &str = "account_per_hour = 10000\naccount_per_day = 10000\n\
    address_per_hour = 10000\naddress_per_day = 10000\n";

/// Limits that are reached soon.
pub const SMALL: Allowance = Allowance {
    attempts_per_tan: 2,
    consecutive_failures: 3,
    block: Duration::from_mins(1),
    block_max: Duration::from_mins(8),
    total_failures: 18,
};

pub fn small() -> String {
    format!(
        "{UNMETERED}attempts_per_tan = 2\nconsecutive_failures = 3\nblock = \"1 min\"\nblock_max = \"8 min\"\n\
         total_failures = 18\nretransmission_period = \"1 s\"\n"
    )
}

/// Both counts, and what each says of the other.
fn assert_told(told: &Told, guesser: &Guesser) {
    let tally = &guesser.tally;
    assert_eq!((tally.wrong, tally.solved), (told.wrong, told.solved), "{tally:?}");
    if guesser.mixed {
        // A fresh TAN can come between two tries of one volley: which refusal was a last wrong try is then not to be told.
        assert!(tally.last_wrong > 0 && told.exhausted > 0, "{tally:?}: {} in the trail", told.exhausted);
    } else {
        assert_eq!(tally.last_wrong, told.exhausted, "{tally:?}");
    }
}

/// Whether nothing but an operator lets it on.
pub async fn is_ended(fleet: &Fleet) -> bool {
    let standing = "select coalesce(blocked_until = 'infinity', false) from accounts where username = 'alice'";
    fleet.database.owner().await.query_one(standing, &[]).await.unwrap().get(0)
}

/// Guesses until nothing but an operator lets it on, and a while longer.
pub async fn until_the_end(fleet: &mut Fleet, guesser: &mut Guesser, restarts: bool) {
    for round in 0.. {
        assert!(round < 400, "the end never came: {:?}", guesser.tally);
        guesser.storm_on(fleet).await;
        if restarts && round % 3 == 2 {
            fleet.restart(round / 3 % 2).await;
            guesser.forget_session();
        }
        if is_ended(fleet).await {
            break;
        }
    }
    for _ in 0..3 {
        fleet.advance(Duration::from_hours(30));
        guesser.storm(fleet).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_defaults_a_guesser_gets_a_hundred_tries_and_takes_days_for_them() {
    let mut fleet = Fleet::of(2, UNMETERED).await;
    fleet.customer("alice", &["sms", "email"]).await;
    let mut guesser = Guesser::on("alice", &["sms", "email"], 8);
    until_the_end(&mut fleet, &mut guesser, false).await;

    let told = judged(&fleet, "alice", Allowance::DEFAULT, &["sms"]).await;

    assert_told(&told, &guesser);
    assert_eq!(told.wrongs(), 100, "so greedy is it, and no more is there");
    let minutes: Vec<_> = told.blocks.iter().filter_map(|block| Some(block.1?.as_secs() / 60)).collect();
    assert_eq!(minutes[..8], [15, 30, 60, 120, 240, 480, 960, 1440]);
    assert_eq!((minutes.len(), minutes[7..].iter().all(|length| *length == 1440)), (19, true));
    let took = told.comparisons.last().unwrap().at.saturating_sub(told.comparisons[0].at);
    assert!(took >= Duration::from_hours(13 * 24), "{took:?}");
    assert!(guesser.tally.tries > 10 * told.wrongs(), "{:?}", guesser.tally);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_defaults_over_messages_too_a_guesser_gets_no_more() {
    let mut fleet = Fleet::of(2, "").await;
    fleet.customer("alice", &["sms", "email"]).await;
    let mut guesser = Guesser::on("alice", &["sms", "email"], 2);
    while fleet.passed < Duration::from_hours(48) {
        guesser.storm_on(&mut fleet).await;
    }
    let told = judged(&fleet, "alice", Allowance::DEFAULT, &["sms"]).await;
    assert_told(&told, &guesser);
    let most = Allowance::DEFAULT.most_within(Duration::from_hours(48));
    assert!((20..=most).contains(&told.wrongs()), "{}, of {most}", told.wrongs());
    assert!(fleet.messages() <= 70, "and no more messages than the account's limits of two days allow");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_and_messages_meanwhile_and_many_hands_change_nothing() {
    let mut fleet = Fleet::of(2, &small()).await;
    fleet.customer("alice", &["sms", "email"]).await;
    let mut guesser = Guesser::on("alice", &["sms", "email"], 4);
    guesser.mixed = true;
    until_the_end(&mut fleet, &mut guesser, true).await;

    let told = judged(&fleet, "alice", SMALL, &["sms"]).await;

    assert_told(&told, &guesser);
    assert_eq!(told.wrongs(), 18);
    let lengths: Vec<_> = told.blocks.iter().map(|block| block.1.map(|length| length.as_secs() / 60)).collect();
    assert_eq!(lengths, [Some(1), Some(2), Some(4), Some(8), Some(8), None]);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_guesser_that_waits_for_the_doubling_to_be_forgotten_still_gets_no_more_in_all() {
    let mut fleet = Fleet::of(1, &small()).await;
    fleet.customer("alice", &["sms"]).await;
    let mut guesser = Guesser::on("alice", &["sms"], 3);
    for tries in [9, 18] {
        // Three blocks, then a quiet day.
        while guesser.tally.wrong + guesser.tally.last_wrong < tries {
            guesser.storm_on(&mut fleet).await;
        }
        fleet.advance(Duration::from_hours(24) + Duration::from_mins(8));
    }
    guesser.storm(&fleet).await;
    let told = judged(&fleet, "alice", SMALL, &["sms"]).await;
    assert_told(&told, &guesser);
    assert_eq!(told.wrongs(), 18);
    let lengths: Vec<_> = told.blocks.iter().map(|block| block.1.map(|length| length.as_secs() / 60)).collect();
    assert_eq!(lengths, [Some(1), Some(2), Some(4), Some(1), Some(2), None], "forgotten after a quiet day");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_operator_unblocked_it_begins_again_and_ends_again() {
    let mut fleet = Fleet::of(2, &small()).await;
    fleet.customer("alice", &["sms", "email"]).await;
    let mut guesser = Guesser::on("alice", &["sms", "email"], 2);
    for expected in [18, 36] {
        until_the_end(&mut fleet, &mut guesser, false).await;
        let told = judged(&fleet, "alice", SMALL, &["sms"]).await;
        assert_told(&told, &guesser);
        assert_eq!(told.wrongs(), expected);
        let unblocked = fleet.apps[1].admin.post("/accounts/alice/unblock", serde_json::json!({})).await;
        assert_eq!(unblocked.status, 204);
    }
    fleet.stop().await;
}
