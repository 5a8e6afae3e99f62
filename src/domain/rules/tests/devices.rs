//! Devices: enrolled by a first code, each code taken once, and counted like any TAN.

use std::time::Duration;

use crate::domain::{
    assurance::Assurance,
    challenge::Phase,
    channel::Channel,
    event::EventKind,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    rules::{
        attempt::AttemptOutcome,
        protect::{Clearance, Objection},
        request::Wish,
    },
    testing::{
        Scene, TICK, mailbox, phone,
        proofs::{device_name, new_device},
        secs, wrong,
    },
    totp::tests::numbered,
};

mod once;

const NO_TOKEN: Clearance = Clearance::NotNeeded;

fn solves(scene: &mut Scene, code: &str) -> bool {
    let id = scene.begin(Channel::Totp);
    matches!(scene.attempt(id, code), AttemptOutcome::Solved { bound: false, .. })
}

#[test]
fn a_code_serves_in_its_step_and_in_one_to_either_side_to_the_microsecond() {
    for (away, right) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        for at_the_end in [false, true] {
            let mut scene = Scene::with_device();
            let code = scene.code();
            let step = crate::domain::totp::step_of(scene.now);
            scene.go_to(step - away);
            if at_the_end {
                scene.end_of_step();
            }
            assert_eq!(solves(&mut scene, &code), right, "{away} steps off, at the end: {at_the_end}");
        }
    }
}

#[test]
fn nothing_is_sent_nothing_cools_down_and_nothing_is_sent_again() {
    let mut scene = Scene::with_device();
    let ids = [scene.begin(Channel::Totp), scene.begin(Channel::Totp)];
    for id in ids {
        let view = scene.view(id);
        assert_eq!((view.earliest_retransmission, view.transmissions_left), (None, None));
        assert_eq!((view.tan_info.as_str(), view.solve_expiration), ("default", scene.now.plus(secs(300))));
        assert!(scene.challenge(id).claim.is_none());
        assert_eq!(scene.retransmit(id), Err(Refusal::ChannelNotSupported));
    }
    assert!(scene.account.sends.is_empty());
}

#[test]
fn an_account_without_a_device_has_no_challenge_of_one() {
    let mut scene = Scene::enrolled();
    assert_eq!(scene.try_request(Channel::Totp, Wish::default()), Err(Refusal::ChannelNotSupported));
    scene.try_device(1, new_device("phone", 1), NO_TOKEN).unwrap();
    let pending = scene.try_request(Channel::Totp, Wish::default());
    assert_eq!(pending, Err(Refusal::ChannelNotSupported), "one that waits for its proof proves nothing");
}

#[test]
fn open_challenges_of_devices_are_as_many_as_of_any_channel() {
    let mut scene = Scene::with_device();
    let ids: Vec<_> = (0..scene.limits.open_challenges).map(|_| scene.begin(Channel::Totp)).collect();
    let retry_after = scene.limits.tan_lifetime;
    let refused = Refusal::RateLimited { limit: "open_challenges", retry_after };
    assert_eq!(scene.try_request(Channel::Totp, Wish::default()), Err(refused));
    scene.abort(ids[0]).unwrap();
    assert!(scene.try_request(Channel::Totp, Wish::default()).is_ok());
    scene.pass(retry_after);
    assert_eq!(scene.phase(ids[1]), Phase::Expired);
    assert!(scene.try_request(Channel::Totp, Wish::default()).is_ok());
}

#[test]
fn a_wrong_code_is_counted_a_last_one_exhausts_and_the_account_is_blocked_for_every_channel() {
    let mut scene = Scene::with_device();
    scene.have_device("other", &numbered(2));
    let (first, bad) = (scene.begin(Channel::Totp), wrong(&scene.code()));
    for attempts_left in [2, 1] {
        assert!(
            matches!(scene.attempt(first, &bad), AttemptOutcome::Wrong { attempts_left: left, .. } if left == attempts_left)
        );
    }
    let last = scene.attempt(first, &bad);
    assert!(matches!(last, AttemptOutcome::LastWrong { retry_after: Duration::ZERO, .. }), "{last:?}");
    let right = scene.code();
    assert_eq!(scene.attempt(first, &right), AttemptOutcome::Exhausted { retry_after: Duration::ZERO });
    assert_eq!(scene.phase(first), Phase::Exhausted);
    let (second, third) = (scene.begin(Channel::Totp), scene.begin(Channel::Totp));
    scene.attempt(second, &bad);
    scene.attempt(second, &bad);
    let blocked = AttemptOutcome::Blocked { retry_after: scene.limits.block };
    assert_eq!(scene.attempt(third, &right), blocked, "also for the right code");
    let refused = Refusal::AccountBlocked { retry_after: scene.limits.block };
    assert_eq!(scene.try_request(Channel::Totp, Wish::default()), Err(refused.clone()));
    assert_eq!(scene.try_device(1, new_device("third", 3), NO_TOKEN), Err(refused));
    assert!(scene.account.devices.iter().all(|device| device.used.is_empty()), "what was not compared is not used");
}

#[test]
fn what_is_no_code_costs_no_attempt() {
    let mut scene = Scene::with_device();
    let id = scene.begin(Channel::Totp);
    for raw in ["12345678", "abcd-efgh-2345"] {
        assert_eq!(scene.attempt(id, raw), AttemptOutcome::NoCandidate, "{raw}");
    }
    assert_eq!(scene.challenge(id).attempts_left, scene.limits.attempts_per_tan);
}

#[test]
fn a_code_clears_wrong_tries_on_every_channel_and_an_informing_one_not_those_on_a_device() {
    let mut scene = Scene::enrolled();
    scene.have_device("default", &numbered(1));
    let failed = scene.begin(Channel::Totp);
    let bad = wrong(&scene.code());
    scene.attempt(failed, &bad);
    scene.solved(Channel::Email);
    assert_eq!(scene.account.standing.total_failures, 1, "email informs, a device shows possession");
    scene.solved(Channel::Sms);
    assert_eq!(scene.account.standing.total_failures, 0);
    let failed = scene.request(Channel::Sms);
    scene.fail(failed);
    let code = scene.code();
    assert!(solves(&mut scene, &code));
    assert_eq!(scene.account.standing.total_failures, 0);
}

#[test]
fn a_proof_of_a_new_device_clears_no_count_and_its_wrong_tries_count() {
    let mut scene = Scene::bare();
    let id = scene.try_device(1, new_device("default", 1), NO_TOKEN).unwrap();
    let code = scene.code_of(&numbered(1), 0);
    assert!(matches!(scene.attempt(id, &wrong(&code)), AttemptOutcome::Wrong { attempts_left: 2, .. }));
    assert!(matches!(scene.attempt(id, &code), AttemptOutcome::Activated { channel: Channel::Totp, .. }));
    assert_eq!(scene.account.standing.total_failures, 1);
    assert_eq!(scene.attempt(id, &code), AttemptOutcome::AlreadySolved);
}

#[test]
fn a_new_device_is_in_force_once_it_showed_a_code_in_time_and_yields_no_token() {
    let mut scene = Scene::enrolled();
    let id = scene.try_device(1, new_device("phone", 7), NO_TOKEN).unwrap();
    assert!(scene.account.devices.is_empty());
    assert_eq!(scene.account.pending(Channel::Totp, scene.now).map(|pending| pending.id), Some(id));
    scene.pass(scene.limits.challenge_lifetime.saturating_sub(TICK));
    let code = scene.code_of(&numbered(7), 0);
    let told = [phone(1), mailbox(1)].map(|address| Notice { kind: NoticeKind::DeviceAdded, address });
    assert_eq!(scene.activate_by(id, &code), told);
    assert_eq!(scene.account.devices[0].name, device_name("phone"));
    assert_eq!(scene.account.devices[0].since, scene.now);
    assert_eq!(scene.clear(id, Assurance::Token, 1), Err(Objection::Invalid));
    let late = scene.try_device(1, new_device("late", 8), NO_TOKEN).unwrap();
    scene.pass(scene.limits.challenge_lifetime);
    let code = scene.code_of(&numbered(8), 0);
    assert_eq!(scene.attempt(late, &code), AttemptOutcome::Expired);
    assert_eq!(scene.account.devices.len(), 1);
}

#[test]
fn a_second_enrolment_voids_the_first_and_only_its_own_secret_proves_it() {
    let mut scene = Scene::with_device();
    let first = scene.try_device(1, new_device("phone", 7), NO_TOKEN).unwrap();
    let second = scene.try_device(1, new_device("phone", 8), NO_TOKEN).unwrap();
    let (old, own) = (scene.code_of(&numbered(7), 0), scene.code());
    assert_eq!(scene.attempt(first, &old), AttemptOutcome::Ended);
    for not_its in [old, own] {
        assert!(matches!(scene.attempt(second, &not_its), AttemptOutcome::Wrong { .. }));
    }
    assert_eq!(scene.account.devices.len(), 1);
}

#[test]
fn the_token_that_pays_for_a_device_is_spent_at_once_and_a_refused_one_is_not() {
    let mut scene = Scene::with_device();
    let code = scene.code();
    let payer = scene.begin(Channel::Totp);
    scene.attempt(payer, &code);
    let exists = scene.try_device(1, new_device("default", 7), Clearance::Token(payer));
    assert_eq!(exists, Err(Refusal::ChannelExists));
    assert_eq!(scene.phase(payer), Phase::Solved);
    let id = scene.try_device(1, new_device("phone", 7), Clearance::Token(payer)).unwrap();
    assert_eq!((scene.phase(payer), scene.phase(id)), (Phase::Spent, Phase::Open));
    scene.abort(id).unwrap();
    assert_eq!(scene.phase(payer), Phase::Spent);
}

#[test]
fn there_are_no_more_devices_than_the_limit_says() {
    let mut scene = Scene::bare();
    for number in 0..scene.limits.totp_devices {
        scene.have_device(&number.to_string(), &numbered(number.into()));
    }
    let retry_after = scene.limits.block_max;
    let refused = Refusal::RateLimited { limit: "totp_devices", retry_after };
    assert_eq!(scene.try_device(1, new_device("more", 99), NO_TOKEN), Err(refused));
    scene.account.remove_device(&device_name("0"), None);
    assert!(scene.try_device(1, new_device("more", 99), NO_TOKEN).is_ok());
}

#[test]
fn a_removed_device_proves_nothing_voids_the_rest_and_all_addresses_are_told() {
    let mut scene = Scene::enrolled();
    scene.have_device("one", &numbered(1));
    scene.have_device("two", &numbered(2));
    let (payer, other, open) = (scene.solved(Channel::Sms), scene.solved(Channel::Email), scene.begin(Channel::Totp));
    scene.step_up(1, NO_TOKEN);
    assert_eq!(scene.account.remove_device(&device_name("three"), Some(payer)), []);
    assert_eq!(scene.phase(open), Phase::Open, "nothing was there");
    let told = [phone(1), mailbox(1)].map(|address| Notice { kind: NoticeKind::DeviceRemoved, address });
    assert_eq!(scene.account.remove_device(&device_name("one"), Some(payer)), told);
    assert_eq!((scene.phase(payer), scene.phase(other), scene.phase(open)), (Phase::Solved, Phase::Void, Phase::Void));
    assert!(!scene.is_stepped_up(1));
    let (gone, left) = (scene.code_of(&numbered(1), 0), scene.code_of(&numbered(2), 0));
    assert!(!solves(&mut scene, &gone));
    assert!(solves(&mut scene, &left));
}

#[test]
fn the_whole_channel_goes_with_all_its_devices_and_the_last_factor_with_the_protection() {
    let mut scene = Scene::with_device();
    scene.have_device("other", &numbered(2));
    let open = scene.begin(Channel::Totp);
    assert_eq!(scene.account.remove_channel(Channel::Totp, None), [], "there is no address to tell");
    assert!(!scene.account.is_protected());
    assert_eq!(scene.phase(open), Phase::Void);
    assert_eq!(scene.clear(open, Assurance::Bound, 1), Ok(Clearance::NotNeeded));
}

#[test]
fn adding_a_device_voids_nothing_and_ends_no_step_up() {
    let mut scene = Scene::enrolled();
    let (token, open) = (scene.solved(Channel::Email), scene.request(Channel::Sms));
    scene.step_up(2, NO_TOKEN);
    let id = scene.try_device(1, new_device("phone", 7), NO_TOKEN).unwrap();
    let code = scene.code_of(&numbered(7), 0);
    scene.activate_by(id, &code);
    assert_eq!((scene.phase(token), scene.phase(open)), (Phase::Solved, Phase::Open));
    assert!(scene.is_stepped_up(2));
}

#[test]
fn the_trail_has_no_name_of_a_device() {
    let mut scene = Scene::bare();
    let id = scene.try_device(1, new_device("Alice's own phone", 7), NO_TOKEN).unwrap();
    let code = scene.code_of(&numbered(7), 0);
    scene.activate_by(id, &code);
    scene.begin(Channel::Totp);
    scene.account.remove_device(&device_name("Alice's own phone"), None);
    assert!(scene.kinds().contains(&EventKind::ChannelRemoved));
    assert!(!format!("{:?}", scene.account.events).contains("Alice's"));
}
