//! What the bank has decided about channels: who brings the first, from when on a new one counts, in which order they
//! are offered, and which are on.

use std::time::Duration;

use crate::domain::{
    account::Contact,
    address::Address,
    assurance::{Assurance, Demand},
    challenge::{ChallengeKind, Phase},
    channel::{BroughtBy, Channel, Strength},
    factor::{ActiveChannel, counts_from},
    id::ChallengeId,
    policy::{FirstChannel, Policy},
    refusal::Refusal,
    rules::{
        attempt::AttemptOutcome,
        protect::{Clearance, Objection, Proof},
        request::Wish,
    },
    testing::{Scene, TICK, mailbox, operation, phone, proofs::new_device},
    totp::tests::numbered,
};

mod changed;
mod first;
mod offers;

const NO_TOKEN: Clearance = Clearance::NotNeeded;
const WAITING: Duration = Duration::from_hours(24);

/// An account with something of every channel, brought now by this one.
fn brought_by(who: BroughtBy) -> (Scene, String) {
    let mut scene = Scene::bare();
    scene.policy.waiting = WAITING;
    for address in [phone(1), mailbox(1)] {
        scene.account.channels.push(ActiveChannel { address, since: scene.now, brought_by: who });
    }
    scene.have_device("default", &numbered(1));
    scene.account.devices[0].brought_by = who;
    let (codes, _) = scene.make_codes(1, NO_TOKEN);
    scene.account.recovery.as_mut().unwrap().brought_by = who;
    (scene, codes[0].clone())
}

/// A challenge solved on this channel, for a token that is bound to operation 1 or to none.
fn solve(scene: &mut Scene, channel: Channel, code: &str, bound: bool) -> ChallengeId {
    let wish = Wish { operation: bound.then(|| operation(1)), ..Wish::default() };
    let id = scene.begin_with(channel, wish);
    let answer = match channel {
        Channel::Sms | Channel::Email => scene.tan(id),
        Channel::Totp => scene.code(),
        Channel::Recovery => code.to_owned(),
    };
    assert!(matches!(scene.attempt(id, &answer), AttemptOutcome::Solved { .. }), "{channel}");
    id
}

#[test]
fn what_a_customer_brought_counts_for_what_is_bound_after_the_waiting_and_an_operators_at_once() {
    for channel in Channel::ALL {
        for (who, waited) in [BroughtBy::Customer, BroughtBy::Operator].map(|who| [(who, false), (who, true)]).concat()
        {
            let (mut scene, code) = brought_by(who);
            let counts_at = scene.now.plus(WAITING);
            scene.now = if waited { counts_at } else { counts_at.minus(TICK) };
            let counts = waited || who == BroughtBy::Operator;
            let id = solve(&mut scene, channel, &code, true);
            let expected = (who == BroughtBy::Customer).then_some(counts_at);
            assert_eq!(scene.challenge(id).counts_from, expected);
            let bound = if counts { Ok(Clearance::Token(id)) } else { Err(Objection::Required) };
            assert_eq!(scene.clear(id, Assurance::Bound, 1), bound, "{channel} {who:?} {waited}");
            for assurance in [Assurance::Session, Assurance::Token] {
                assert_eq!(scene.clear(id, assurance, 1), Ok(Clearance::Token(id)), "{channel} {who:?} {waited}");
            }
            assert_eq!(scene.phase(id), Phase::Solved, "a token that does not suffice stays as it is");
            let offered = scene.account.offered(&scene.terms(), Demand::of(Assurance::Bound));
            assert_eq!(offered.iter().any(|offer| offer.channel == channel), counts, "{channel} {who:?} {waited}");
        }
    }
}

#[test]
fn a_token_counts_once_the_waiting_is_over_though_its_factor_was_young_when_it_was_solved() {
    let (mut scene, _) = brought_by(BroughtBy::Customer);
    scene.now = scene.now.plus(WAITING).minus(TICK);
    let id = solve(&mut scene, Channel::Totp, "", true);
    assert_eq!(scene.clear(id, Assurance::Bound, 1), Err(Objection::Required));
    scene.pass(TICK);
    assert_eq!(scene.clear(id, Assurance::Bound, 1), Ok(Clearance::Token(id)));
}

#[test]
fn without_a_waiting_all_counts_at_once() {
    let since = Scene::bare().now;
    for who in [BroughtBy::Customer, BroughtBy::Operator] {
        assert_eq!(counts_from(since, who, &Policy::default()), None);
    }
    let policy = Policy { waiting: WAITING, ..Policy::default() };
    assert_eq!(counts_from(since, BroughtBy::Customer, &policy), Some(since.plus(WAITING)));
    assert_eq!(counts_from(since, BroughtBy::Operator, &policy), None);
}

#[test]
fn a_device_is_as_old_as_itself_and_of_two_that_show_a_code_the_older_counts() {
    let mut scene = Scene::bare();
    scene.policy.waiting = WAITING;
    scene.have_device("old", &numbered(1));
    scene.pass(WAITING);
    scene.have_device("young", &numbered(2));
    scene.have_device("twin", &numbered(1));
    let solve_with = |scene: &mut Scene, number| {
        let id = scene.begin_with(Channel::Totp, Wish { operation: Some(operation(1)), ..Wish::default() });
        let code = scene.code_of(&numbered(number), 0);
        assert!(matches!(scene.attempt(id, &code), AttemptOutcome::Solved { .. }));
        scene.clear(id, Assurance::Bound, 1).is_ok()
    };
    assert!(!solve_with(&mut scene, 2), "the young one");
    assert!(solve_with(&mut scene, 1), "the old one, and a young twin of it");
}

#[test]
fn who_proves_a_factor_brought_it_and_an_operators_word_makes_it_count() {
    let mut scene = Scene::bare();
    let id = scene.enrol(phone(1));
    scene.activate(id);
    assert_eq!(scene.account.channels[0].brought_by, BroughtBy::Customer);
    scene.ask(|account, terms| account.set_address(terms.now, phone(2)));
    assert_eq!(scene.account.channels[0].brought_by, BroughtBy::Operator);
    let id = scene.try_device(1, new_device("default", 1), NO_TOKEN).unwrap();
    let code = scene.code_of(&numbered(1), 0);
    scene.activate_by(id, &code);
    assert_eq!(scene.account.devices[0].brought_by, BroughtBy::Customer);
}

/// The answer to every level and every proof, of an account whose only factor is a device.
#[test]
fn every_level_takes_the_proofs_that_the_contract_names_and_no_other() {
    use Assurance::{Bound, None, Session, Token};
    let expected = |asks, unbound: bool, bound: bool, session: bool| match asks {
        None => true,
        Session => unbound || bound || session,
        Token => unbound || bound,
        Bound => bound,
    };
    for asks in Assurance::ALL {
        for (unbound, bound, session) in [
            (false, false, false),
            (true, false, false),
            (false, true, false),
            (false, false, true),
            (true, false, true),
        ] {
            let mut scene = Scene::with_device();
            let id = (unbound || bound).then(|| solve(&mut scene, Channel::Totp, "", bound));
            if session {
                let until = scene.now.plus(scene.limits.step_up_lifetime);
                let strength = Strength::Possession;
                scene.account.step_ups =
                    vec![crate::domain::account::StepUp { session: Scene::session(1), until, strength }];
            }
            let proof = Proof {
                token: id.map(crate::domain::testing::token_of),
                session: Some(Scene::session(1)),
                ..Proof::default()
            };
            let demand = Demand { strength: Strength::Possession, ..Demand::of(asks) };
            let answer = scene.ask(|account, terms| account.clear(terms, demand, &operation(1), &proof));
            assert_eq!(answer.is_ok(), expected(asks, unbound, bound, session), "{asks:?} {proof:?}");
        }
    }
}
