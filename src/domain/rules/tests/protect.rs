//! Tokens at protected operations (`api.md` section 6).

use crate::domain::{
    assurance::{Assurance, Demand},
    challenge::{Phase, State},
    channel::Channel,
    event::EventKind,
    id::ChallengeId,
    refusal::Refusal,
    rules::{
        protect::{Clearance, Objection, Proof},
        settle::{Outcome, Settled},
    },
    testing::{Scene, less, operation, secs},
};

mod demands;

#[test]
fn an_account_without_channels_passes_and_one_with_needs_a_proof() {
    let mut bare = Scene::bare();
    let ask = |scene: &mut Scene, asks: Assurance| {
        scene.ask(|account, terms| account.clear(terms, Demand::of(asks), &operation(1), &Proof::default()))
    };
    assert_eq!(ask(&mut bare, Assurance::Bound), Ok(Clearance::NotNeeded));
    let mut enrolled = Scene::enrolled();
    assert_eq!(ask(&mut enrolled, Assurance::Token), Err(Objection::Required));
    assert_eq!(ask(&mut enrolled, Assurance::Bound), Err(Objection::Required));
}

#[test]
fn a_bound_token_clears_its_operation_at_both_levels() {
    for asks in [Assurance::Token, Assurance::Bound] {
        let mut scene = Scene::enrolled();
        let id = scene.request_bound(Channel::Sms, 1);
        scene.confirm(id);
        assert_eq!(scene.clear(id, asks, 1), Ok(Clearance::Token(id)));
    }
}

#[test]
fn a_bound_token_is_void_after_one_other_operation_and_that_is_written() {
    for asks in [Assurance::Token, Assurance::Bound] {
        let mut scene = Scene::enrolled();
        let id = scene.request_bound(Channel::Sms, 1);
        scene.confirm(id);
        assert_eq!(scene.clear(id, asks, 2), Err(Objection::WrongOperation));
        assert_eq!(scene.clear(id, asks, 1), Err(Objection::Invalid));
        assert_eq!(scene.phase(id), Phase::Void);
        assert_eq!(scene.kinds().iter().filter(|kind| **kind == EventKind::TokenMismatched).count(), 1);
    }
}

#[test]
fn an_unbound_token_does_not_suffice_where_a_bound_one_is_asked_for_and_stays_as_it_is() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    let before = scene.account.clone();
    assert_eq!(scene.clear(id, Assurance::Bound, 1), Err(Objection::Required));
    assert_eq!(scene.account, before);
    assert_eq!(scene.clear(id, Assurance::Token, 1), Ok(Clearance::Token(id)));
}

#[test]
fn a_token_that_ran_out_proves_nothing_and_is_not_void_for_another_operation() {
    let mut scene = Scene::enrolled();
    let id = scene.request_bound(Channel::Sms, 1);
    scene.confirm(id);
    scene.pass(scene.limits.token_lifetime);
    assert_eq!(scene.clear(id, Assurance::Token, 2), Err(Objection::Invalid));
    assert_eq!(scene.phase(id), Phase::Expired);
}

#[test]
fn a_stranger_is_as_invalid_as_a_spent_token() {
    let mut scene = Scene::enrolled();
    let spent = scene.solved(Channel::Sms);
    scene.account.spend(spent);
    let stranger = ChallengeId::from_uuid(uuid::Uuid::from_bytes([9; 16]));
    for id in [spent, stranger] {
        assert_eq!(scene.clear(id, Assurance::Token, 1), Err(Objection::Invalid));
    }
}

#[test]
fn a_held_token_clears_nothing_else_and_another_operation_voids_nothing() {
    let mut scene = Scene::enrolled();
    let id = scene.request_bound(Channel::Sms, 1);
    scene.confirm(id);
    scene.hold(id).unwrap();
    let held = scene.account.clone();
    let reserved = Err(Objection::Reserved { retry_after: scene.limits.reservation_lease });
    assert_eq!(scene.clear(id, Assurance::Token, 1), reserved);
    assert_eq!(scene.clear(id, Assurance::Token, 2), reserved);
    assert_eq!(scene.hold(id), Err(Refusal::TokenReserved { retry_after: scene.limits.reservation_lease }));
    assert_eq!(scene.account, held);
}

#[test]
fn a_held_token_lives_until_it_is_settled_even_past_its_own_time() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    scene.pass(less(scene.limits.token_lifetime, secs(1)));
    scene.hold(id).unwrap();
    scene.pass(secs(2));
    assert_eq!(scene.phase(id), Phase::Solved);
    scene.settle(id, Outcome::Succeeded);
    assert_eq!(scene.phase(id), Phase::Spent);
}

#[test]
fn a_released_token_is_free_again_until_it_runs_out() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    scene.hold(id).unwrap();
    scene.settle(id, Outcome::NoEffect);
    assert_eq!(scene.clear(id, Assurance::Token, 2), Ok(Clearance::Token(id)));
    let released = scene.account.clone();
    scene.settle(id, Outcome::NoEffect);
    assert_eq!(scene.account, released, "a release is idempotent");
    scene.pass(scene.limits.token_lifetime);
    assert_eq!(scene.clear(id, Assurance::Token, 2), Err(Objection::Invalid));
}

#[test]
fn a_lapsed_hold_proves_nothing_to_others_and_is_settled_by_its_holder_alone() {
    for spends in [true, false] {
        let mut scene = Scene::enrolled();
        let id = scene.solved(Channel::Sms);
        scene.hold(id).unwrap();
        scene.pass(scene.limits.reservation_lease);
        assert_eq!(scene.phase(id), Phase::Void);
        assert_eq!(scene.clear(id, Assurance::Token, 1), Err(Objection::Invalid));
        assert_eq!(scene.hold(id), Err(Refusal::TokenInvalid));
        if spends {
            scene.settle(id, Outcome::Succeeded);
            assert_eq!(scene.phase(id), Phase::Spent);
        } else {
            scene.settle(id, Outcome::NoEffect);
            assert_eq!(scene.clear(id, Assurance::Token, 1), Ok(Clearance::Token(id)));
        }
    }
}

#[test]
fn a_token_that_was_voided_while_it_was_held_is_spent_by_a_success_and_not_freed_by_a_release() {
    for succeeds in [true, false] {
        let mut scene = Scene::enrolled();
        let id = scene.solved(Channel::Sms);
        scene.hold(id).unwrap();
        scene.account.void(id, "another address was activated");
        let outcome = if succeeds { Outcome::Succeeded } else { Outcome::NoEffect };
        assert_eq!(scene.settle(id, outcome), Settled::Done);
        assert_eq!(scene.challenge(id).state, if succeeds { State::Spent } else { State::Void });
        assert_eq!(scene.clear(id, Assurance::Token, 1), Err(Objection::Invalid));
    }
}

#[test]
fn an_open_challenge_has_no_token_to_hold_spend_or_release() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    let before = scene.account.clone();
    assert_eq!(scene.hold(id), Err(Refusal::TokenInvalid));
    scene.account.spend(id);
    scene.settle(id, Outcome::NoEffect);
    assert_eq!(scene.account, before);
}

#[test]
fn a_token_lives_on_through_a_block() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    let wrong = scene.request(Channel::Sms);
    let other = scene.request(Channel::Email);
    for target in [wrong, wrong, wrong, other, other] {
        scene.fail(target);
    }
    assert!(scene.account.standing.blocked_for(scene.now, &scene.limits).is_some());
    assert_eq!(scene.clear(id, Assurance::Token, 1), Ok(Clearance::Token(id)));
}
