//! The order of answers when a TAN is tried (`api.md` section 5).

use crate::domain::{
    challenge::{Phase, State},
    channel::{Channel, Strength},
    event::EventKind,
    id::ChallengeId,
    refusal::Refusal,
    rules::attempt::AttemptOutcome,
    standing::Consequence,
    testing::{Scene, TICK, less, phone, secs},
    time::Timestamp,
};

fn block(scene: &mut Scene, channel: Channel) {
    while scene.account.standing.blocked_for(scene.now, &scene.limits).is_none() {
        let id = scene.request(channel);
        scene.fail(id);
        scene.abort(id).unwrap();
        scene.pass(secs(60));
    }
}

#[test]
fn an_unknown_challenge_is_unknown_whatever_the_form_of_the_candidate() {
    let mut scene = Scene::enrolled();
    let stranger = ChallengeId::from_uuid(uuid::Uuid::from_bytes([9; 16]));
    for raw in ["12345678", "123456", "abcd-efgh-2345"] {
        assert_eq!(scene.attempt(stranger, raw), AttemptOutcome::Unknown, "{raw}");
    }
}

#[test]
fn what_is_no_candidate_of_this_channel_costs_no_attempt() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    let before = scene.account.clone();
    for raw in ["123456", "abcd-efgh-2345"] {
        assert_eq!(scene.attempt(id, raw), AttemptOutcome::NoCandidate, "{raw}");
    }
    assert_eq!(scene.account, before);
}

#[test]
fn a_solved_challenge_says_so_even_to_a_blocked_account_and_even_after_its_time() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    assert_eq!(scene.confirm(id), AttemptOutcome::AlreadySolved);
    assert_eq!(scene.attempt(id, "00000000"), AttemptOutcome::AlreadySolved);
    block(&mut scene, Channel::Sms);
    assert_eq!(scene.confirm(id), AttemptOutcome::AlreadySolved);
    scene.pass(secs(3 * 3600));
    assert_eq!(scene.confirm(id), AttemptOutcome::AlreadySolved);
    scene.account.spend(id);
    assert_eq!(scene.confirm(id), AttemptOutcome::AlreadySolved);
}

#[test]
fn an_aborted_or_void_challenge_has_ended_even_to_a_blocked_account() {
    let mut scene = Scene::enrolled();
    let aborted = scene.request(Channel::Sms);
    let void = scene.request(Channel::Email);
    scene.abort(aborted).unwrap();
    scene.account.void(void, "a test");
    scene.pass(secs(60));
    block(&mut scene, Channel::Sms);
    for id in [aborted, void] {
        let before = scene.account.clone();
        assert_eq!(scene.confirm(id), AttemptOutcome::Ended);
        assert_eq!(scene.account, before);
    }
}

#[test]
fn a_block_comes_before_exhaustion_and_expiry_and_stops_the_right_tan_too() {
    let mut scene = Scene::enrolled();
    let open = scene.request(Channel::Email);
    let exhausted = scene.request(Channel::Sms);
    for _ in 0..3 {
        scene.fail(exhausted);
    }
    let retry_after = scene.limits.block;
    scene.fail(open);
    assert!(matches!(scene.fail(open), AttemptOutcome::Wrong { consequence: Consequence { block: Some(_), .. }, .. }));
    let before = scene.account.clone();
    assert_eq!(scene.confirm(open), AttemptOutcome::Blocked { retry_after });
    assert_eq!(scene.confirm(exhausted), AttemptOutcome::Blocked { retry_after });
    scene.pass(secs(300));
    assert_eq!(scene.confirm(open), AttemptOutcome::Blocked { retry_after: less(retry_after, secs(300)) });
    assert_eq!(scene.but_for_refusals(), before);
    assert_eq!(scene.account.refused.first().map(|known| (known.limit.as_str(), known.times)), Some(("block", 2)));
    scene.pass(less(retry_after, secs(300)));
    assert_eq!(scene.confirm(open), AttemptOutcome::Expired);
}

#[test]
fn an_exhausted_tan_is_exhausted_even_after_its_time_and_to_the_right_tan() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    assert_eq!(scene.fail(id), AttemptOutcome::Wrong { attempts_left: 2, consequence: Consequence::default() });
    assert_eq!(scene.fail(id), AttemptOutcome::Wrong { attempts_left: 1, consequence: Consequence::default() });
    scene.pass(secs(10));
    let last = AttemptOutcome::LastWrong { retry_after: secs(50), consequence: Consequence::default() };
    assert_eq!(scene.fail(id), last);
    let before = scene.account.clone();
    assert_eq!(scene.confirm(id), AttemptOutcome::Exhausted { retry_after: secs(50) });
    scene.pass(secs(600));
    assert_eq!(scene.confirm(id), AttemptOutcome::Exhausted { retry_after: secs(0) });
    assert_eq!(scene.but_for_refusals(), before);
    assert_eq!(scene.account.refused.first().map(|known| known.limit.as_str()), Some("attempts_per_tan"));
}

#[test]
fn a_fresh_tan_of_a_challenge_without_transmissions_left_can_be_had_no_more() {
    let mut scene = Scene::enrolled();
    scene.limits.transmissions_per_challenge = 1;
    let id = scene.request(Channel::Sms);
    for _ in 0..3 {
        scene.fail(id);
    }
    assert_eq!(scene.confirm(id), AttemptOutcome::Exhausted { retry_after: scene.limits.challenge_lifetime });
}

#[test]
fn the_wrong_tan_that_begins_a_block_says_that_a_fresh_one_waits_for_its_end() {
    let mut scene = Scene::enrolled();
    scene.limits.consecutive_failures = 3;
    let id = scene.request(Channel::Sms);
    scene.fail(id);
    scene.fail(id);
    let outcome = scene.fail(id);
    assert!(matches!(outcome, AttemptOutcome::LastWrong { retry_after, .. } if retry_after == scene.limits.block));
    assert!(matches!(outcome, AttemptOutcome::LastWrong { consequence: Consequence { block: Some(_), .. }, .. }));
}

#[test]
fn a_tan_is_accepted_until_the_microsecond_before_it_runs_out() {
    let mut scene = Scene::enrolled();
    let lifetime = scene.limits.tan_lifetime;
    let early = scene.request(Channel::Sms);
    let late = scene.request(Channel::Email);
    scene.pass(less(lifetime, TICK));
    assert!(matches!(scene.confirm(early), AttemptOutcome::Solved { .. }));
    scene.pass(TICK);
    let before = scene.account.clone();
    assert_eq!(scene.confirm(late), AttemptOutcome::Expired);
    assert_eq!(scene.fail(late), AttemptOutcome::Expired);
    assert_eq!(scene.account, before);
}

#[test]
fn the_right_tan_yields_one_token_with_its_time_and_says_whether_it_is_bound() {
    let mut scene = Scene::enrolled();
    let expires_at = scene.now.plus(scene.limits.token_lifetime);
    let bound = scene.request_bound(Channel::Sms, 1);
    assert_eq!(scene.confirm(bound), AttemptOutcome::Solved { expires_at, bound: true, notices: Vec::new() });
    let unbound = scene.request(Channel::Sms);
    assert_eq!(scene.confirm(unbound), AttemptOutcome::Solved { expires_at, bound: false, notices: Vec::new() });
}

#[test]
fn a_message_that_is_answered_before_its_hand_over_is_recorded_counts() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    let transmission = scene.challenge(id).claim.unwrap().transmission;
    assert!(matches!(scene.confirm(id), AttemptOutcome::Solved { .. }));
    let solved = scene.account.clone();
    let late = crate::domain::rules::transmission::HandOver::Failed("late");
    scene.ask(|account, terms| account.record(terms, id, transmission, late));
    assert_eq!(scene.account, solved);
    assert_eq!(scene.phase(id), Phase::Solved);
}

#[test]
fn wrong_tans_count_over_all_challenges_and_channels_and_a_fresh_tan_resets_nothing() {
    let mut scene = Scene::enrolled();
    let sms = scene.request(Channel::Sms);
    let email = scene.request(Channel::Email);
    for _ in 0..3 {
        scene.fail(sms);
    }
    scene.pass(secs(60));
    scene.retransmit(sms).unwrap();
    scene.fail(email);
    assert_eq!(scene.account.standing.failures, 4);
    assert!(matches!(scene.fail(sms), AttemptOutcome::Wrong { consequence: Consequence { block: Some(_), .. }, .. }));
    assert!(scene.kinds().contains(&EventKind::AccountBlocked));
}

#[test]
fn only_a_token_solved_on_a_channel_at_least_as_strong_clears_the_count() {
    let mut scene = Scene::enrolled();
    scene.account.channels.remove(1);
    let failed = scene.request(Channel::Sms);
    scene.fail(failed);
    let address = scene.enrol(crate::domain::testing::mailbox(2));
    scene.activate(address);
    assert_eq!(scene.account.standing.failures, 1, "a proven address clears nothing");
    scene.solved(Channel::Email);
    assert_eq!(scene.account.standing.failures, 1, "email informs only");
    assert_eq!(scene.account.standing.failed_strength, Some(Strength::Possession));
    scene.pass(secs(60));
    scene.solved(Channel::Sms);
    assert_eq!((scene.account.standing.failures, scene.account.standing.total_failures), (0, 0));
}

#[test]
fn a_new_phone_number_proven_on_a_strong_channel_clears_nothing_either() {
    let mut scene = Scene::enrolled();
    let failed = scene.request(Channel::Email);
    scene.fail(failed);
    let address = scene.enrol(phone(2));
    scene.activate(address);
    assert_eq!(scene.account.standing.failures, 1);
}

#[test]
fn the_last_of_all_tries_blocks_until_an_operator_unblocks() {
    let mut scene = Scene::enrolled();
    scene.limits.total_failures = 5;
    let id = scene.request(Channel::Sms);
    for _ in 0..3 {
        scene.fail(id);
    }
    scene.pass(secs(60));
    scene.retransmit(id).unwrap();
    assert!(matches!(scene.fail(id), AttemptOutcome::Wrong { consequence: Consequence { warned: true, .. }, .. }));
    scene.fail(id);
    assert_eq!(scene.account.standing.blocked_until, Some(Timestamp::NEVER));
    assert_eq!(scene.confirm(id), AttemptOutcome::Blocked { retry_after: scene.limits.block_max });
    let kinds = scene.kinds();
    assert!(kinds.contains(&EventKind::AccountWarned) && kinds.contains(&EventKind::AccountBlocked));
    scene.account.standing.unblock();
    assert!(matches!(scene.confirm(id), AttemptOutcome::Solved { .. }));
}

#[test]
fn a_missing_key_changes_nothing() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    scene.account.challenge_mut(id).unwrap().tan_key = crate::domain::keys::KeyId(7);
    let before = scene.account.clone();
    let candidate = crate::domain::tan::Candidate::parse("12345678", 8).unwrap();
    let ring = crate::domain::keys::tests::ring();
    let token = crate::domain::testing::token_of(id);
    assert!(scene.ask(|account, terms| account.attempt(terms, &ring, id, &candidate, token)).is_err());
    assert_eq!(scene.account, before);
    assert_eq!(scene.challenge(id).state, State::Open);
}

#[test]
fn a_blocked_account_can_neither_request_nor_retransmit_nor_enrol() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Email);
    block(&mut scene, Channel::Sms);
    let retry_after = scene.account.standing.blocked_until.unwrap().since(scene.now);
    let blocked = Refusal::AccountBlocked { retry_after };
    assert_eq!(scene.try_request(Channel::Sms, crate::domain::rules::request::Wish::default()), Err(blocked.clone()));
    assert_eq!(scene.retransmit(id), Err(blocked.clone()));
    let cleared = crate::domain::rules::protect::Clearance::NotNeeded;
    assert_eq!(scene.try_enrol(phone(2), cleared), Err(blocked));
}
