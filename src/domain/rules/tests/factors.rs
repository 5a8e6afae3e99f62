//! Setting, removing and dropping factors, and the end of an account.

use crate::domain::{
    account::{Contact, EndedTokens},
    assurance::{Assurance, Demand},
    challenge::Phase,
    channel::Channel,
    event::EventKind,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    rules::{
        attempt::AttemptOutcome,
        protect::{Clearance, Objection},
        request::Wish,
    },
    testing::{Scene, mailbox, phone, secs},
};

#[test]
fn a_removed_channel_is_told_and_every_other_challenge_and_token_is_void() {
    let mut scene = Scene::enrolled();
    let (payer, other) = (scene.solved(Channel::Sms), scene.solved(Channel::Email));
    let (open, pending) = (scene.request(Channel::Email), scene.enrol(phone(2)));
    let told = scene.account.remove_channel(Channel::Sms, Some(payer));
    let notice = |kind, address| Notice { kind, address };
    assert_eq!(told, [notice(NoticeKind::ChannelRemoved, phone(1)), notice(NoticeKind::AddressRemoved, mailbox(1))]);
    scene.account.spend(payer);
    assert_eq!(scene.phase(payer), Phase::Spent);
    for void in [other, open, pending] {
        assert_eq!(scene.phase(void), Phase::Void);
    }
    assert!(scene.account.active(Channel::Sms).is_none() && scene.account.active(Channel::Email).is_some());
    assert_eq!(scene.try_request(Channel::Sms, Wish::default()), Err(Refusal::ChannelNotSupported));
}

#[test]
fn removing_a_channel_that_the_account_lacks_changes_nothing() {
    let mut scene = Scene::bare();
    let before = scene.account.clone();
    assert_eq!(scene.account.remove_channel(Channel::Sms, None), []);
    assert_eq!(scene.account, before);
}

#[test]
fn the_last_channel_gone_every_operation_passes() {
    let mut scene = Scene::enrolled();
    let token = scene.solved(Channel::Sms);
    scene.account.remove_channel(Channel::Sms, None);
    assert_eq!(scene.clear(token, Assurance::Bound, 1), Err(Objection::Invalid));
    scene.account.remove_channel(Channel::Email, None);
    assert_eq!(scene.clear(token, Assurance::Bound, 1), Ok(Clearance::NotNeeded), "its token is ignored");
}

#[test]
fn a_pending_address_is_dropped_alone() {
    let mut scene = Scene::enrolled();
    let (pending, other) = (scene.enrol(phone(2)), scene.enrol(mailbox(2)));
    let token = scene.solved_after(secs(60), Channel::Sms);
    assert!(scene.account.drop_pending(Channel::Sms, scene.now, "withdrawn"));
    assert!(!scene.account.drop_pending(Channel::Sms, scene.now, "withdrawn"));
    assert_eq!(scene.phase(pending), Phase::Void);
    assert_eq!((scene.phase(other), scene.phase(token)), (Phase::Open, Phase::Solved));
    assert_eq!(scene.account.active(Channel::Sms).unwrap().address, phone(1));
    assert_eq!(scene.confirm(pending), AttemptOutcome::Ended);
}

#[test]
fn an_outlived_enrolment_is_pending_no_more() {
    let mut scene = Scene::enrolled();
    scene.enrol(phone(2));
    scene.pass(scene.limits.tan_lifetime);
    assert!(scene.account.pending(Channel::Sms, scene.now).is_some(), "a fresh TAN can still be had");
    scene.pass(scene.limits.challenge_lifetime);
    assert!(scene.account.pending(Channel::Sms, scene.now).is_none());
    assert!(!scene.account.drop_pending(Channel::Sms, scene.now, "withdrawn"));
}

#[test]
fn an_operators_address_is_in_force_at_once_and_voids_whether_it_replaces_or_adds() {
    let mut scene = Scene::enrolled();
    let (open, token, pending) = (scene.request(Channel::Sms), scene.solved(Channel::Email), scene.enrol(mailbox(3)));
    let told = scene.ask(|account, terms| account.set_address(terms.now, phone(2)));
    let notice = |kind, address| Notice { kind, address };
    let expected = [
        notice(NoticeKind::AddressReplaced, phone(1)),
        notice(NoticeKind::AddressChanged, mailbox(1)),
        notice(NoticeKind::AddressSet, phone(2)),
    ];
    assert_eq!(told, expected);
    assert_eq!(scene.account.active(Channel::Sms).unwrap().address, phone(2));
    assert_eq!(scene.account.contact.of(Channel::Sms), Some(phone(2)));
    for void in [open, token, pending] {
        assert_eq!(scene.phase(void), Phase::Void);
    }
    let mut scene = Scene::enrolled();
    scene.account.channels.remove(1);
    let token = scene.solved(Channel::Sms);
    let told = scene.ask(|account, terms| account.set_address(terms.now, mailbox(2)));
    assert_eq!(told, [notice(NoticeKind::AddressAdded, phone(1)), notice(NoticeKind::AddressSet, mailbox(2))]);
    assert_eq!(scene.phase(token), Phase::Void, "any change of a factor by an operator voids");
}

#[test]
fn an_operator_who_sets_the_address_in_force_changes_nothing() {
    let mut scene = Scene::enrolled();
    scene.solved(Channel::Sms);
    scene.enrol(phone(2));
    let before = scene.account.clone();
    assert_eq!(scene.ask(|account, terms| account.set_address(terms.now, phone(1))), []);
    assert_eq!(scene.account, before);
}

#[test]
fn an_operator_who_sets_an_address_that_waits_lets_it_count_and_changes_nothing_else() {
    let mut scene = Scene::bare();
    scene.policy.waiting = secs(3600);
    let enrolled = scene.enrol(phone(1));
    scene.activate(enrolled);
    let token = scene.solved(Channel::Sms);
    let bound = Demand::of(Assurance::Bound);
    assert_eq!(scene.account.offered(&scene.terms(), bound), []);
    let before = scene.account.clone();

    assert_eq!(scene.ask(|account, terms| account.set_address(terms.now, phone(1))), []);

    assert_eq!(scene.account.offered(&scene.terms(), bound).len(), 1);
    assert_eq!((scene.phase(token), scene.account.channels[0].since), (Phase::Solved, before.channels[0].since));
    assert_eq!(scene.kinds().len(), before.events.len() + 1, "the trail says who stood for it");
    assert_eq!(scene.kinds().last(), Some(&EventKind::ChannelActivated));
}

#[test]
fn a_deleted_account_keeps_its_name_and_its_trail_alone() {
    let mut scene = Scene::enrolled();
    let (payer, open) = (scene.solved(Channel::Sms), scene.request(Channel::Email));
    let told = scene.ask(|account, terms| account.delete(terms.now, Some(payer)));
    scene.account.spend(payer);
    assert_eq!(told.len(), 2);
    assert_eq!((scene.phase(payer), scene.phase(open)), (Phase::Spent, Phase::Void));
    assert_eq!(scene.account.deleted_at, Some(scene.now));
    assert_eq!((scene.account.contact.clone(), scene.account.channels.len()), (Contact::default(), 0));
    assert_eq!(scene.account.ended_tokens, EndedTokens::All);
    assert!(scene.kinds().contains(&EventKind::AccountDeleted));
}

#[test]
fn a_log_out_voids_the_challenges_and_tokens_of_its_session_alone() {
    let mut scene = Scene::enrolled();
    let (token, open) = (scene.solved(Channel::Sms), scene.request(Channel::Email));
    let new = scene.new_challenge(2);
    scene.ask(|account, terms| account.request(terms, &new, Channel::Sms, Wish::default())).unwrap();
    let session = Some(Scene::session(1));
    scene.account.void_where("its session was closed", |challenge| challenge.access_token == session);
    assert_eq!((scene.phase(token), scene.phase(open)), (Phase::Void, Phase::Void));
    assert_eq!(scene.phase(new.id), Phase::Open);
}

#[test]
fn channels_are_offered_in_their_order_and_masked_and_notices_go_to_all() {
    let mut scene = Scene::enrolled();
    scene.account.channels.reverse();
    let offered = scene.account.offered(&scene.terms(), Demand::of(Assurance::Token));
    assert_eq!(offered.iter().map(|offer| offer.channel).collect::<Vec<_>>(), [Channel::Sms, Channel::Email]);
    assert_eq!(offered[0].tan_info, phone(1).masked());
    assert_eq!(scene.account.notices_to_all(NoticeKind::Blocked).len(), 2);
}
