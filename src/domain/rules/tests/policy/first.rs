//! The first factor of an account: who may bring it, and what it ends.

use super::{
    Address, AttemptOutcome, ChallengeKind, Channel, FirstChannel, NO_TOKEN, Phase, Refusal, Scene, mailbox,
    new_device, numbered, phone,
};
use crate::domain::id::ChallengeId;

const THIEF: u8 = 1;
const CUSTOMER: u8 = 2;

/// What is to be put in force.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Sms,
    Email,
    Device,
    Codes,
}

fn address_of(kind: Kind) -> Address {
    if kind == Kind::Sms { phone(1) } else { mailbox(1) }
}

/// Begins an enrolment of a session; codes have none.
fn begin(scene: &mut Scene, session: u8, kind: Kind, number: u32) -> Option<ChallengeId> {
    match kind {
        Kind::Sms | Kind::Email => {
            let new = scene.new_challenge(session);
            let address = if number == 1 {
                address_of(kind)
            } else {
                [phone(2), mailbox(2)][usize::from(kind == Kind::Email)].clone()
            };
            scene.limits.retransmission_period = std::time::Duration::ZERO;
            scene.ask(|account, terms| account.enrol(terms, &new, address, NO_TOKEN, super::operation(1))).unwrap();
            Some(new.id)
        }
        Kind::Device => Some(scene.try_device(session, new_device("default", number), NO_TOKEN).unwrap()),
        Kind::Codes => None,
    }
}

/// Proves what was begun; codes are made.
fn end(scene: &mut Scene, session: u8, kind: Kind, number: u32, begun: Option<ChallengeId>) -> bool {
    let outcome = match (kind, begun) {
        (Kind::Device, Some(id)) => {
            let code = scene.code_of(&numbered(number), 0);
            scene.attempt(id, &code)
        }
        (_, Some(id)) => scene.confirm(id),
        (_, None) => {
            scene.make_codes(session, NO_TOKEN);
            return true;
        }
    };
    matches!(outcome, AttemptOutcome::Activated { .. })
}

#[test]
fn the_first_factor_voids_what_other_sessions_began_on_the_bare_account() {
    for first in [Kind::Sms, Kind::Email, Kind::Device, Kind::Codes] {
        // A second enrolment of a channel voids the first one, whosever it is.
        for pending in [Kind::Sms, Kind::Email, Kind::Device].into_iter().filter(|pending| *pending != first) {
            for session in [THIEF, CUSTOMER] {
                let mut scene = Scene::bare();
                let theirs = begin(&mut scene, session, pending, 2).unwrap();
                let ours = begin(&mut scene, CUSTOMER, first, 1);
                assert_eq!(scene.phase(theirs), Phase::Open);
                assert!(end(&mut scene, CUSTOMER, first, 1, ours));
                assert!(scene.account.is_protected());
                let goes_on = session == CUSTOMER;
                let phase = if goes_on { Phase::Open } else { Phase::Void };
                assert_eq!(scene.phase(theirs), phase, "{first:?} before {pending:?} of {session}");
                assert_eq!(end(&mut scene, session, pending, 2, Some(theirs)), goes_on);
                let factors = scene.account.factors(&scene.policy).len();
                assert_eq!(factors, if goes_on { 2 } else { 1 }, "{first:?} before {pending:?} of {session}");
            }
        }
    }
}

#[test]
fn an_operators_first_address_voids_what_every_session_began() {
    for pending in [Kind::Sms, Kind::Email, Kind::Device] {
        let mut scene = Scene::bare();
        let begun = begin(&mut scene, CUSTOMER, pending, 2).unwrap();
        scene.ask(|account, terms| account.set_address(terms.now, mailbox(3)));
        assert_eq!(scene.phase(begun), Phase::Void, "{pending:?}");
    }
}

#[test]
fn a_later_factor_voids_nothing_that_was_paid_for_or_begun_by_others() {
    for pending in [Kind::Sms, Kind::Device] {
        let mut scene = Scene::bare();
        scene.ask(|account, terms| account.set_address(terms.now, mailbox(1)));
        let theirs = begin(&mut scene, THIEF, pending, 2).unwrap();
        scene.make_codes(CUSTOMER, NO_TOKEN);
        assert_eq!(scene.phase(theirs), Phase::Open, "{pending:?}");
        assert_eq!(scene.challenge(theirs).kind, ChallengeKind::Address);
    }
}

#[test]
fn where_an_operator_brings_the_first_the_customer_brings_the_second() {
    let mut scene = Scene::bare();
    scene.policy.first = FirstChannel::Operator;
    let refused = Refusal::FirstByOperator;
    for channel in Channel::ALL {
        let answer = scene.ask(|account, terms| account.refuse_enrolment(terms, channel));
        assert_eq!(answer, Err(refused.clone()), "{channel}");
    }
    assert_eq!(scene.try_enrol(phone(1), NO_TOKEN), Err(refused.clone()));
    assert_eq!(scene.try_device(1, new_device("default", 1), NO_TOKEN), Err(refused.clone()));
    scene.ask(|account, terms| account.set_address(terms.now, phone(1)));
    assert!(scene.try_enrol(mailbox(1), NO_TOKEN).is_ok());
    assert!(scene.try_device(1, new_device("default", 1), NO_TOKEN).is_ok());
    scene.account.remove_channel(Channel::Sms, None);
    assert_eq!(scene.try_device(1, new_device("default", 1), NO_TOKEN), Err(refused), "the last one is gone");
}
