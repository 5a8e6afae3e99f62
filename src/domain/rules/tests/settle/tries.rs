//! The same work again, while the outcome of an earlier try is not known.

use super::{Case, End, Saw, WHEN, When};
use crate::domain::{
    assurance::{Assurance, Demand},
    challenge::State,
    channel::Channel,
    event::EventKind,
    id::ReservationId,
    refusal::Refusal,
    rules::{
        protect::Objection,
        settle::{Outcome, Settled},
    },
    testing::{Scene, operation},
};
use End::{Again, Free, Later, Spent};
use Saw::{Answer, Died, HungUp, NeverReached, TimedOut};

/// What a later try saw, and where the token stands in the lease and after it. A try that had no effect says nothing of
/// the earlier one.
const LATER_TRIES: &[(Saw, [End; 2])] = &[
    (Answer(200), [Spent, Spent]),
    (Answer(302), [Spent, Spent]),
    (Answer(400), [Again, Again]),
    (Answer(404), [Again, Again]),
    (Answer(409), [Again, Again]),
    (Answer(429), [Again, Again]),
    (Answer(500), [Again, Again]),
    (NeverReached, [Again, Again]),
    (HungUp, [Later, Again]),
    (TimedOut, [Later, Again]),
    (Died, [Later, Again]),
];

impl Case {
    /// The outcome is not known, and the same work is tried again.
    fn tried_again(&mut self) {
        self.scene.settle(self.token, Outcome::Unknown { over: true });
        self.scene.hold_for(self.token, 1, true).unwrap();
    }

    fn latest(&self) -> ReservationId {
        self.scene.challenge(self.token).reservation.unwrap().id
    }
}

#[test]
fn a_later_try_spends_the_token_or_leaves_it_to_the_next_under_the_first_key() {
    for (tries, bound) in [(1, false), (1, true), (3, false), (3, true)] {
        for (saw, ends) in LATER_TRIES {
            for (when, end) in WHEN.into_iter().zip(*ends) {
                let cell = format!("{tries} tries before, {saw:?}, {when:?}");
                let mut case = Case::held(true, bound);
                (0..tries).for_each(|_| case.tried_again());
                case.comes(when);
                let latest = case.latest();
                if let Some(outcome) = saw.outcome() {
                    assert_eq!(case.scene.settle_by(case.token, latest, outcome), Settled::Done, "{cell}");
                }
                case.stands(end, &cell);
            }
        }
    }
}

#[test]
fn a_success_that_is_told_late_ends_the_tries_and_no_earlier_holder_undoes_it() {
    let mut case = Case::held(true, true);
    case.tried_again();
    let latest = case.latest();
    case.comes(When::AfterTheLease);
    for outcome in [Outcome::NoEffect, Outcome::Succeeded, Outcome::NoEffect, Outcome::Unknown { over: true }] {
        assert_eq!(case.scene.settle_by(case.token, case.holder, outcome), Settled::NotHeld);
        assert_eq!(case.scene.settle_by(case.token, latest, outcome), Settled::Done);
    }
    case.stands(Spent, "told late");
}

#[test]
fn the_first_try_given_back_begins_another_work_and_a_later_one_does_not() {
    let mut case = Case::held(true, false);
    case.scene.settle(case.token, Outcome::Unknown { over: true });
    case.scene.settle(case.token, Outcome::NoEffect);
    case.stands(Free, "the only try had no effect after all");
    let mut case = Case::held(true, false);
    case.tried_again();
    case.scene.settle(case.token, Outcome::NoEffect);
    case.stands(Again, "of the first try nothing is known");
}

#[test]
fn an_unbound_token_whose_outcome_is_not_known_is_void_after_another_operation() {
    let mut case = Case::held(true, false);
    case.scene.settle(case.token, Outcome::Unknown { over: true });
    let demand = Demand::of(Assurance::Token);
    let refused = case.scene.clear_for(case.token, demand, 2);
    assert_eq!(refused, Err(Objection::WrongOperation));
    assert_eq!(case.scene.challenge(case.token).state, State::Void);
    case.stands(End::Void, "after another operation");
    assert_eq!(case.scene.settle(case.token, Outcome::Succeeded), Settled::Done, "its holder may still know");
    case.stands(Spent, "told late");
}

#[test]
fn a_hold_refuses_other_work_whatever_was_decided_before() {
    let mut case = Case::held(true, false);
    case.scene.settle(case.token, Outcome::Unknown { over: true });
    for (number, idempotent) in [(2, true), (1, false), (2, false)] {
        let before = case.scene.account.clone();
        assert_eq!(case.scene.hold_for(case.token, number, idempotent), Err(Refusal::TokenInvalid));
        assert_eq!(case.scene.account, before);
    }
    let again = case.scene.hold_for(case.token, 1, true).unwrap();
    let held = case.scene.challenge(case.token).reservation.unwrap();
    assert_eq!((held.id, held.first, held.operation), (again, case.holder, operation(1)));
}

#[test]
fn an_account_that_ends_while_its_token_is_held_frees_nothing_and_is_told_of_a_late_success() {
    for (outcome, end) in
        [(Outcome::Succeeded, Spent), (Outcome::NoEffect, End::VoidFree), (Outcome::Unknown { over: true }, End::Void)]
    {
        let mut case = Case::held(true, true);
        let channels = case.scene.account.channels.clone();
        case.scene.account.delete(case.scene.now, None);
        assert_eq!(case.scene.settle(case.token, outcome), Settled::Done);
        case.scene.account.channels = channels; // else everything passes, with a token or without
        case.stands(end, &format!("{outcome:?} after the account's end"));
    }
}

#[test]
fn the_trail_is_told_once_that_a_holder_said_nothing_until_its_lease_ran_out() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    scene.hold(id).unwrap();
    let lapses = |scene: &Scene| scene.kinds().iter().filter(|kind| **kind == EventKind::TokenLapsed).count();
    scene.ask(|account, terms| account.tell_lapse(terms, id));
    assert_eq!(lapses(&scene), 0, "its holder is still waited for");
    scene.pass(scene.limits.reservation_lease);
    for _ in 0..2 {
        scene.ask(|account, terms| account.tell_lapse(terms, id));
    }
    assert_eq!(lapses(&scene), 1);
    assert_eq!(scene.settle(id, Outcome::Succeeded), Settled::Done, "a late success is told of all the same");
    scene.ask(|account, terms| account.tell_lapse(terms, id));
    assert_eq!(scene.kinds().last(), Some(&EventKind::TokenSpent));
}

#[test]
fn what_was_settled_or_told_to_be_unknown_does_not_lapse() {
    for outcome in [Outcome::Succeeded, Outcome::NoEffect, Outcome::Unknown { over: true }] {
        let mut scene = Scene::enrolled();
        let id = scene.solved(Channel::Sms);
        scene.hold(id).unwrap();
        scene.settle(id, outcome);
        scene.pass(scene.limits.reservation_lease);
        let told = scene.kinds().len();
        scene.ask(|account, terms| account.tell_lapse(terms, id));
        scene.settle(id, outcome);
        assert_eq!(scene.kinds().len(), told, "{outcome:?}");
    }
}
