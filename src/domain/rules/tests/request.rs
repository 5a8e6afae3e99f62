//! The order of answers when a challenge is requested (`api.md` section 5), and `open_challenges`.

use crate::domain::{
    challenge::Phase,
    channel::Channel,
    refusal::Refusal,
    rules::request::{Requested, Wish},
    summary::Approval,
    testing::{Scene, TICK, idempotency, less, operation, phone, secs},
};

fn keyed(key: u8, request: u8) -> Wish {
    Wish { idempotency: Some(idempotency(key, request)), ..Wish::default() }
}

#[test]
fn the_same_request_again_comes_before_the_block_and_a_block_before_everything_else() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(Channel::Sms, keyed(1, 1));
    scene.record(id, crate::domain::rules::transmission::HandOver::Sent);
    for _ in 0..5 {
        scene.account.standing.fail(crate::domain::channel::Strength::Possession, scene.now, &scene.limits.clone());
    }
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Ok(Requested::Repeated(id)));
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 2)), Err(Refusal::IdempotencyMismatch));
    let blocked = Err(Refusal::AccountBlocked { retry_after: scene.limits.block });
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), blocked);
    assert_eq!(scene.try_request(Channel::Totp, Wish::default()), blocked);
}

#[test]
fn a_channel_that_is_not_active_here_is_not_supported() {
    let mut scene = Scene::bare();
    for channel in Channel::ALL {
        assert_eq!(scene.try_request(channel, Wish::default()), Err(Refusal::ChannelNotSupported));
    }
    scene.enrol(phone(1));
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), Err(Refusal::ChannelNotSupported), "only pending");
}

#[test]
fn a_new_challenge_stands_open_with_all_its_tries_and_its_message_under_way() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(
        Channel::Sms,
        Wish { operation: Some(operation(1)), summary: Some(Approval::of("Transfer")), ..Wish::default() },
    );
    let view = scene.view(id);
    assert_eq!((view.attempts_left, view.transmissions_left), (3, Some(2)));
    assert_eq!(view.solve_expiration, scene.now.plus(scene.limits.tan_lifetime));
    assert_eq!(view.summary.as_deref(), Some("Transfer"));
    assert_eq!((view.phase, view.tan_info.as_str()), (Phase::Open, phone(1).masked().as_str()));
    assert_eq!(scene.challenge(id).operation, Some(operation(1)));
}

#[test]
fn one_more_than_open_challenges_is_refused_until_exactly_the_first_of_them_ends() {
    let mut scene = Scene::enrolled();
    let first_ends = scene.now.plus(scene.limits.challenge_lifetime);
    for _ in 0..5 {
        scene.request(Channel::Sms);
        scene.pass(secs(60));
    }
    let retry_after = first_ends.since(scene.now);
    let before = scene.account.clone();
    let refused = Err(Refusal::RateLimited { limit: "open_challenges", retry_after });
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), refused);
    assert_eq!(scene.try_request(Channel::Email, Wish::default()), refused);
    assert_eq!(scene.account, before);
    scene.pass(less(retry_after, TICK));
    assert!(scene.try_request(Channel::Sms, Wish::default()).is_err());
    scene.pass(TICK);
    scene.begin(Channel::Sms);
}

#[test]
fn after_open_challenges_was_lowered_as_many_must_end_as_are_too_many() {
    let mut scene = Scene::enrolled();
    let mut ends = Vec::new();
    for _ in 0..4 {
        let id = scene.request(Channel::Sms);
        ends.push(scene.challenge(id).ends_at);
        scene.pass(secs(60));
    }
    scene.limits.open_challenges = 2;
    let refused = Refusal::RateLimited { limit: "open_challenges", retry_after: ends[2].since(scene.now) };
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), Err(refused));
}

#[test]
fn solved_aborted_void_and_outlived_challenges_are_not_open() {
    let mut scene = Scene::enrolled();
    scene.limits.open_challenges = 1;
    scene.solved(Channel::Sms);
    let aborted = scene.request(Channel::Sms);
    scene.abort(aborted).unwrap();
    scene.pass(secs(60));
    let void = scene.request(Channel::Sms);
    scene.account.void(void, "a test");
    scene.pass(secs(60));
    let outlived = scene.request(Channel::Sms);
    scene.pass(secs(5 * 60));
    assert_eq!(scene.phase(outlived), Phase::Expired);
    assert!(scene.try_request(Channel::Sms, Wish::default()).is_err(), "its TAN ran out, but it can have a fresh one");
    scene.pass(secs(25 * 60));
    scene.begin(Channel::Sms);
}
