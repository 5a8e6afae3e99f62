//! Enrolling a new address.

use crate::domain::{
    assurance::Assurance,
    challenge::{ChallengeKind, Phase},
    channel::Channel,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    rules::{
        attempt::AttemptOutcome,
        protect::{Clearance, Objection},
        transmission::HandOver,
    },
    testing::{Scene, mailbox, phone, secs},
};

#[test]
fn the_address_is_the_given_one_else_the_contact_data_and_not_the_active_one() {
    let mut scene = Scene::bare();
    assert_eq!(scene.account.address_to_enrol(Channel::Sms, None), Err(Refusal::NoAddress));
    scene.account.contact.put(&phone(1));
    assert_eq!(scene.account.address_to_enrol(Channel::Sms, None), Ok(phone(1)));
    assert_eq!(scene.account.address_to_enrol(Channel::Sms, Some(phone(2))), Ok(phone(2)));
    let id = scene.enrol(phone(1));
    scene.activate(id);
    assert_eq!(scene.account.address_to_enrol(Channel::Sms, None), Err(Refusal::ChannelExists));
    assert_eq!(scene.account.address_to_enrol(Channel::Sms, Some(phone(1))), Err(Refusal::ChannelExists));
}

#[test]
fn a_first_address_is_active_and_the_contact_data_once_it_is_proven_and_not_before() {
    let mut scene = Scene::bare();
    let id = scene.enrol(phone(1));
    assert_eq!(scene.challenge(id).kind, ChallengeKind::Address);
    assert!(scene.account.active(Channel::Sms).is_none() && scene.account.contact.phone.is_none());
    assert_eq!(scene.account.pending(Channel::Sms, scene.now).map(|pending| pending.id), Some(id));
    assert_eq!(scene.activate(id), []);
    assert_eq!(scene.account.active(Channel::Sms).unwrap().address, phone(1));
    assert_eq!(scene.account.contact.of(Channel::Sms), Some(phone(1)));
    assert!(scene.account.pending(Channel::Sms, scene.now).is_none());
    assert_eq!(scene.phase(id), Phase::Solved);
    assert_eq!(scene.confirm(id), AttemptOutcome::AlreadySolved);
}

#[test]
fn a_proof_of_an_address_yields_no_token() {
    let mut scene = Scene::enrolled();
    let id = scene.enrol(phone(2));
    scene.activate(id);
    assert_eq!(scene.clear(id, Assurance::Token, 1), Err(Objection::Invalid));
    assert_eq!(scene.hold(id), Err(Refusal::TokenInvalid));
}

#[test]
fn the_old_address_stays_in_force_until_the_new_one_is_proven_and_is_then_told() {
    let mut scene = Scene::enrolled();
    let id = scene.enrol(phone(2));
    assert_eq!(scene.account.active(Channel::Sms).unwrap().address, phone(1));
    scene.pass(secs(60));
    let asked = scene.request(Channel::Sms);
    assert_eq!(scene.challenge(asked).address(), Some(&phone(1)));
    let notice = |kind, address| Notice { kind, address };
    let told = [notice(NoticeKind::AddressReplaced, phone(1)), notice(NoticeKind::AddressChanged, mailbox(1))];
    assert_eq!(scene.activate(id), told, "the old address, and the other one that is in force");
    assert_eq!(scene.account.active(Channel::Sms).unwrap().address, phone(2));
    assert_eq!(scene.account.channels.len(), 2);
}

#[test]
fn another_address_voids_every_other_open_challenge_and_unspent_token() {
    let mut scene = Scene::enrolled();
    let token = scene.solved(Channel::Email);
    let spent = scene.solved(Channel::Email);
    scene.account.spend(spent);
    let pending = scene.enrol(mailbox(2));
    let open = scene.request(Channel::Sms);
    scene.pass(secs(60));
    let id = scene.enrol(phone(2));
    scene.activate(id);
    for void in [token, pending, open] {
        assert_eq!(scene.phase(void), Phase::Void);
        assert!(scene.attempt(void, "00000000") == AttemptOutcome::Ended);
    }
    assert_eq!(scene.phase(spent), Phase::Spent);
    assert_eq!(scene.clear(token, Assurance::Token, 1), Err(Objection::Invalid));
}

#[test]
fn adding_a_channel_voids_nothing() {
    let mut scene = Scene::enrolled();
    scene.account.channels.remove(1);
    let token = scene.solved(Channel::Sms);
    let open = scene.request(Channel::Sms);
    let id = scene.enrol(mailbox(1));
    scene.activate(id);
    assert_eq!((scene.phase(token), scene.phase(open)), (Phase::Solved, Phase::Open));
    assert_eq!(scene.clear(token, Assurance::Token, 1), Ok(Clearance::Token(token)));
}

#[test]
fn a_second_enrolment_voids_the_first_of_its_channel_only() {
    let mut scene = Scene::enrolled();
    let (first, other) = (scene.enrol(phone(2)), scene.enrol(mailbox(2)));
    scene.pass(secs(60));
    let second = scene.enrol(phone(3));
    assert_eq!(scene.phase(first), Phase::Void);
    assert_eq!((scene.phase(second), scene.phase(other)), (Phase::Open, Phase::Open));
    assert_eq!(scene.confirm(first), AttemptOutcome::Ended);
}

#[test]
fn a_second_enrolment_counts_in_the_place_of_the_first_one() {
    let mut scene = Scene::enrolled();
    scene.limits.open_challenges = 1;
    scene.enrol(phone(2));
    scene.pass(secs(60));
    let second = scene.enrol(phone(3));
    let retry_after = scene.challenge(second).ends_at.since(scene.now);
    let refused = Refusal::RateLimited { limit: "open_challenges", retry_after };
    assert_eq!(scene.try_enrol(mailbox(2), Clearance::NotNeeded), Err(refused));
}

#[test]
fn a_refused_enrolment_changes_nothing_not_even_the_first() {
    let mut scene = Scene::enrolled();
    scene.enrol(phone(2));
    let before = scene.account.clone();
    assert!(scene.try_enrol(phone(3), Clearance::NotNeeded).is_err(), "the channel cools down");
    assert_eq!(scene.account, before);
    scene.pass(secs(60));
    let unsolved = scene.request(Channel::Email);
    let before = scene.account.clone();
    assert_eq!(scene.try_enrol(phone(3), Clearance::Token(unsolved)), Err(Refusal::TokenInvalid));
    assert_eq!(scene.account, before);
}

#[test]
fn the_token_that_pays_is_held_during_the_first_sending_and_spent_by_its_success() {
    let mut scene = Scene::enrolled();
    let payer = scene.solved(Channel::Sms);
    let id = scene.try_enrol(phone(2), Clearance::Token(payer)).unwrap();
    assert_eq!(scene.clear(payer, Assurance::Token, 1), Err(Objection::Reserved { retry_after: scene.lease }));
    scene.record(id, HandOver::Sent);
    assert_eq!(scene.phase(payer), Phase::Spent);
    assert_eq!(scene.clear(payer, Assurance::Token, 1), Err(Objection::Invalid));
}

#[test]
fn a_token_that_pays_is_spent_too_when_the_answer_is_faster_than_the_record() {
    let mut scene = Scene::enrolled();
    let payer = scene.solved(Channel::Sms);
    let id = scene.try_enrol(phone(2), Clearance::Token(payer)).unwrap();
    scene.activate(id);
    assert_eq!(scene.phase(payer), Phase::Spent);
}

#[test]
fn a_failed_first_hand_over_voids_the_enrolment_and_gives_the_token_back() {
    let mut scene = Scene::enrolled();
    let payer = scene.solved(Channel::Sms);
    let id = scene.try_enrol(phone(2), Clearance::Token(payer)).unwrap();
    scene.record(id, HandOver::Failed("exit"));
    assert_eq!(scene.phase(id), Phase::Void);
    assert_eq!(scene.clear(payer, Assurance::Token, 1), Ok(Clearance::Token(payer)));
    let again = scene.try_enrol(phone(2), Clearance::Token(payer)).unwrap();
    scene.record(again, HandOver::Sent);
    assert_eq!(scene.phase(payer), Phase::Spent);
}

#[test]
fn a_token_that_paid_for_a_lapsed_sending_is_settled_by_whoever_takes_it_over() {
    let mut scene = Scene::enrolled();
    let payer = scene.solved(Channel::Sms);
    let id = scene.try_enrol(phone(2), Clearance::Token(payer)).unwrap();
    scene.pass(scene.lease);
    assert_eq!(scene.clear(payer, Assurance::Token, 1), Err(Objection::Invalid), "it proves nothing to others");
    scene.take_over(id).unwrap();
    scene.record(id, HandOver::Sent);
    assert_eq!(scene.phase(payer), Phase::Spent);
}

#[test]
fn an_aborted_enrolment_proves_nothing_and_its_token_follows_the_message() {
    for (outcome, phase) in [(HandOver::Sent, Phase::Spent), (HandOver::Failed("exit"), Phase::Solved)] {
        let mut scene = Scene::enrolled();
        let payer = scene.solved(Channel::Sms);
        let id = scene.try_enrol(phone(2), Clearance::Token(payer)).unwrap();
        scene.abort(id).unwrap();
        scene.record(id, outcome);
        assert_eq!((scene.phase(id), scene.phase(payer)), (Phase::Aborted, phase));
        assert_eq!(scene.confirm(id), AttemptOutcome::Ended);
        assert_eq!(scene.account.active(Channel::Sms).unwrap().address, phone(1));
    }
}
