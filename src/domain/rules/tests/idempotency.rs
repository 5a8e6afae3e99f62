//! `Idempotency-Key` on a request (`api.md` section 1).

use crate::domain::{
    challenge::Phase,
    channel::Channel,
    refusal::Refusal,
    rules::{
        request::{IDEMPOTENCY_LIFETIME, Requested, Wish},
        transmission::{HandOver, TakenOver},
    },
    testing::{LEASE, Scene, TICK, idempotency, less, secs},
};

fn keyed(key: u8, request: u8) -> Wish {
    Wish { idempotency: Some(idempotency(key, request)), ..Wish::default() }
}

#[test]
fn the_same_request_names_the_same_challenge_and_changes_nothing() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(Channel::Sms, keyed(1, 1));
    scene.record(id, HandOver::Sent);
    let before = scene.account.clone();
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Ok(Requested::Repeated(id)));
    assert_eq!(scene.account, before);
}

#[test]
fn another_request_under_the_same_key_is_a_mismatch() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(Channel::Sms, keyed(1, 1));
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 2)), Err(Refusal::IdempotencyMismatch), "even while it runs");
    scene.record(id, HandOver::Sent);
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 2)), Err(Refusal::IdempotencyMismatch));
    assert_eq!(
        scene.try_request(Channel::Sms, keyed(2, 1)),
        Err(Refusal::RateLimited { limit: "retransmission_period", retry_after: secs(60) }),
        "another key is another request"
    );
}

#[test]
fn while_the_first_runs_the_same_request_is_told_to_wait_for_the_lease() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(Channel::Sms, keyed(1, 1));
    scene.pass(secs(5));
    let running = Refusal::IdempotencyRunning { retry_after: less(LEASE, secs(5)) };
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Err(running));
    scene.record(id, HandOver::Sent);
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Ok(Requested::Repeated(id)));
}

#[test]
fn a_retransmission_under_way_is_no_first_run() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(Channel::Sms, keyed(1, 1));
    scene.record(id, HandOver::Sent);
    scene.pass(secs(60));
    scene.retransmit(id).unwrap();
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Ok(Requested::Repeated(id)));
}

#[test]
fn a_failed_first_hand_over_frees_the_key() {
    let mut scene = Scene::enrolled();
    let first = scene.begin_with(Channel::Sms, keyed(1, 1));
    scene.record(first, HandOver::Failed("exit"));
    assert_eq!(scene.phase(first), Phase::Void);
    let second = scene.begin_with(Channel::Sms, keyed(1, 2));
    assert_ne!(first, second);
}

#[test]
fn a_failed_retransmission_frees_no_key() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(Channel::Sms, keyed(1, 1));
    scene.record(id, HandOver::Sent);
    scene.pass(secs(60));
    scene.retransmit(id).unwrap();
    scene.record(id, HandOver::Failed("exit"));
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Ok(Requested::Repeated(id)));
}

#[test]
fn a_sending_that_nobody_took_over_in_time_frees_the_key() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(Channel::Sms, keyed(1, 1));
    scene.pass(scene.limits.tan_lifetime);
    assert_eq!(scene.take_over(id), Some(TakenOver::Dropped));
    scene.begin_with(Channel::Sms, keyed(1, 1));
}

#[test]
fn the_key_names_its_challenge_whatever_became_of_it() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(Channel::Sms, keyed(1, 1));
    scene.record(id, HandOver::Sent);
    scene.confirm(id);
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Ok(Requested::Repeated(id)));
    scene.account.spend(id);
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Ok(Requested::Repeated(id)));
    scene.pass(secs(3600));
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Ok(Requested::Repeated(id)));
}

#[test]
fn after_a_day_the_key_can_be_used_anew() {
    let mut scene = Scene::enrolled();
    let id = scene.begin_with(Channel::Sms, keyed(1, 1));
    scene.record(id, HandOver::Sent);
    scene.pass(less(IDEMPOTENCY_LIFETIME, TICK));
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 1)), Ok(Requested::Repeated(id)));
    scene.pass(TICK);
    let later = scene.begin_with(Channel::Sms, keyed(1, 2));
    assert_ne!(id, later);
    scene.record(later, HandOver::Sent);
    assert_eq!(scene.try_request(Channel::Sms, keyed(1, 2)), Ok(Requested::Repeated(later)), "the younger one counts");
}
