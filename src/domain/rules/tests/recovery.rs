//! Recovery codes: each good once, dead with their set, and a protection even when they are used up.

use crate::domain::{
    assurance::{Assurance, Demand},
    challenge::Phase,
    channel::{Channel, Strength},
    event::EventKind,
    factor::Target,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    rules::{
        attempt::AttemptOutcome,
        protect::{Clearance, Objection, Proof},
        request::Wish,
    },
    testing::{Scene, mailbox, operation, phone},
};

const NO_TOKEN: Clearance = Clearance::NotNeeded;

/// An account with `sms`, `email` and codes.
fn with_codes() -> (Scene, Vec<String>) {
    let mut scene = Scene::enrolled();
    let (codes, _) = scene.make_codes(1, NO_TOKEN);
    (scene, codes)
}

fn solves(scene: &mut Scene, code: &str) -> bool {
    let id = scene.begin(Channel::Recovery);
    let outcome = scene.attempt(id, code);
    scene.abort(id).unwrap();
    scene.account.standing.unblock();
    matches!(outcome, AttemptOutcome::Solved { .. })
}

fn to_all(kind: NoticeKind) -> [Notice; 2] {
    [phone(1), mailbox(1)].map(|address| Notice { kind, address })
}

#[test]
fn each_code_solves_once_however_it_is_typed_and_the_customer_is_told_each_time() {
    let (mut scene, codes) = with_codes();
    for (used, code) in codes.iter().enumerate() {
        assert_eq!(scene.account.recovery_codes_left(), Some(10 - used));
        let id = scene.begin(Channel::Recovery);
        assert_eq!(scene.view(id).tan_info, format!("{}/10", 10 - used));
        let AttemptOutcome::Solved { bound: false, notices, .. } = scene.attempt(id, &code.to_uppercase()) else {
            panic!("{used}")
        };
        assert_eq!(notices, to_all(NoticeKind::RecoveryCodeUsed));
        assert_eq!(
            scene.account.events.iter().filter(|event| event.kind == EventKind::RecoveryCodeUsed).count(),
            used + 1
        );
        if used < 9 {
            assert!(codes.iter().take(used + 1).all(|old| !solves(&mut scene, old)), "{used}");
        }
    }
    assert_eq!(scene.account.recovery_codes_left(), Some(0));
}

#[test]
fn a_code_is_used_up_over_challenges_that_were_open_before() {
    let (mut scene, codes) = with_codes();
    let (first, second) = (scene.begin(Channel::Recovery), scene.begin(Channel::Recovery));
    assert!(matches!(scene.attempt(first, &codes[3]), AttemptOutcome::Solved { .. }));
    assert!(matches!(scene.attempt(second, &codes[3]), AttemptOutcome::Wrong { attempts_left: 2, .. }));
    assert!(matches!(scene.attempt(second, &codes[4]), AttemptOutcome::Solved { .. }));
}

#[test]
fn a_wrong_code_is_counted_and_uses_none_up() {
    let (mut scene, codes) = with_codes();
    let id = scene.begin(Channel::Recovery);
    for _ in 0..2 {
        assert!(matches!(scene.attempt(id, "aaaa-bbbb-cccc"), AttemptOutcome::Wrong { .. }));
    }
    assert!(matches!(scene.attempt(id, "aaaa-bbbb-cccc"), AttemptOutcome::LastWrong { .. }));
    assert!(matches!(scene.attempt(id, &codes[0]), AttemptOutcome::Exhausted { .. }));
    assert_eq!((scene.account.standing.failures, scene.account.recovery_codes_left()), (3, Some(10)));
    assert_eq!(scene.account.standing.failed_strength, Some(Strength::Possession));
    assert_eq!(scene.retransmit(id), Err(Refusal::ChannelNotSupported));
}

#[test]
fn new_codes_kill_the_old_and_void_what_is_open_and_unspent_but_what_pays() {
    let (mut scene, old) = with_codes();
    let (payer, token) = (scene.solved(Channel::Sms), scene.solved(Channel::Email));
    let (open, sms) = (scene.begin(Channel::Recovery), scene.request(Channel::Sms));
    scene.step_up(1, NO_TOKEN);
    let (new, told) = scene.make_codes(1, Clearance::Token(payer));
    assert_eq!(told, to_all(NoticeKind::RecoveryCodesMade));
    assert_eq!(scene.phase(payer), Phase::Spent);
    for void in [token, open, sms] {
        assert_eq!(scene.phase(void), Phase::Void);
    }
    assert!(!scene.is_stepped_up(1));
    assert_eq!(scene.attempt(open, &new[0]), AttemptOutcome::Ended);
    assert!(old.iter().all(|code| !solves(&mut scene, code)), "the old are dead");
    assert!(new.iter().all(|code| solves(&mut scene, code)));
}

#[test]
fn the_first_codes_void_nothing_of_a_protected_account_and_are_paid_for() {
    let mut scene = Scene::enrolled();
    let (payer, token, open) = (scene.solved(Channel::Sms), scene.solved(Channel::Email), scene.request(Channel::Sms));
    scene.step_up(2, NO_TOKEN);
    let (_, told) = scene.make_codes(1, Clearance::Token(payer));
    assert_eq!(told, to_all(NoticeKind::RecoveryCodesMade));
    assert_eq!([payer, token, open].map(|id| scene.phase(id)), [Phase::Spent, Phase::Solved, Phase::Open]);
    assert!(scene.is_stepped_up(2));
}

#[test]
fn one_sets_code_solves_no_other_set() {
    let (mut one, codes) = with_codes();
    let (mut other, others) = with_codes();
    other.account.id = one.account.id;
    assert!(codes.iter().all(|code| !others.contains(code)) || codes == others, "scenes count alike");
    let second = one.next_set();
    let of_second = one.codes_of(&second);
    assert!(of_second.iter().all(|code| !codes.contains(code) && !solves(&mut one, code)));
    other.account.recovery = Some(second);
    assert!(codes.iter().all(|code| !solves(&mut other, code)));
    assert!(of_second.iter().all(|code| solves(&mut other, code)));
}

#[test]
fn used_up_codes_protect_the_account_and_are_not_offered() {
    let mut scene = Scene::bare();
    let (codes, told) = scene.make_codes(1, NO_TOKEN);
    assert_eq!(told, [], "there is no address to tell");
    assert!(codes.iter().all(|code| solves(&mut scene, code)));
    assert!(scene.account.is_protected() && scene.account.has(Channel::Recovery));
    assert_eq!(scene.account.active_channels(&scene.policy), [Channel::Recovery]);
    assert_eq!(scene.account.offered(&scene.terms(), Demand::of(Assurance::Token)), []);
    assert_eq!(scene.try_request(Channel::Recovery, Wish::default()), Err(Refusal::ChannelNotSupported));
    let ask = |account: &mut crate::domain::account::Account, terms: &crate::domain::account::Terms<'_>| {
        account.clear(terms, Demand::of(Assurance::Session), &operation(1), &Proof::default())
    };
    assert_eq!(scene.ask(ask), Err(Objection::Required), "else whoever used them had switched it off");
}

#[test]
fn a_challenge_that_outlives_the_last_code_takes_none() {
    let mut scene = Scene::bare();
    let (codes, _) = scene.make_codes(1, NO_TOKEN);
    let (last, open) = (codes.len() - 1, scene.begin(Channel::Recovery));
    assert!(codes.iter().all(|code| solves(&mut scene, code)));
    assert_eq!(scene.challenge(open).target, Target::RecoveryCodes);
    assert!(matches!(scene.attempt(open, &codes[last]), AttemptOutcome::Wrong { .. }));
}

#[test]
fn removed_codes_are_told_and_dead_and_the_rest_is_void() {
    let (mut scene, codes) = with_codes();
    let (open, token) = (scene.begin(Channel::Recovery), scene.solved(Channel::Sms));
    scene.step_up(1, NO_TOKEN);
    assert_eq!(scene.account.remove_channel(Channel::Recovery, None), to_all(NoticeKind::RecoveryCodesRemoved));
    assert_eq!((scene.phase(open), scene.phase(token)), (Phase::Void, Phase::Void));
    assert!(!scene.is_stepped_up(1));
    assert_eq!(scene.attempt(open, &codes[0]), AttemptOutcome::Ended);
    assert_eq!(scene.try_request(Channel::Recovery, Wish::default()), Err(Refusal::ChannelNotSupported));
    assert_eq!((scene.account.recovery_codes_left(), scene.account.has(Channel::Recovery)), (None, false));
}

#[test]
fn a_repeat_of_the_request_names_the_same_challenge_though_nothing_was_sent() {
    let (mut scene, _) = with_codes();
    let wish = || Wish { idempotency: Some(crate::domain::testing::idempotency(1, 1)), ..Wish::default() };
    let first = scene.try_request(Channel::Recovery, wish()).unwrap();
    let crate::domain::rules::request::Requested::New(id) = first else { panic!("{first:?}") };
    let repeated = crate::domain::rules::request::Requested::Repeated(id);
    assert_eq!(scene.try_request(Channel::Recovery, wish()), Ok(repeated));
}
