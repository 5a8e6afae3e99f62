//! A code is taken once: over challenges, devices, steps that share it, and whatever time has passed.

use std::collections::HashMap;

use super::{NO_TOKEN, solves};
use crate::domain::{
    channel::Channel,
    rules::attempt::AttemptOutcome,
    testing::{
        Scene,
        proofs::{device_name, new_device},
        secs,
    },
    totp::{
        TotpSecret, step_of,
        tests::{code, numbered},
    },
};

#[test]
fn a_code_that_was_taken_is_wrong_on_every_later_challenge() {
    let mut scene = Scene::with_device();
    let (first, second) = (scene.begin(Channel::Totp), scene.begin(Channel::Totp));
    let code = scene.code();
    assert!(matches!(scene.attempt(first, &code), AttemptOutcome::Solved { .. }));
    assert!(matches!(scene.attempt(second, &code), AttemptOutcome::Wrong { attempts_left: 2, .. }));
    for _ in 0..2 {
        scene.pass(secs(30));
        assert!(!solves(&mut scene, &code));
    }
    let next = scene.code();
    assert!(solves(&mut scene, &next), "the next one is another");
}

#[test]
fn each_of_the_three_steps_serves_once_in_any_order() {
    for order in [[-1, 0, 1], [1, 0, -1], [0, 1, -1]] {
        let mut scene = Scene::with_device();
        let codes = order.map(|away| scene.code_of(&numbered(1), away));
        assert!(codes.iter().all(|code| solves(&mut scene, code)), "{order:?}");
        assert!(codes.iter().all(|code| !solves(&mut scene, code)), "{order:?}");
    }
}

#[test]
fn a_code_that_proved_a_new_device_proves_nothing_else() {
    let mut scene = Scene::bare();
    let id = scene.try_device(1, new_device("default", 1), NO_TOKEN).unwrap();
    let next = scene.code_of(&numbered(1), 1);
    assert!(matches!(scene.attempt(id, &next), AttemptOutcome::Activated { .. }));
    for _ in 0..2 {
        assert!(!solves(&mut scene, &next));
        scene.pass(secs(30));
    }
    let fresh = scene.code();
    assert!(solves(&mut scene, &fresh));
}

#[test]
fn one_use_of_a_code_that_two_devices_show_uses_it_for_both() {
    let mut scene = Scene::with_device();
    scene.have_device("twin", &numbered(1));
    let code = scene.code();
    assert!(solves(&mut scene, &code));
    assert!(!solves(&mut scene, &code));
    scene.account.remove_device(&device_name("default"), None);
    assert!(!solves(&mut scene, &code), "nor is it the other's alone");
}

/// Two devices of which one shows so many steps later what the other shows now.
fn echoing(later: i64, step: i64) -> (TotpSecret, TotpSecret) {
    let mut known = HashMap::new();
    for number in 0..10_000 {
        let secret = numbered(number);
        if let Some(earlier) = known.get(&code(&secret, step + later)) {
            return (numbered(*earlier), secret);
        }
        known.insert(code(&secret, step), number);
    }
    panic!("no two of ten thousand");
}

#[test]
fn a_code_that_another_device_shows_soon_after_is_taken_once() {
    for later in [1, 2] {
        let mut scene = Scene::bare();
        let (one, other) = echoing(later, step_of(scene.now) + 1);
        scene.have_device("one", &one);
        scene.have_device("other", &other);
        let shared = scene.code_of(&one, 1);
        assert_eq!(shared, scene.code_of(&other, 1 + later));
        assert!(solves(&mut scene, &shared), "as the one's next");
        for passed in 1..=2 {
            scene.pass(secs(30));
            assert!(!solves(&mut scene, &shared), "{later} later, {passed} steps on");
        }
    }
}

#[test]
fn a_code_that_two_steps_of_one_device_share_is_taken_once() {
    let (secret, step) = (TotpSecret::from_bytes([1; 20]), 1_980_728);
    for start in [step - 1, step, step + 1] {
        let mut scene = Scene::bare();
        scene.have_device("default", &secret);
        scene.go_to(start);
        let shared = code(&secret, step);
        assert_eq!(shared, code(&secret, step + 1));
        assert!(solves(&mut scene, &shared), "{start}");
        while step_of(scene.now) <= step + 2 {
            assert!(!solves(&mut scene, &shared), "first at {start}, again at {}", step_of(scene.now));
            scene.pass(secs(30));
        }
    }
}

/// The database's clock may run behind an account's last event by a few seconds, and the event's time counts then; here it
/// runs back by a whole step.
#[test]
fn what_is_forgotten_of_the_steps_that_were_taken_does_not_come_back_when_the_clock_runs_back_by_a_step() {
    let mut scene = Scene::with_device();
    let mut taken = Vec::new();
    for _ in 0..20 {
        let code = scene.code();
        assert!(solves(&mut scene, &code));
        taken.push(code);
        let now = scene.now;
        for back in [0, 5, 30] {
            scene.now = now.minus(secs(back));
            for code in &taken {
                let id = scene.begin(Channel::Totp);
                assert!(matches!(scene.attempt(id, code), AttemptOutcome::Wrong { .. }), "{back} s back");
                scene.abort(id).unwrap();
                scene.account.standing.unblock();
            }
        }
        assert!(scene.account.devices[0].used.len() <= 4, "what cannot come back is not kept");
        scene.now = now.plus(secs(30));
    }
}
