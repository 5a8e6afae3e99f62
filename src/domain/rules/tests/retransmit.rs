//! The order of answers when a challenge is sent again, and which TAN it then carries.

use crate::domain::{
    channel::Channel,
    id::ChallengeId,
    refusal::Refusal,
    rules::{attempt::AttemptOutcome, transmission::HandOver},
    testing::{Scene, phone, secs},
};

fn limited(limit: &'static str, seconds: u64) -> Refusal {
    Refusal::RateLimited { limit, retry_after: secs(seconds) }
}

#[test]
fn the_answers_come_in_the_order_of_the_contract() {
    let mut scene = Scene::enrolled();
    let stranger = ChallengeId::from_uuid(uuid::Uuid::from_bytes([9; 16]));
    assert_eq!(scene.retransmit(stranger), Err(Refusal::ChallengeNotFound));
    let solved = scene.solved(Channel::Sms);
    let spent = scene.solved(Channel::Sms);
    scene.account.spend(spent);
    let aborted = scene.request(Channel::Email);
    scene.abort(aborted).unwrap();
    let open = scene.request(Channel::Sms);
    for _ in 0..5 {
        scene.account.standing.fail(crate::domain::channel::Strength::Possession, scene.now, &scene.limits.clone());
    }
    for id in [solved, spent] {
        assert_eq!(scene.retransmit(id), Err(Refusal::ChallengeSolved), "before the block");
    }
    assert_eq!(scene.retransmit(aborted), Err(Refusal::ChallengeExpired), "before the block");
    scene.pass(secs(10));
    assert_eq!(scene.retransmit(open), Err(Refusal::AccountBlocked { retry_after: secs(890) }));
    scene.account.standing.unblock();
    assert_eq!(scene.retransmit(open), Err(limited("retransmission_period", 50)));
    scene.pass(secs(1790));
    assert_eq!(scene.retransmit(open), Err(Refusal::ChallengeExpired));
}

#[test]
fn a_blocked_account_is_told_of_the_block_even_past_the_challenges_lifetime() {
    let mut scene = Scene::enrolled();
    scene.limits.block = secs(3600);
    let id = scene.request(Channel::Sms);
    for _ in 0..5 {
        scene.account.standing.fail(crate::domain::channel::Strength::Possession, scene.now, &scene.limits.clone());
    }
    scene.pass(secs(1800));
    assert_eq!(scene.retransmit(id), Err(Refusal::AccountBlocked { retry_after: secs(1800) }));
}

#[test]
fn a_refusal_changes_nothing() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    let before = scene.account.clone();
    assert!(scene.retransmit(id).is_err());
    assert_eq!(scene.account, before);
}

#[test]
fn the_same_tan_is_sent_again_while_it_stands() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    let (tan, runs_out) = (scene.tan(id), scene.challenge(id).tan_expires_at);
    scene.fail(id);
    scene.pass(secs(60));
    scene.retransmit(id).unwrap();
    assert_eq!((scene.tan(id), scene.challenge(id).tan_expires_at), (tan, runs_out));
    assert_eq!(scene.challenge(id).attempts_left, 2, "sending it again gives no further tries");
}

#[test]
fn a_fresh_tan_is_sent_after_exhaustion_and_the_old_one_is_dead() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    let old = scene.tan(id);
    for _ in 0..3 {
        scene.fail(id);
    }
    scene.pass(secs(60));
    scene.retransmit(id).unwrap();
    assert_ne!(scene.tan(id), old);
    assert!(matches!(scene.attempt(id, &old), AttemptOutcome::Wrong { attempts_left: 2, .. }));
    assert!(matches!(scene.confirm(id), AttemptOutcome::Solved { .. }));
}

#[test]
fn a_fresh_tan_is_sent_after_the_old_one_ran_out_and_lives_no_longer_than_the_challenge() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    let old = scene.tan(id);
    scene.pass(secs(28 * 60));
    scene.retransmit(id).unwrap();
    assert_ne!(scene.tan(id), old);
    assert_eq!(scene.challenge(id).tan_expires_at, scene.challenge(id).ends_at);
    scene.pass(secs(120));
    assert_eq!(scene.confirm(id), AttemptOutcome::Expired);
    assert_eq!(scene.retransmit(id), Err(Refusal::ChallengeExpired));
}

#[test]
fn no_more_messages_are_sent_than_transmissions_per_challenge() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    for left in [1, 0] {
        scene.pass(secs(60));
        scene.retransmit(id).unwrap();
        scene.record(id, HandOver::Sent);
        assert_eq!(scene.view(id).transmissions_left, Some(left));
    }
    scene.pass(secs(60));
    assert_eq!(scene.retransmit(id), Err(limited("transmissions_per_challenge", 27 * 60)));
}

#[test]
fn a_failed_hand_over_spends_no_transmission_no_attempt_and_no_fresh_tan() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    scene.fail(id);
    scene.pass(secs(60));
    let tan = scene.tan(id);
    for _ in 0..5 {
        scene.retransmit(id).unwrap();
        scene.record(id, HandOver::Failed("exit"));
    }
    assert_eq!((scene.view(id).transmissions_left, scene.view(id).attempts_left), (Some(2), 2));
    assert_eq!(scene.tan(id), tan);
    assert!(matches!(scene.confirm(id), AttemptOutcome::Solved { .. }));
}

#[test]
fn a_message_under_way_is_waited_for_before_the_next_however_short_the_cool_down() {
    let mut scene = Scene::enrolled();
    scene.limits.retransmission_period = secs(1);
    let id = scene.begin(Channel::Sms);
    scene.pass(secs(5));
    assert_eq!(scene.retransmit(id), Err(limited("retransmission_period", 10)));
    assert_eq!(scene.view(id).earliest_retransmission, Some(scene.now.plus(secs(10))));
    scene.record(id, HandOver::Sent);
    scene.retransmit(id).unwrap();
}

#[test]
fn a_message_whose_holder_died_counts_as_one_that_may_have_arrived() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    scene.pass(secs(60));
    scene.retransmit(id).unwrap();
    assert_eq!(scene.view(id).transmissions_left, Some(1));
    scene.record(id, HandOver::Failed("exit"));
    assert_eq!(scene.view(id).transmissions_left, Some(2));
    assert!(
        matches!(scene.confirm(id), AttemptOutcome::Solved { .. }),
        "the first message may be in the customer's hand"
    );
}

#[test]
fn an_enrolment_is_sent_again_although_its_channel_is_not_active() {
    let mut scene = Scene::bare();
    let id = scene.enrol(phone(1));
    scene.pass(secs(60));
    scene.retransmit(id).unwrap();
}
