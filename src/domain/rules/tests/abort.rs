//! Ending a challenge.

use crate::domain::{
    assurance::Assurance,
    challenge::{Phase, State},
    channel::Channel,
    id::ChallengeId,
    refusal::Refusal,
    rules::{attempt::AttemptOutcome, protect::Objection, request::Wish, transmission::HandOver},
    testing::{Scene, secs},
};

const COOLING: &str = "retransmission_period";

#[test]
fn an_unknown_challenge_cannot_be_aborted() {
    let mut scene = Scene::enrolled();
    let stranger = ChallengeId::from_uuid(uuid::Uuid::from_bytes([9; 16]));
    assert_eq!(scene.abort(stranger), Err(Refusal::ChallengeNotFound));
}

#[test]
fn an_abort_is_idempotent_and_its_tan_dead() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    scene.abort(id).unwrap();
    let aborted = scene.account.clone();
    scene.abort(id).unwrap();
    assert_eq!(scene.account, aborted);
    assert_eq!(scene.confirm(id), AttemptOutcome::Ended);
    assert_eq!(scene.retransmit(id), Err(Refusal::ChallengeExpired));
}

#[test]
fn an_aborted_challenge_keeps_the_cool_down() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    scene.pass(secs(10));
    scene.abort(id).unwrap();
    let refused = Refusal::RateLimited { limit: COOLING, retry_after: secs(50) };
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), Err(refused));
    scene.pass(secs(50));
    scene.begin(Channel::Sms);
}

#[test]
fn an_abort_while_the_message_is_under_way_keeps_the_cool_down_unless_the_hand_over_fails() {
    for (outcome, cools) in [(HandOver::Sent, true), (HandOver::Failed("exit"), false)] {
        let mut scene = Scene::enrolled();
        let id = scene.begin(Channel::Sms);
        scene.abort(id).unwrap();
        assert!(scene.try_request(Channel::Sms, Wish::default()).is_err());
        scene.record(id, outcome);
        assert_eq!(scene.challenge(id).state, State::Aborted);
        assert_eq!(scene.try_request(Channel::Sms, Wish::default()).is_err(), cools, "{outcome:?}");
    }
}

#[test]
fn an_abort_ends_the_unspent_token_too_and_begins_no_cool_down() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    scene.abort(id).unwrap();
    assert_eq!(scene.phase(id), Phase::Aborted);
    assert_eq!(scene.clear(id, Assurance::Token, 1), Err(Objection::Invalid));
    scene.begin(Channel::Sms);
}

#[test]
fn a_token_in_use_cannot_be_aborted() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    scene.hold(id).unwrap();
    let before = scene.account.clone();
    let retry_after = scene.limits.reservation_lease;
    assert_eq!(scene.abort(id), Err(Refusal::TokenReserved { retry_after }));
    assert_eq!(scene.account, before);
}

#[test]
fn what_was_spent_stays_spent() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    scene.account.spend(id);
    scene.abort(id).unwrap();
    assert_eq!(scene.phase(id), Phase::Spent);
}
