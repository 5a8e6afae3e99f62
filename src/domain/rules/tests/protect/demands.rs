//! What an operation may ask for, and which answer comes first when several would fit.

use crate::domain::{
    account::StepUp,
    assurance::{Assurance, Demand},
    challenge::Phase,
    channel::{Channel, Strength},
    id::{AccessTokenId, ChallengeId},
    rules::{
        protect::{Clearance, Objection, Proof},
        settle::Outcome,
    },
    testing::{Scene, operation, token_of},
};

fn strong(assurance: Assurance) -> Demand {
    Demand { strength: Strength::Possession, ..Demand::of(assurance) }
}

fn ask(scene: &mut Scene, demand: Demand, proof: &Proof) -> Result<Clearance, Objection> {
    scene.ask(|account, terms| account.clear(terms, demand, &operation(1), proof))
}

/// The session that is stepped up in a scene.
fn session() -> AccessTokenId {
    Scene::session(9)
}

fn stepped_up() -> Proof {
    Proof { session: Some(session()), ..Proof::default() }
}

/// An account with `sms` and `email`, one of its sessions stepped up by as much as that.
fn with_step_up(strength: Strength) -> Scene {
    let mut scene = Scene::enrolled();
    let until = scene.now.plus(scene.limits.step_up_lifetime);
    scene.account.step_ups.push(StepUp { session: session(), until, strength });
    scene
}

#[test]
fn what_asks_for_nothing_passes_whatever_came_and_takes_nothing() {
    let mut scene = Scene::enrolled();
    let id = scene.request_bound(Channel::Sms, 2);
    scene.confirm(id);
    let demand = Demand { enrolled: true, ..strong(Assurance::None) };
    let before = scene.account.clone();
    for proof in [Proof::default(), stepped_up(), Proof::token(Some(token_of(id)))] {
        assert_eq!(ask(&mut scene, demand, &proof), Ok(Clearance::NotNeeded));
    }
    assert_eq!(ask(&mut Scene::bare(), demand, &Proof::default()), Ok(Clearance::NotNeeded));
    assert_eq!(scene.account, before);
}

#[test]
fn a_stepped_up_session_suffices_where_a_session_is_asked_for_and_nowhere_else() {
    let mut scene = with_step_up(Strength::Inform);
    let before = scene.account.clone();
    for assurance in Assurance::ALL {
        let passes = matches!(assurance, Assurance::None | Assurance::Session);
        let expected = if passes { Ok(Clearance::NotNeeded) } else { Err(Objection::Required) };
        assert_eq!(ask(&mut scene, Demand::of(assurance), &stepped_up()), expected, "{assurance:?}");
    }
    let strong = Demand { strength: Strength::Possession, ..Demand::of(Assurance::Session) };
    assert_eq!(ask(&mut scene, strong, &stepped_up()), Err(Objection::Required), "by something weaker");
    assert_eq!(ask(&mut with_step_up(Strength::Possession), strong, &stepped_up()), Ok(Clearance::NotNeeded));
    let another = Proof { session: Some(Scene::session(8)), ..Proof::default() };
    assert_eq!(ask(&mut scene, Demand::of(Assurance::Session), &another), Err(Objection::Required), "another session");
    assert_eq!(ask(&mut scene, Demand::of(Assurance::Session), &Proof::default()), Err(Objection::Required));
    assert_eq!(scene.account, before);
}

#[test]
fn where_a_session_is_asked_for_a_token_suffices_too_and_is_not_taken_from_a_session_that_suffices() {
    let mut scene = with_step_up(Strength::Inform);
    let id = scene.solved(Channel::Email);
    let token = Proof::token(Some(token_of(id)));
    assert_eq!(ask(&mut scene, Demand::of(Assurance::Session), &token), Ok(Clearance::Token(id)));
    let both = Proof { session: Some(session()), ..token };
    assert_eq!(ask(&mut scene, Demand::of(Assurance::Session), &both), Ok(Clearance::NotNeeded));
    let stranger = Proof { session: Some(session()), ..Proof::token(Some(token_of(foreign()))) };
    assert_eq!(ask(&mut scene, Demand::of(Assurance::Session), &stranger), Ok(Clearance::NotNeeded));
    assert_eq!(ask(&mut scene, Demand::of(Assurance::Token), &stranger), Err(Objection::Invalid));
}

#[test]
fn an_account_without_channels_is_refused_where_it_must_be_enrolled_and_its_token_is_ignored() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    scene.account.channels.clear();
    let before = scene.account.clone();
    for assurance in [Assurance::Session, Assurance::Token, Assurance::Bound] {
        let (demand, enrolled) = (Demand::of(assurance), Demand { enrolled: true, ..Demand::of(assurance) });
        for proof in [Proof::default(), stepped_up(), Proof::token(Some(token_of(id)))] {
            assert_eq!(ask(&mut scene, demand, &proof), Ok(Clearance::NotNeeded));
            assert_eq!(ask(&mut scene, enrolled, &proof), Err(Objection::Required));
        }
    }
    assert_eq!(scene.account, before);
}

#[test]
fn an_enrolled_account_is_asked_the_same_whether_or_not_it_must_be() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    let demand = Demand { enrolled: true, ..Demand::of(Assurance::Token) };
    assert_eq!(ask(&mut scene, demand, &Proof::default()), Err(Objection::Required));
    assert_eq!(scene.clear_for(id, demand, 1), Ok(Clearance::Token(id)));
}

#[test]
fn a_token_of_a_weaker_channel_does_not_suffice_and_stays_as_it_is() {
    for assurance in [Assurance::Session, Assurance::Token, Assurance::Bound] {
        let mut scene = Scene::enrolled();
        let (weak, good) = (scene.request_bound(Channel::Email, 1), scene.request_bound(Channel::Sms, 1));
        scene.confirm(weak);
        scene.confirm(good);
        let before = scene.account.clone();
        assert_eq!(scene.clear_for(weak, strong(assurance), 1), Err(Objection::Required));
        assert_eq!(scene.account, before);
        assert_eq!(scene.clear_for(weak, Demand::of(assurance), 1), Ok(Clearance::Token(weak)));
        assert_eq!(scene.clear_for(good, strong(assurance), 1), Ok(Clearance::Token(good)));
    }
}

#[test]
fn a_bound_token_on_another_operation_is_void_even_where_it_would_not_have_been_strong_enough() {
    let mut scene = Scene::enrolled();
    let id = scene.request_bound(Channel::Email, 1);
    scene.confirm(id);
    assert_eq!(scene.clear_for(id, strong(Assurance::Bound), 2), Err(Objection::WrongOperation));
    assert_eq!(scene.phase(id), Phase::Void);
}

#[test]
fn a_dead_or_held_token_is_told_of_before_the_operation_is_looked_at() {
    let mut scene = Scene::enrolled();
    let (held, spent) = (scene.request_bound(Channel::Email, 1), scene.request_bound(Channel::Sms, 1));
    scene.confirm(held);
    scene.confirm(spent);
    scene.hold(held).unwrap();
    scene.account.spend(spent);
    let before = scene.account.clone();
    let reserved = Objection::Reserved { retry_after: scene.limits.reservation_lease };
    for number in [1, 2] {
        assert_eq!(scene.clear_for(held, strong(Assurance::Bound), number), Err(reserved));
        assert_eq!(scene.clear_for(spent, strong(Assurance::Bound), number), Err(Objection::Invalid));
    }
    assert_eq!(scene.account, before);
}

#[test]
fn while_an_outcome_is_not_known_the_answers_are_mismatch_then_sufficiency_then_whether_it_is_repeated() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Email);
    scene.hold_for(id, 1, true).unwrap();
    scene.settle(id, Outcome::Unknown { over: true });
    let before = scene.account.clone();
    let repeated = |demand: Demand| Demand { idempotent: true, ..demand };
    let token = Demand::of(Assurance::Token);
    assert_eq!(scene.clear_for(id, token, 1), Err(Objection::Invalid), "who asks now does not repeat");
    assert_eq!(scene.clear_for(id, repeated(token), 1), Ok(Clearance::Token(id)));
    for insufficient in [strong(Assurance::Token), Demand::of(Assurance::Bound)] {
        for demand in [insufficient, repeated(insufficient)] {
            assert_eq!(scene.clear_for(id, demand, 1), Err(Objection::Required));
        }
    }
    assert_eq!(scene.account, before);
    assert_eq!(scene.clear_for(id, strong(Assurance::Bound), 2), Err(Objection::WrongOperation));
    assert_eq!(scene.clear_for(id, repeated(token), 1), Err(Objection::Invalid));
    assert_eq!(scene.phase(id), Phase::Void);
}

#[test]
fn an_operation_that_is_never_repeated_leaves_nothing_to_one_that_is() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    scene.hold_for(id, 1, false).unwrap();
    scene.settle(id, Outcome::Unknown { over: true });
    let demand = Demand { idempotent: true, ..Demand::of(Assurance::Token) };
    assert_eq!(scene.clear_for(id, demand, 1), Err(Objection::Invalid));
}

#[test]
fn anothers_token_is_as_invalid_as_none_that_ever_was() {
    let mut scene = Scene::enrolled();
    for assurance in [Assurance::Session, Assurance::Token, Assurance::Bound] {
        assert_eq!(scene.clear(foreign(), assurance, 1), Err(Objection::Invalid));
    }
}

fn foreign() -> ChallengeId {
    ChallengeId::from_uuid(uuid::Uuid::from_bytes([9; 16]))
}
