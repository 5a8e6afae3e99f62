//! The bank decides otherwise while something is under way: it counts for the next request, not for the next challenge.

use super::{
    Assurance, AttemptOutcome, Channel, FirstChannel, NO_TOKEN, Objection, Phase, Scene, new_device, numbered, solve,
};
use crate::domain::testing::phone;

fn with_everything() -> (Scene, String) {
    let mut scene = Scene::enrolled();
    scene.have_device("default", &numbered(1));
    let (codes, _) = scene.make_codes(1, NO_TOKEN);
    (scene, codes[0].clone())
}

fn switch(scene: &mut Scene, channel: Channel, on: bool) {
    match channel {
        Channel::Totp => scene.policy.totp = on,
        _ => scene.policy.recovery = on,
    }
}

#[test]
fn a_channel_that_was_switched_off_solves_no_challenge_that_was_open_then() {
    for channel in [Channel::Totp, Channel::Recovery] {
        let (mut scene, code) = with_everything();
        let id = scene.begin(channel);
        let answer = if channel == Channel::Totp { scene.code() } else { code };
        switch(&mut scene, channel, false);
        for tried in [&answer, "000000", "aaaa-aaaa-aaaa"] {
            let outcome = scene.attempt(id, tried);
            assert!(matches!(outcome, AttemptOutcome::Ended | AttemptOutcome::NoCandidate), "{channel} {outcome:?}");
        }
        assert_eq!((scene.account.standing.failures, scene.phase(id)), (0, Phase::Open), "nothing was compared");
        switch(&mut scene, channel, true);
        assert!(matches!(scene.attempt(id, &answer), AttemptOutcome::Solved { .. }), "{channel}");
    }
}

#[test]
fn what_was_solved_on_a_channel_that_was_switched_off_proves_nothing() {
    for channel in [Channel::Totp, Channel::Recovery] {
        let (mut scene, code) = with_everything();
        let id = solve(&mut scene, channel, &code, true);
        switch(&mut scene, channel, false);
        for assurance in [Assurance::Session, Assurance::Token, Assurance::Bound] {
            assert_eq!(scene.clear(id, assurance, 1), Err(Objection::Required), "{channel} {assurance:?}");
        }
        assert_eq!(scene.phase(id), Phase::Solved, "it stays as it is");
    }
}

#[test]
fn a_device_that_waits_for_its_first_code_is_not_put_in_force_once_apps_are_switched_off() {
    let mut scene = Scene::bare();
    let id = scene.try_device(1, new_device("default", 1), NO_TOKEN).unwrap();
    scene.policy.totp = false;
    let code = scene.code_of(&numbered(1), 0);
    assert_eq!(scene.attempt(id, &code), AttemptOutcome::Ended);
    assert!(!scene.account.is_protected());
}

#[test]
fn a_first_channel_that_was_begun_before_it_became_an_operators_to_bring_is_not_put_in_force() {
    for first in [FirstChannel::Oneself, FirstChannel::Operator] {
        let mut scene = Scene::bare();
        let new = scene.new_challenge(1);
        scene.ask(|account, terms| account.enrol(terms, &new, phone(1), NO_TOKEN, super::operation(1))).unwrap();
        scene.policy.first = first;
        let tan = scene.tan(new.id);
        let outcome = scene.attempt(new.id, &tan);
        assert_eq!(matches!(outcome, AttemptOutcome::Activated { .. }), first == FirstChannel::Oneself, "{outcome:?}");
        assert_eq!(scene.account.is_protected(), first == FirstChannel::Oneself);
    }
}
