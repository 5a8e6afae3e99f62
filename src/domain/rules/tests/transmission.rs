//! What follows from a hand-over, and from a holder that died.

use crate::domain::{
    assurance::Assurance,
    challenge::Phase,
    channel::Channel,
    event::EventKind,
    id::ChallengeId,
    rules::{
        protect::Clearance,
        transmission::{HandOver, TakenOver},
    },
    testing::{LEASE, Scene, TICK, less, phone, secs},
};

#[test]
fn an_outcome_is_recorded_once() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    let transmission = scene.challenge(id).claim.unwrap().transmission;
    scene.ask(|account, terms| account.record(terms, id, transmission, HandOver::Sent));
    let recorded = scene.account.clone();
    assert_eq!((scene.challenge(id).transmissions, scene.challenge(id).transmitted_at), (1, Some(scene.now)));
    scene.ask(|account, terms| account.record(terms, id, transmission, HandOver::Failed("late")));
    scene.ask(|account, terms| account.record(terms, id, transmission, HandOver::Sent));
    assert_eq!(scene.account, recorded);
}

#[test]
fn another_transmissions_outcome_and_a_strangers_are_of_no_effect() {
    let mut scene = Scene::enrolled();
    let (first, second) = (scene.begin(Channel::Sms), scene.begin(Channel::Email));
    let other = scene.challenge(second).claim.unwrap().transmission;
    let before = scene.account.clone();
    scene.ask(|account, terms| account.record(terms, first, other, HandOver::Sent));
    let unknown = ChallengeId::from_uuid(uuid::Uuid::from_bytes([9; 16]));
    scene.ask(|account, terms| account.record(terms, unknown, other, HandOver::Sent));
    assert_eq!(scene.account, before);
}

#[test]
fn a_failed_first_hand_over_voids_the_challenge_and_is_written() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    scene.record(id, HandOver::Failed("exit"));
    assert_eq!(scene.phase(id), Phase::Void);
    assert!(scene.kinds().ends_with(&[EventKind::TransmissionFailed, EventKind::ChallengeVoided]));
}

#[test]
fn a_living_holders_sending_is_not_taken_over() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    scene.pass(less(LEASE, TICK));
    let before = scene.account.clone();
    assert_eq!(scene.take_over(id), None);
    scene.record(id, HandOver::Sent);
    scene.pass(secs(60));
    assert_eq!(scene.take_over(id), None, "nothing is under way");
    assert_eq!(scene.take_over(ChallengeId::from_uuid(uuid::Uuid::from_bytes([9; 16]))), None);
    assert_ne!(scene.account, before);
}

#[test]
fn a_dead_holders_sending_is_taken_over_with_the_same_tan_under_the_same_id() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    let (tan, transmission) = (scene.tan(id), scene.challenge(id).claim.unwrap().transmission);
    scene.pass(LEASE);
    assert_eq!(scene.take_over(id), Some(TakenOver::ToSend));
    let claim = scene.challenge(id).claim.unwrap();
    assert_eq!((scene.tan(id), claim.transmission), (tan, transmission));
    assert_eq!(claim.lease_until, scene.now.plus(LEASE));
    assert_eq!(scene.take_over(id), None, "the new holder lives");
    assert_eq!(scene.view(id).transmissions_left, Some(2), "it is one transmission");
    scene.record(id, HandOver::Sent);
    assert_eq!(scene.challenge(id).transmissions, 1);
}

/// A name, the phase that the challenge is in after the drop, and what ends it.
type Ending<'a> = (&'a str, Phase, &'a dyn Fn(&mut Scene, ChallengeId));

#[test]
fn a_sending_that_nobody_waits_for_is_dropped() {
    let exhaust = |scene: &mut Scene, id| {
        for _ in 0..3 {
            scene.fail(id);
        }
    };
    let ends: [Ending<'_>; 3] = [
        ("aborted", Phase::Aborted, &|scene, id| scene.abort(id).unwrap()),
        ("exhausted", Phase::Void, &exhaust),
        ("run out", Phase::Void, &|scene, _| scene.pass(secs(300))),
    ];
    for (name, phase, end) in ends {
        let mut scene = Scene::enrolled();
        let id = scene.begin(Channel::Sms);
        end(&mut scene, id);
        scene.pass(LEASE);
        assert_eq!(scene.take_over(id), Some(TakenOver::Dropped), "{name}");
        assert_eq!((scene.phase(id), scene.challenge(id).claim), (phase, None), "{name}");
        assert_eq!(scene.take_over(id), None, "{name}");
    }
}

#[test]
fn a_solved_or_voided_challenge_has_nothing_to_take_over() {
    let mut scene = Scene::enrolled();
    let (solved, void) = (scene.begin(Channel::Sms), scene.begin(Channel::Email));
    scene.confirm(solved);
    scene.account.void(void, "a test");
    scene.pass(LEASE);
    assert_eq!((scene.take_over(solved), scene.take_over(void)), (None, None));
}

#[test]
fn a_dropped_retransmission_leaves_the_challenge_open_for_a_fresh_tan() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    scene.pass(secs(60));
    scene.retransmit(id).unwrap();
    scene.pass(secs(300));
    assert_eq!(scene.take_over(id), Some(TakenOver::Dropped));
    assert_eq!(scene.phase(id), Phase::Expired);
    scene.retransmit(id).unwrap();
    assert_eq!(scene.phase(id), Phase::Open);
}

#[test]
fn a_dropped_first_sending_of_an_enrolment_gives_its_token_back() {
    let mut scene = Scene::enrolled();
    scene.limits.tan_lifetime = secs(20);
    let payer = scene.solved(Channel::Email);
    let id = scene.try_enrol(phone(2), Clearance::Token(payer)).unwrap();
    scene.pass(secs(20));
    assert_eq!(scene.take_over(id), Some(TakenOver::Dropped));
    assert_eq!(scene.clear(payer, Assurance::Token, 1), Ok(Clearance::Token(payer)));
}
