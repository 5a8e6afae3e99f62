//! The cool-down: per account and channel, while a challenge is unsolved.

use crate::domain::{
    assurance::Assurance,
    channel::Channel,
    refusal::Refusal,
    rules::{
        protect::{Clearance, Objection},
        request::Wish,
        transmission::HandOver,
    },
    testing::{Scene, mailbox, phone, secs},
};

fn cooling(seconds: u64) -> Refusal {
    Refusal::RateLimited { limit: "retransmission_period", retry_after: secs(seconds) }
}

#[test]
fn a_second_challenge_on_the_channel_waits_and_the_first_stays_open() {
    let mut scene = Scene::enrolled();
    let first = scene.request(Channel::Sms);
    scene.pass(secs(59));
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), Err(cooling(1)));
    scene.begin(Channel::Email);
    scene.pass(secs(1));
    scene.begin(Channel::Sms);
    assert_eq!(scene.phase(first), crate::domain::challenge::Phase::Open);
    scene.confirm(first);
}

#[test]
fn a_message_under_way_cools_its_channel_from_its_beginning() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    scene.pass(secs(10));
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), Err(cooling(50)));
    scene.record(id, HandOver::Sent);
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), Err(cooling(50)));
}

#[test]
fn a_solved_challenge_cools_nothing_even_after_its_token_was_voided_aborted_or_spent() {
    let mut scene = Scene::enrolled();
    let spent = scene.solved(Channel::Sms);
    scene.account.spend(spent);
    let aborted = scene.solved(Channel::Sms);
    scene.abort(aborted).unwrap();
    let mismatched = scene.request_bound(Channel::Sms, 1);
    scene.confirm(mismatched);
    assert_eq!(scene.clear(mismatched, Assurance::Token, 2), Err(Objection::WrongOperation));
    scene.begin(Channel::Sms);
}

#[test]
fn a_failed_hand_over_spends_no_cool_down() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    scene.record(id, HandOver::Failed("exit"));
    let id = scene.request(Channel::Sms);
    scene.pass(secs(60));
    scene.retransmit(id).unwrap();
    scene.pass(secs(5));
    assert_eq!(scene.retransmit(id), Err(cooling(55)));
    scene.record(id, HandOver::Failed("exit"));
    scene.retransmit(id).unwrap();
}

#[test]
fn what_is_voided_while_its_message_is_under_way_keeps_the_channel_cool() {
    let mut scene = Scene::enrolled();
    scene.try_enrol(phone(2), Clearance::NotNeeded).unwrap();
    let terms = scene.now;
    assert!(scene.account.drop_pending(Channel::Sms, terms, "withdrawn"));
    assert_eq!(scene.try_enrol(phone(3), Clearance::NotNeeded), Err(cooling(60)));
    let id = scene.begin(Channel::Email);
    scene.account.void(id, "its session was closed");
    assert_eq!(scene.try_request(Channel::Email, Wish::default()), Err(cooling(60)));
    scene.pass(secs(60));
    scene.begin(Channel::Email);
}

#[test]
fn an_enrolment_cools_the_channel_whatever_its_address_and_is_cooled_by_a_challenge() {
    let mut scene = Scene::enrolled();
    scene.enrol(phone(2));
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), Err(cooling(60)));
    assert_eq!(scene.try_enrol(phone(3), Clearance::NotNeeded), Err(cooling(60)));
    scene.request(Channel::Email);
    assert_eq!(scene.try_enrol(mailbox(2), Clearance::NotNeeded), Err(cooling(60)));
}

#[test]
fn a_proven_enrolment_cools_nothing() {
    let mut scene = Scene::enrolled();
    let id = scene.enrol(phone(2));
    scene.activate(id);
    scene.begin(Channel::Sms);
}

#[test]
fn the_cool_down_counts_for_the_channel_over_all_its_challenges() {
    let mut scene = Scene::enrolled();
    let first = scene.request(Channel::Sms);
    scene.pass(secs(60));
    let second = scene.request(Channel::Sms);
    scene.pass(secs(30));
    assert_eq!(scene.retransmit(first), Err(cooling(30)));
    assert_eq!(scene.view(first).earliest_retransmission, Some(scene.now.plus(secs(30))));
    scene.confirm(second);
    scene.retransmit(first).unwrap();
}
