//! What the wire says of a challenge, and which ones a later decision depends on.

use crate::domain::{
    challenge::Phase,
    channel::Channel,
    rules::transmission::HandOver,
    testing::{Scene, secs},
};

#[test]
fn an_open_challenge_expires_and_a_fresh_tan_opens_it_again() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    assert_eq!(scene.phase(id), Phase::Open);
    scene.pass(scene.limits.tan_lifetime);
    assert_eq!(scene.phase(id), Phase::Expired);
    scene.retransmit(id).unwrap();
    scene.record(id, HandOver::Sent);
    assert_eq!(scene.phase(id), Phase::Open);
    for _ in 0..3 {
        scene.fail(id);
    }
    assert_eq!(scene.phase(id), Phase::Exhausted);
}

#[test]
fn a_solved_challenge_is_solved_then_expired_or_spent_or_void() {
    let mut scene = Scene::enrolled();
    let (expires, spent, lapsed) = (scene.solved(Channel::Sms), scene.solved(Channel::Sms), scene.solved(Channel::Sms));
    scene.account.spend(spent);
    scene.hold(lapsed).unwrap();
    assert_eq!(
        (scene.phase(expires), scene.phase(spent), scene.phase(lapsed)),
        (Phase::Solved, Phase::Spent, Phase::Solved)
    );
    scene.pass(scene.limits.token_lifetime);
    assert_eq!(
        (scene.phase(expires), scene.phase(spent), scene.phase(lapsed)),
        (Phase::Expired, Phase::Spent, Phase::Void)
    );
}

#[test]
fn the_view_tells_what_the_next_retransmission_would_be_told() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    let earliest = scene.view(id).earliest_retransmission.unwrap();
    assert_eq!(earliest, scene.now.plus(scene.limits.retransmission_period));
    scene.pass(secs(59));
    assert!(scene.retransmit(id).is_err());
    scene.pass(secs(1));
    assert_eq!(scene.now, earliest);
    scene.retransmit(id).unwrap();
}

#[test]
fn what_no_later_decision_depends_on_is_live_no_more() {
    let mut scene = Scene::enrolled();
    let (open, spent, token) = (scene.request(Channel::Email), scene.solved(Channel::Sms), scene.solved(Channel::Sms));
    scene.account.spend(spent);
    let aborted = scene.request(Channel::Sms);
    scene.abort(aborted).unwrap();
    let live = |scene: &Scene, id| scene.challenge(id).is_live(scene.now, &scene.limits);
    assert!(live(&scene, open) && live(&scene, token) && !live(&scene, spent));
    assert!(live(&scene, aborted), "its channel cools down");
    scene.pass(secs(60));
    assert!(!live(&scene, aborted));
    scene.hold(token).unwrap();
    scene.pass(secs(600));
    assert!(live(&scene, token), "its holder may come back");
    assert!(live(&scene, open), "it can have a fresh TAN");
    scene.pass(secs(1800));
    assert!(!live(&scene, token) && !live(&scene, open));
}

#[test]
fn a_held_token_stays_live_as_long_as_it_could_be_given_back_and_prove_something() {
    let mut scene = Scene::enrolled();
    (scene.limits.tan_lifetime, scene.limits.challenge_lifetime) = (secs(10), secs(10));
    let id = scene.solved(Channel::Sms);
    scene.hold(id).unwrap();
    scene.pass(secs(299));
    assert!(scene.challenge(id).is_live(scene.now, &scene.limits), "a change of a factor must still void it");
    scene.pass(secs(1));
    assert!(!scene.challenge(id).is_live(scene.now, &scene.limits));
}
