//! Sessions that are stepped up: by how much, until when, how many, and what ends it.

use crate::domain::{
    account::StepUp,
    assurance::{Assurance, Demand},
    challenge::Phase,
    channel::{Channel, Strength},
    event::EventKind,
    rules::protect::{Clearance, Objection, Proof},
    testing::{Scene, TICK, mailbox, operation, phone, proofs::new_device, secs, token_of},
    totp::tests::numbered,
};

const NO_TOKEN: Clearance = Clearance::NotNeeded;

fn ask(scene: &mut Scene, session: Option<u8>, demand: Demand) -> Result<Clearance, Objection> {
    let proof = Proof { session: session.map(Scene::session), ..Proof::default() };
    scene.ask(|account, terms| account.clear(terms, demand, &operation(1), &proof))
}

fn passes(scene: &mut Scene, session: u8, strength: Strength) -> bool {
    let demand = Demand { strength, ..Demand::of(Assurance::Session) };
    ask(scene, Some(session), demand) == Ok(NO_TOKEN)
}

/// An account with every channel, and the token of a challenge solved on one of them.
fn solved_on(channel: Channel) -> (Scene, Clearance) {
    let mut scene = Scene::enrolled();
    scene.have_device("default", &numbered(1));
    let (codes, _) = scene.make_codes(1, NO_TOKEN);
    let id = scene.begin(channel);
    let answer = match channel {
        Channel::Sms | Channel::Email => scene.tan(id),
        Channel::Totp => scene.code(),
        Channel::Recovery => codes[0].clone(),
    };
    scene.attempt(id, &answer);
    (scene, Clearance::Token(id))
}

#[test]
fn a_session_shows_what_the_channel_shows_that_its_token_came_from() {
    for channel in Channel::ALL {
        let (mut scene, token) = solved_on(channel);
        assert!(!passes(&mut scene, 1, Strength::Inform));
        scene.step_up(1, token);
        assert_eq!(scene.phase(token.paid_by().unwrap()), Phase::Spent);
        assert!(passes(&mut scene, 1, Strength::Inform), "{channel}");
        let strong = channel != Channel::Email;
        assert_eq!(passes(&mut scene, 1, Strength::Possession), strong, "{channel}");
        assert!(!passes(&mut scene, 2, Strength::Inform), "another session's step-up is none");
        assert_eq!(scene.account.stepped_up(scene.now, None), None);
        assert_eq!(scene.kinds().iter().filter(|kind| **kind == EventKind::SessionSteppedUp).count(), 1);
    }
}

#[test]
fn it_lasts_for_its_lifetime_and_never_longer_than_the_session() {
    let (mut scene, token) = solved_on(Channel::Totp);
    let until = scene.step_up(1, token);
    assert_eq!(until, scene.now.plus(scene.limits.step_up_lifetime));
    scene.now = until.minus(TICK);
    assert!(passes(&mut scene, 1, Strength::Possession));
    scene.now = until;
    assert!(!passes(&mut scene, 1, Strength::Inform));
    let ends = scene.now.plus(secs(7));
    assert_eq!(scene.ask(|account, terms| account.step_up(terms, Scene::session(1), ends, NO_TOKEN)), ends);
    scene.now = ends.minus(TICK);
    assert!(passes(&mut scene, 1, Strength::Inform));
    scene.now = ends;
    assert!(!passes(&mut scene, 1, Strength::Inform));
    assert_eq!(scene.account.step_up_of(scene.now, Scene::session(1)), None);
}

#[test]
fn what_asks_for_a_token_takes_no_session() {
    let (mut scene, token) = solved_on(Channel::Totp);
    scene.step_up(1, token);
    for assurance in [Assurance::Token, Assurance::Bound] {
        assert_eq!(ask(&mut scene, Some(1), Demand::of(assurance)), Err(Objection::Required));
    }
    let proof = Proof { token: Some(token_of(token.paid_by().unwrap())), ..Proof::default() };
    let demand = Demand::of(Assurance::Session);
    let spent = scene.ask(|account, terms| account.clear(terms, demand, &operation(1), &proof));
    assert_eq!(spent, Err(Objection::Invalid), "the token that paid is spent");
}

#[test]
fn a_weak_session_may_show_a_token_instead() {
    let (mut scene, token) = solved_on(Channel::Email);
    scene.step_up(1, token);
    let strong = scene.solved(Channel::Sms);
    let proof = Proof { token: Some(token_of(strong)), session: Some(Scene::session(1)), ..Proof::default() };
    let demand = Demand { strength: Strength::Possession, ..Demand::of(Assurance::Session) };
    let cleared = scene.ask(|account, terms| account.clear(terms, demand, &operation(1), &proof));
    assert_eq!(cleared, Ok(Clearance::Token(strong)));
}

#[test]
fn a_second_step_up_of_a_session_takes_the_place_of_the_first() {
    let (mut scene, strong) = solved_on(Channel::Totp);
    scene.step_up(1, strong);
    scene.pass(secs(60));
    let weak = Clearance::Token(scene.solved(Channel::Email));
    let until = scene.step_up(1, weak);
    let known = StepUp { session: Scene::session(1), until, strength: Strength::Inform };
    assert_eq!(scene.account.step_ups, [known]);
}

#[test]
fn the_twenty_first_ends_the_oldest_and_those_that_are_over_take_no_place() {
    let mut scene = Scene::enrolled();
    for session in 1..=20 {
        scene.step_up(session, NO_TOKEN);
        scene.pass(secs(1));
    }
    assert!((1..=20).all(|session| scene.is_stepped_up(session)));
    scene.step_up(20, NO_TOKEN);
    assert!(scene.is_stepped_up(1), "the same again takes no further place");
    scene.step_up(21, NO_TOKEN);
    assert!(!scene.is_stepped_up(1));
    assert!((2..=21).all(|session| scene.is_stepped_up(session)));
    assert_eq!(scene.account.step_ups.len(), 20);
    scene.pass(scene.limits.step_up_lifetime);
    scene.step_up(22, NO_TOKEN);
    assert_eq!(scene.account.step_ups.len(), 1);
}

#[test]
fn a_closed_session_ends_with_its_challenges_its_tokens_and_its_step_up_alone() {
    let mut scene = Scene::enrolled();
    let (token, open) = (scene.solved(Channel::Sms), scene.request(Channel::Email));
    let others = scene.begin_by(2, Channel::Sms);
    scene.step_up(1, NO_TOKEN);
    scene.step_up(2, NO_TOKEN);
    scene.account.close_session(Scene::session(1));
    assert_eq!([token, open, others].map(|id| scene.phase(id)), [Phase::Void, Phase::Void, Phase::Open]);
    assert_eq!((scene.is_stepped_up(1), scene.is_stepped_up(2)), (false, true));
}

/// A change, and whether it ends what sessions have shown.
type Change = (&'static str, fn(&mut Scene), bool);

const CHANGES: [Change; 11] = [
    ("another address", |scene| put(scene, &phone(2)), true),
    ("the same address by an operator", |scene| set(scene, &phone(1)), false),
    ("another address by an operator", |scene| set(scene, &phone(2)), true),
    ("a channel removed", |scene| drop(scene.account.remove_channel(Channel::Email, None)), true),
    ("a channel removed that is not there", |scene| drop(scene.account.remove_channel(Channel::Recovery, None)), false),
    ("a device removed", |scene| drop(scene.account.remove_device(&new_device("default", 1).name, None)), true),
    (
        "a device removed that is not there",
        |scene| drop(scene.account.remove_device(&new_device("x", 1).name, None)),
        false,
    ),
    ("a device added", |scene| add_device(scene), false),
    ("first recovery codes", |scene| drop(scene.make_codes(1, NO_TOKEN)), false),
    ("recovery codes replaced", |scene| (0..2).for_each(|_| drop(scene.make_codes(1, NO_TOKEN))), true),
    ("the account deleted", |scene| drop(scene.ask(|account, terms| account.delete(terms.now, None))), true),
];

fn put(scene: &mut Scene, address: &crate::domain::address::Address) {
    let id = scene.enrol(address.clone());
    scene.activate(id);
}

fn set(scene: &mut Scene, address: &crate::domain::address::Address) {
    scene.ask(|account, terms| account.set_address(terms.now, address.clone()));
}

fn add_device(scene: &mut Scene) {
    let id = scene.try_device(1, new_device("new", 2), NO_TOKEN).unwrap();
    let code = scene.code_of(&numbered(2), 0);
    scene.activate_by(id, &code);
}

#[test]
fn what_replaces_or_removes_a_factor_ends_every_step_up_and_what_adds_one_ends_none() {
    for (change, make, ends) in CHANGES {
        let mut scene = Scene::enrolled();
        scene.have_device("default", &numbered(1));
        let token = scene.solved(Channel::Email);
        scene.step_up(1, NO_TOKEN);
        scene.step_up(2, NO_TOKEN);
        make(&mut scene);
        assert_eq!([1, 2].map(|session| scene.is_stepped_up(session)), [!ends; 2], "{change}");
        assert_eq!(scene.phase(token) == Phase::Void, ends, "{change}: an unspent token follows");
    }
}

#[test]
fn a_step_up_of_a_bare_account_shows_no_possession_and_ends_with_the_first_factor() {
    for first in [
        (|scene: &mut Scene| put(scene, &mailbox(1))) as fn(&mut Scene),
        add_device,
        |scene| drop(scene.make_codes(1, NO_TOKEN)),
        |scene| set(scene, &phone(1)),
    ] {
        let mut scene = Scene::bare();
        for session in [1, 2] {
            scene.step_up(session, NO_TOKEN);
            assert_eq!(scene.account.stepped_up(scene.now, Some(Scene::session(session))), Some(Strength::Inform));
        }
        first(&mut scene);
        assert!(scene.account.is_protected());
        assert_eq!([1, 2].map(|session| scene.is_stepped_up(session)), [false; 2]);
    }
}
