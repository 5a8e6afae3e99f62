//! Taler's flow (`api.md` section 6c): ids that are sent, solved and shown as proofs.

use crate::domain::{
    account::Account,
    assurance::{Assurance, Demand},
    channel::{Channel, Strength, Strengths},
    id::{AccountId, ChallengeId},
    refusal::Refusal,
    rules::{attempt::AttemptOutcome, transmission::HandOver},
    summary::Approval,
    taler::TalerId,
    testing::{Scene, less, mailbox, phone, secs, wrong},
};

mod proofs;

const MOST: &str = "transmissions_per_challenge";

fn limited(limit: &'static str, seconds: u64) -> Refusal {
    Refusal::RateLimited { limit, retry_after: secs(seconds) }
}

fn asking(strength: Strength) -> Demand {
    Demand { strength, ..Demand::of(Assurance::Token) }
}

fn offered(scene: &Scene, strength: Strength) -> Vec<Channel> {
    let offered = scene.account.offered_to_taler(&scene.terms(), asking(strength));
    offered.into_iter().map(|offer| offer.channel).collect()
}

#[test]
fn the_channels_that_are_strong_enough_are_offered_and_masked() {
    let mut scene = Scene::enrolled();
    assert_eq!(offered(&scene, Strength::Inform), [Channel::Sms, Channel::Email]);
    assert_eq!(offered(&scene, Strength::Possession), [Channel::Sms]);
    let all = scene.account.offered_to_taler(&scene.terms(), asking(Strength::Inform));
    assert_eq!(
        all.iter().map(|offer| offer.tan_info.clone()).collect::<Vec<_>>(),
        [phone(1).masked(), mailbox(1).masked()]
    );
    scene.strengths = Strengths { sms: Strength::Inform, ..Strengths::default() };
    assert_eq!(offered(&scene, Strength::Possession), []);
    assert_eq!(offered(&Scene::bare(), Strength::Inform), []);
}

#[test]
fn nothing_is_stored_before_the_first_sending_which_makes_the_challenge_of_the_id() {
    let mut scene = Scene::enrolled();
    let before = scene.account.clone();
    let id = TalerId { summary: Some(Approval::of("Log in")), ..scene.offer(Channel::Email, 1) };
    assert_eq!(scene.account, before);
    assert_eq!(scene.transmit(&id), Ok(()));
    scene.record(id.challenge, HandOver::Sent);
    let challenge = scene.challenge(id.challenge);
    assert_eq!((challenge.channel(), challenge.address()), (Channel::Email, Some(&mailbox(1))));
    assert_eq!((challenge.operation, challenge.access_token), (Some(id.operation), id.session));
    assert_eq!((challenge.summary.clone(), challenge.transmissions), (id.summary, 1));
}

#[test]
fn an_unsent_id_runs_out_with_the_ticket_and_a_sent_one_with_its_challenge() {
    let mut scene = Scene::enrolled();
    let (unsent, sent) = (scene.offer(Channel::Sms, 1), scene.offer(Channel::Email, 1));
    scene.pass(less(scene.limits.ticket_lifetime, secs(1)));
    scene.transmit(&sent).unwrap();
    scene.record(sent.challenge, HandOver::Sent);
    scene.pass(secs(1));
    assert_eq!(scene.transmit(&unsent), Err(Refusal::TransactionNotFound));
    assert!(scene.account.challenge(unsent.challenge).is_err());
    scene.pass(less(scene.limits.challenge_lifetime, secs(2)));
    assert_eq!(scene.transmit(&sent), Ok(()), "its own time is what counts now");
    scene.pass(secs(1));
    assert_eq!(scene.transmit(&sent), Err(Refusal::TransactionNotFound));
}

#[test]
fn whatever_voids_every_challenge_voids_an_id_sent_or_not() {
    type Change = fn(&mut Scene);
    let changes: [(&str, Change); 4] = [
        ("an operator's address", |scene| drop(scene.account.set_address(scene.now, phone(7)))),
        ("a removed channel", |scene| drop(scene.account.remove_channel(Channel::Email, None))),
        ("a proven new address", |scene| {
            scene.pass(secs(60));
            let pending = scene.enrol(mailbox(7));
            scene.activate(pending);
        }),
        ("the account's end", |scene| drop(scene.account.delete(scene.now, None))),
    ];
    for (change, happens) in changes {
        let mut scene = Scene::enrolled();
        let (unsent, sent) = (scene.offer(Channel::Sms, 1), scene.sent_taler(Channel::Sms, 1));
        let tan = scene.tan(sent.challenge);
        happens(&mut scene);
        scene.pass(secs(60));
        let events = scene.account.events.len();
        assert_eq!(scene.transmit(&unsent), Err(Refusal::TransactionNotFound), "{change}");
        assert_eq!(scene.transmit(&sent), Err(Refusal::TransactionNotFound), "{change}");
        assert_eq!(scene.try_taler(&sent, &tan), Ok(AttemptOutcome::Ended), "{change}");
        assert_eq!(scene.account.events.len(), events, "{change}: nothing is made and nothing counted");
    }
}

#[test]
fn an_id_goes_to_the_address_that_was_offered_or_nowhere() {
    let mut scene = Scene::enrolled();
    let id = scene.offer(Channel::Sms, 1);
    scene.account.set_address(scene.now, phone(7));
    scene.account.set_address(scene.now, phone(1));
    assert_eq!(scene.transmit(&id), Err(Refusal::TransactionNotFound), "there and back again is a change too");
}

#[test]
fn again_before_the_cool_down_is_too_early_and_then_the_same_tan_goes_out() {
    let mut scene = Scene::enrolled();
    let id = scene.sent_taler(Channel::Sms, 1);
    let tan = scene.tan(id.challenge);
    scene.pass(secs(59));
    assert_eq!(scene.transmit(&id), Err(limited("retransmission_period", 1)));
    let other = scene.offer(Channel::Sms, 2);
    assert_eq!(scene.transmit(&other), Err(limited("retransmission_period", 1)), "the channel cools, not the id");
    scene.pass(secs(1));
    assert_eq!(scene.transmit(&id), Ok(()));
    assert_eq!(scene.tan(id.challenge), tan);
}

#[test]
fn an_exhausted_one_is_sent_afresh_at_once_within_the_other_limits() {
    let mut scene = Scene::enrolled();
    (scene.limits.consecutive_failures, scene.limits.total_failures) = (5, 100);
    scene.limits.attempts_per_tan = 1;
    let id = scene.sent_taler(Channel::Sms, 1);
    for sent in 1..=3 {
        let tan = scene.tan(id.challenge);
        let ends_in = scene.challenge(id.challenge).ends_at.since(scene.now);
        let retry_after = if sent < 3 { secs(0) } else { ends_in };
        let last = scene.try_taler(&id, &wrong(&tan)).unwrap();
        assert!(matches!(last, AttemptOutcome::LastWrong { retry_after: told, .. } if told == retry_after), "{last:?}");
        assert_eq!(scene.try_taler(&id, &tan), Ok(AttemptOutcome::Exhausted { retry_after }));
        if sent < 3 {
            assert_eq!(scene.transmit(&id), Ok(()));
            assert_ne!(scene.tan(id.challenge), tan, "a fresh TAN");
            let too_early = if sent == 1 { limited("retransmission_period", 60) } else { limited(MOST, 1800) };
            assert_eq!(scene.transmit(&id), Err(too_early), "and only one");
            scene.record(id.challenge, HandOver::Sent);
        }
    }
    assert_eq!(scene.transmit(&id), Err(limited(MOST, 1800)));
    let mut ordinary = Scene::enrolled();
    let id = ordinary.request(Channel::Sms);
    (0..3).for_each(|_| drop(ordinary.fail(id)));
    assert_eq!(ordinary.retransmit(id), Err(limited("retransmission_period", 60)), "of Taler's alone");
}

#[test]
fn the_other_limits_hold_for_an_exhausted_one_too() {
    let mut scene = Scene::enrolled();
    scene.limits.account_per_hour = 1;
    let id = scene.sent_taler(Channel::Sms, 1);
    let tan = scene.tan(id.challenge);
    (0..3).for_each(|_| drop(scene.try_taler(&id, &wrong(&tan))));
    assert_eq!(scene.transmit(&id), Err(limited("account_per_hour", 3600)));
    scene.limits.account_per_hour = 10;
    let other = scene.sent_taler(Channel::Email, 1);
    let tan = scene.tan(other.challenge);
    (0..2).for_each(|_| drop(scene.try_taler(&other, &wrong(&tan))));
    let blocked = Refusal::AccountBlocked { retry_after: scene.limits.block };
    assert_eq!(scene.transmit(&id), Err(blocked));
}

#[test]
fn a_sending_is_answered_in_the_order_of_the_contract() {
    let mut scene = Scene::enrolled();
    let (solved, aborted) = (scene.solved_taler(Channel::Sms, 1), scene.sent_taler(Channel::Sms, 1));
    scene.abort(aborted.challenge).unwrap();
    let (open, unsent) = (scene.sent_taler(Channel::Email, 1), scene.offer(Channel::Sms, 1));
    let tan = scene.tan(open.challenge);
    scene.limits.consecutive_failures = 1;
    scene.limits.block = scene.limits.challenge_lifetime * 2;
    drop(scene.try_taler(&open, &wrong(&tan)));
    let blocked =
        |scene: &Scene, passed: u64| Refusal::AccountBlocked { retry_after: less(scene.limits.block, secs(passed)) };
    for passed in [0, 1800] {
        assert_eq!(scene.transmit(&solved), Err(Refusal::ChallengeSolved));
        assert_eq!(scene.transmit(&aborted), Err(Refusal::TransactionNotFound));
        assert_eq!(scene.transmit(&open), Err(blocked(&scene, passed)), "a block before the end of the challenge");
        let unsent_is = if passed == 0 { blocked(&scene, 0) } else { Refusal::TransactionNotFound };
        assert_eq!(scene.transmit(&unsent), Err(unsent_is), "nothing is known of one that ran out unsent");
        scene.pass(secs(1800));
    }
}

#[test]
fn another_accounts_id_is_unknown() {
    let mut scene = Scene::enrolled();
    let account = AccountId::from_uuid(uuid::Uuid::from_bytes([9; 16]));
    let foreign = TalerId { account, ..scene.offer(Channel::Sms, 1) };
    let before = scene.account.clone();
    assert_eq!(scene.transmit(&foreign), Err(Refusal::TransactionNotFound));
    assert_eq!(scene.try_taler(&foreign, "12345678"), Err(Refusal::ChallengeNotFound));
    assert_eq!(scene.account, before);
}

#[test]
fn a_failed_hand_over_leaves_the_id_usable_at_once_and_is_no_sending() {
    let mut scene = Scene::enrolled();
    let id = scene.offer(Channel::Sms, 1);
    for _ in 0..5 {
        assert_eq!(scene.transmit(&id), Ok(()));
        scene.record(id.challenge, HandOver::Failed("exit"));
        let tan = scene.tan(id.challenge);
        assert_eq!(scene.try_taler(&id, &tan), Err(Refusal::ChallengeNotFound), "not sent yet");
    }
    scene.transmit(&id).unwrap();
    scene.record(id.challenge, HandOver::Sent);
    let tan = scene.tan(id.challenge);
    assert!(matches!(scene.try_taler(&id, &tan), Ok(AttemptOutcome::Solved { bound: true, .. })));
    assert_eq!(scene.transmit(&id), Err(Refusal::ChallengeSolved));
}

#[test]
fn an_unsent_challenge_takes_no_place_among_the_open_ones_until_it_is_sent() {
    let mut scene = Scene::enrolled();
    scene.limits.open_challenges = 1;
    let failed: Vec<TalerId> = (0..4).map(|_| scene.offer(Channel::Sms, 1)).collect();
    for id in &failed {
        assert_eq!(scene.transmit(id), Ok(()));
        scene.record(id.challenge, HandOver::Failed("exit"));
    }
    let other = scene.request(Channel::Email);
    assert_eq!(scene.transmit(&failed[0]), Err(limited("open_challenges", 1800)));
    scene.abort(other).unwrap();
    assert_eq!(scene.transmit(&failed[0]), Ok(()));
    scene.record(failed[0].challenge, HandOver::Sent);
    scene.pass(secs(60));
    assert_eq!(scene.transmit(&failed[1]), Err(limited("open_challenges", 1740)));
    assert_eq!(scene.transmit(&failed[0]), Ok(()), "its own place is its own");
}

#[test]
fn an_id_that_was_never_sent_has_no_tan_to_try() {
    let mut scene = Scene::enrolled();
    let id = scene.offer(Channel::Sms, 1);
    assert_eq!(scene.try_taler(&id, "12345678"), Err(Refusal::ChallengeNotFound));
    scene.transmit(&id).unwrap();
    let tan = scene.tan(id.challenge);
    let early = scene.try_taler(&id, &tan);
    assert!(matches!(early, Ok(AttemptOutcome::Solved { .. })), "under way it may have arrived: {early:?}");
}

#[test]
fn each_kind_is_unknown_at_the_others_endpoints() {
    let mut scene = Scene::enrolled();
    let (taler, token) = (scene.sent_taler(Channel::Sms, 1), scene.request(Channel::Email));
    scene.pass(secs(60));
    let address = scene.enrol(mailbox(2));
    let unknown = Err(Refusal::ChallengeNotFound);
    assert_eq!(scene.account.refuse_taler(taler.challenge), unknown);
    for id in [token, address] {
        assert_eq!(scene.account.refuse_taler(id), Ok(()));
        assert_eq!(scene.account.refuse_unsent_taler(id), unknown);
    }
    assert_eq!(scene.account.refuse_unsent_taler(taler.challenge), Ok(()));
    let stranger = ChallengeId::from_uuid(uuid::Uuid::from_bytes([9; 16]));
    assert_eq!(scene.account.refuse_unsent_taler(stranger), unknown);
}

#[test]
fn withheld_answers_are_limited_like_messages_and_a_refused_one_is_not_counted() {
    let mut scene = Scene::enrolled();
    (scene.limits.account_per_hour, scene.limits.account_per_day) = (2, 3);
    let withhold = |scene: &mut Scene| scene.ask(Account::withhold);
    assert_eq!((withhold(&mut scene), withhold(&mut scene)), (Ok(()), Ok(())));
    let before = scene.account.clone();
    assert_eq!(withhold(&mut scene), Err(limited("account_per_hour", 3600)));
    assert_eq!(scene.account, before);
    scene.pass(secs(3600));
    assert_eq!(withhold(&mut scene), Ok(()));
    assert_eq!(withhold(&mut scene), Err(limited("account_per_day", 23 * 3600)));
    scene.pass(secs(23 * 3600));
    assert_eq!(withhold(&mut scene), Ok(()));
    assert_eq!(scene.account.withheld.len(), 2, "what is older than a day is forgotten");
    assert_eq!(scene.account.sends, [], "a withheld answer is no message");
}
