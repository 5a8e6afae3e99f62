//! Taler's ids as proofs.

use crate::domain::{
    assurance::{Assurance, Demand},
    challenge::{Phase, State},
    channel::{Channel, Strength},
    event::EventKind,
    rules::{
        protect::{Clearance, Objection, Proof},
        settle::{Outcome, Settled},
    },
    testing::{Scene, operation, secs, token_of},
};

#[test]
fn a_solved_id_clears_the_request_that_it_was_offered_with() {
    let mut scene = Scene::enrolled();
    let id = scene.solved_taler(Channel::Sms, 1);
    assert_eq!(scene.show(&[&id], 1), Ok(Clearance::Token(id.challenge)));
    assert_eq!(scene.phase(id.challenge), Phase::Solved, "to be cleared is not to be spent");
}

#[test]
fn on_a_changed_request_a_solved_id_proves_nothing_and_is_void() {
    let mut scene = Scene::enrolled();
    let id = scene.solved_taler(Channel::Sms, 1);
    assert_eq!(scene.show(&[&id], 2), Err(Objection::Required), "asked for again, not refused");
    assert_eq!(scene.phase(id.challenge), Phase::Void);
    assert_eq!(scene.show(&[&id], 1), Err(Objection::Required));
    assert_eq!(scene.kinds().iter().filter(|kind| **kind == EventKind::TokenMismatched).count(), 1);
}

#[test]
fn what_is_unsolved_ran_out_was_spent_or_is_void_proves_nothing() {
    let mut scene = Scene::enrolled();
    let unsent = scene.offer(Channel::Sms, 1);
    let ran_out = scene.solved_taler(Channel::Sms, 1);
    scene.pass(scene.limits.token_lifetime);
    let (spent, void) = (scene.solved_taler(Channel::Sms, 1), scene.solved_taler(Channel::Sms, 1));
    scene.account.spend(spent.challenge);
    scene.account.void(void.challenge, "its session was closed");
    let open = scene.sent_taler(Channel::Sms, 1);
    let before = scene.account.clone();
    for id in [&unsent, &ran_out, &spent, &void, &open] {
        assert_eq!(scene.show(&[id], 1), Err(Objection::Required));
        assert_eq!(scene.show(&[id], 2), Err(Objection::Required));
    }
    assert_eq!(scene.show(&[&unsent, &ran_out, &spent, &void, &open], 1), Err(Objection::Required));
    assert_eq!(scene.show(&[], 1), Err(Objection::Required));
    assert_eq!(scene.account, before);
}

#[test]
fn one_of_several_ids_suffices_wherever_it_stands_among_them() {
    let mut scene = Scene::enrolled();
    let spent = scene.solved_taler(Channel::Sms, 1);
    scene.account.spend(spent.challenge);
    let (held, good) = (scene.solved_taler(Channel::Sms, 1), scene.solved_taler(Channel::Email, 1));
    scene.hold(held.challenge).unwrap();
    let open = scene.sent_taler(Channel::Sms, 1);
    for ids in [[&good, &spent, &held, &open], [&open, &held, &spent, &good], [&held, &good, &open, &spent]] {
        assert_eq!(scene.show(&ids, 1), Ok(Clearance::Token(good.challenge)));
    }
    let retry_after = scene.limits.reservation_lease;
    for ids in [[&spent, &held, &open], [&held, &open, &spent]] {
        assert_eq!(scene.show(&ids, 1), Err(Objection::Reserved { retry_after }), "that one is at work");
    }
}

#[test]
fn neither_kind_of_proof_stands_for_the_other() {
    let mut scene = Scene::enrolled();
    let taler = scene.solved_taler(Channel::Sms, 1);
    let token = scene.request_bound(Channel::Sms, 1);
    scene.confirm(token);
    let before = scene.account.clone();
    for number in [1, 2] {
        assert_eq!(scene.clear(taler.challenge, Assurance::Token, number), Err(Objection::Invalid));
        let proof = Proof { taler: vec![token_of(token)], ..Proof::default() };
        let shown =
            scene.ask(|account, terms| account.clear(terms, Demand::of(Assurance::Token), &operation(number), &proof));
        assert_eq!(shown, Err(Objection::Required));
    }
    assert_eq!(scene.account, before, "and neither is void for it");
}

#[test]
fn a_one_shot_token_that_came_is_judged_and_the_ids_beside_it_are_not() {
    let mut scene = Scene::enrolled();
    let (taler, spent) = (scene.solved_taler(Channel::Sms, 1), scene.solved(Channel::Sms));
    scene.account.spend(spent);
    let proof = Proof { taler: vec![token_of(taler.challenge)], ..Proof::token(Some(token_of(spent))) };
    let demand = Demand::of(Assurance::Token);
    let shown = scene.ask(|account, terms| account.clear(terms, demand, &operation(1), &proof));
    assert_eq!(shown, Err(Objection::Invalid));
}

#[test]
fn an_id_that_is_not_strong_enough_is_asked_for_again_and_stays_as_it_is() {
    let mut scene = Scene::enrolled();
    let id = scene.solved_taler(Channel::Email, 1);
    let proof = Proof { taler: vec![token_of(id.challenge)], ..Proof::default() };
    let demand = Demand { strength: Strength::Possession, ..Demand::of(Assurance::Bound) };
    let before = scene.account.clone();
    let mut show = |number| scene.ask(|account, terms| account.clear(terms, demand, &operation(number), &proof));
    assert_eq!(show(1), Err(Objection::Required));
    assert_eq!(scene.account, before);
    assert_eq!(scene.show(&[&id], 1), Ok(Clearance::Token(id.challenge)));
}

#[test]
fn an_id_is_spent_by_success_and_given_back_when_there_was_no_effect() {
    let mut scene = Scene::enrolled();
    let id = scene.solved_taler(Channel::Sms, 1);
    scene.hold(id.challenge).unwrap();
    assert_eq!(scene.settle(id.challenge, Outcome::NoEffect), Settled::Done);
    assert_eq!(scene.show(&[&id], 1), Ok(Clearance::Token(id.challenge)), "a wrong password takes no proof away");
    scene.hold(id.challenge).unwrap();
    assert_eq!(scene.settle(id.challenge, Outcome::Succeeded), Settled::Done);
    assert_eq!(scene.show(&[&id], 1), Err(Objection::Required));
    assert_eq!(scene.challenge(id.challenge).state, State::Spent);
}

#[test]
fn a_solved_id_counts_as_a_solved_challenge_and_cools_nothing() {
    let mut scene = Scene::enrolled();
    let wrong = scene.request(Channel::Sms);
    scene.fail(wrong);
    scene.pass(secs(60));
    scene.solved_taler(Channel::Sms, 1);
    assert_eq!(scene.account.standing.failures, 0);
    let next = scene.offer(Channel::Sms, 2);
    assert_eq!(scene.transmit(&next), Ok(()));
}
