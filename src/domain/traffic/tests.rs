//! What counts as what, and where.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    rules::{
        settle::{Outcome, Settled},
        transmission::{HandOver, Way},
    },
    testing::{Scene, mailbox, phone, secs},
};

const NOTHING: Counts = Counts { sent: 0, failed: 0, solved: 0, spent: 0, blocked: 0 };

/// What a step of a scene comes to.
fn counted(scene: &mut Scene, step: impl FnOnce(&mut Scene)) -> Vec<(Cell, Count)> {
    scene.account.events.clear();
    let before = Before::of(&scene.account);
    step(scene);
    before.counted(&scene.account, scene.now, &scene.limits)
}

fn cell(at: Timestamp, channel: Channel, prefix: &str) -> Cell {
    Cell { bucket: bucket_of(at), channel, prefix: prefix.to_owned() }
}

fn sms(at: Timestamp) -> Cell {
    cell(at, Channel::Sms, "+41791")
}

fn young(counts: Counts) -> Count {
    Count { counts, young: Share { sent: counts.sent, solved: counts.solved } }
}

#[test]
fn buckets_are_five_minutes_of_utc() {
    for (second, bucket) in [(0, 0), (299, 0), (300, 300), (1_700_000_123, 1_700_000_100), (-1, -300)] {
        assert_eq!(bucket_of(Timestamp::from_seconds(second)), Timestamp::from_seconds(bucket));
    }
}

#[test]
fn a_message_counts_with_its_prefix_in_the_five_minutes_in_which_it_was_begun() {
    let mut scene = Scene::enrolled();
    let begun = scene.now;
    let mut id = None;
    assert_eq!(counted(&mut scene, |scene| id = Some(scene.begin(Channel::Sms))), []);
    scene.pass(BUCKET);
    let sent = counted(&mut scene, |scene| scene.record(id.unwrap(), HandOver::Sent));
    assert_eq!(sent, [(sms(begun), young(Counts { sent: 1, ..NOTHING }))]);
}

#[test]
fn a_message_that_failed_counts_as_failed_alone() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    let failed = counted(&mut scene, |scene| scene.record(id, HandOver::Failed("exit")));
    assert_eq!(failed, [(sms(scene.now), young(Counts { failed: 1, ..NOTHING }))]);
}

#[test]
fn a_solution_counts_where_the_message_counted_that_brought_it() {
    let mut scene = Scene::enrolled();
    let id = scene.request(Channel::Sms);
    scene.pass(BUCKET);
    let again = scene.now;
    scene.retransmit(id).unwrap();
    let sent = counted(&mut scene, |scene| scene.record(id, HandOver::Sent));
    scene.pass(secs(299));
    let solved = counted(&mut scene, |scene| drop(scene.confirm(id)));
    assert_eq!(sent, [(sms(again), young(Counts { sent: 1, ..NOTHING }))]);
    assert_eq!(solved, [(sms(again), young(Counts { solved: 1, ..NOTHING }))]);
}

#[test]
fn a_mailbox_has_no_prefix() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Email);
    let sent = counted(&mut scene, |scene| scene.record(id, HandOver::Sent));
    assert_eq!(sent, [(cell(scene.now, Channel::Email, ""), young(Counts { sent: 1, ..NOTHING }))]);
}

#[test]
fn an_address_is_young_until_it_has_been_in_force_for_as_long_as_the_limit_says() {
    for (early, is_young) in [(secs(1), true), (Duration::ZERO, false)] {
        let mut scene = Scene::enrolled();
        scene.pass(scene.limits.prefix_trusted_after.checked_sub(early).unwrap());
        let id = scene.begin(Channel::Sms);
        // What counts is the moment at which the message was begun, for the message and its solution alike.
        scene.pass(secs(10));
        let sent = counted(&mut scene, |scene| scene.record(id, HandOver::Sent));
        let solved = counted(&mut scene, |scene| drop(scene.confirm(id)));
        assert_eq!((sent[0].1.young.sent, solved[0].1.young.solved), (u64::from(is_young), u64::from(is_young)));
        assert_eq!((sent[0].1.counts.sent, solved[0].1.counts.solved), (1, 1));
    }
}

#[test]
fn a_new_address_is_young_however_long_the_old_one_was_in_force_and_proving_it_changes_nothing() {
    let mut scene = Scene::enrolled();
    scene.pass(scene.limits.prefix_trusted_after * 2);
    let id = scene.try_enrol(phone(2), crate::domain::rules::protect::Clearance::NotNeeded).unwrap();
    let sent = counted(&mut scene, |scene| scene.record(id, HandOver::Sent));
    let solved = counted(&mut scene, |scene| drop(scene.activate(id)));
    assert_eq!(sent, [(sms(scene.now), young(Counts { sent: 1, ..NOTHING }))]);
    assert_eq!(solved, [(sms(scene.now), young(Counts { solved: 1, ..NOTHING }))]);
}

#[test]
fn a_token_counts_as_spent_when_it_is_spent() {
    let mut scene = Scene::enrolled();
    let id = scene.solved(Channel::Sms);
    scene.pass(secs(200));
    assert_eq!(counted(&mut scene, |scene| assert!(scene.hold(id).is_ok())), []);
    let spent = counted(&mut scene, |scene| assert_eq!(scene.settle(id, Outcome::Succeeded), Settled::Done));
    assert_eq!(spent, [(sms(scene.now), young(Counts { spent: 1, ..NOTHING }))]);
}

#[test]
fn a_block_counts_for_the_channel_of_the_try_that_began_it() {
    let mut scene = Scene::enrolled();
    scene.limits.attempts_per_tan = scene.limits.consecutive_failures;
    let id = scene.request(Channel::Sms);
    for _ in 1..scene.limits.consecutive_failures {
        assert_eq!(counted(&mut scene, |scene| drop(scene.fail(id))), []);
    }
    let blocked = counted(&mut scene, |scene| drop(scene.fail(id)));
    assert_eq!(blocked, [(sms(scene.now), young(Counts { blocked: 1, ..NOTHING }))]);
}

#[test]
fn beyond_its_bound_a_tally_counts_without_the_prefix() {
    let mut tally = Tally::default();
    let one = young(Counts { sent: 1, ..NOTHING });
    let at = Timestamp::from_seconds(0);
    for number in 0..MOST_CELLS + 5 {
        tally.add(cell(at, Channel::Sms, &format!("+{number}")), one);
    }
    tally.add(cell(at, Channel::Sms, "+0"), one);
    let counts: BTreeMap<_, _> = tally.cells().map(|(cell, count)| (cell.prefix.as_str(), count.counts.sent)).collect();
    assert_eq!((counts.len(), counts[""], counts["+0"]), (MOST_CELLS + 1, 5, 2));
}

#[test]
fn nothing_of_a_mailbox_is_in_a_cell() {
    let mut scene = Scene::bare();
    let id = scene.enrol(mailbox(7));
    let solved = counted(&mut scene, |scene| drop(scene.activate(id)));
    assert!(!format!("{solved:?}").contains("example.com"));
}

proptest! {
    #[test]
    fn no_order_of_adding_loses_or_invents_a_count(steps in proptest::collection::vec((0..4i64, 0..3u8, 0..9u64), 0..50)) {
        let entry = |&(bucket, prefix, sent): &(i64, u8, u64)| {
            (cell(Timestamp::from_seconds(bucket * 300), Channel::Sms, &format!("+{prefix}")), young(Counts { sent, ..NOTHING }))
        };
        let (mut forth, mut back) = (Tally::default(), Tally::default());
        steps.iter().map(entry).for_each(|(cell, count)| forth.add(cell, count));
        let (left, right) = steps.split_at(steps.len() / 2);
        for half in [right, left] {
            let mut part = Tally::default();
            half.iter().rev().map(entry).for_each(|(cell, count)| part.add(cell, count));
            back.add_all(part);
        }
        let sum: u64 = forth.cells().map(|(_, count)| count.counts.sent).sum();
        prop_assert_eq!(sum, steps.iter().map(|(_, _, sent)| sent).sum::<u64>());
        prop_assert_eq!(forth, back);
    }
}

#[test]
fn a_challenge_is_requested_once_however_often_it_is_sent_and_solved_once() {
    let mut scene = Scene::enrolled();
    scene.account.events.clear();
    let id = scene.begin(Channel::Sms);
    assert_eq!(Milestone::reached(&scene.account), [(Channel::Sms, Milestone::Requested)]);
    scene.account.events.clear();
    scene.record(id, HandOver::Sent);
    assert_eq!(Milestone::reached(&scene.account), []);
    scene.confirm(id);
    assert_eq!(Milestone::reached(&scene.account), [(Channel::Sms, Milestone::Solved)]);
}

#[test]
fn a_transport_has_what_it_carried_and_what_was_solved_by_it() {
    let mut scene = Scene::enrolled();
    let id = scene.begin(Channel::Sms);
    scene.account.events.clear();
    let transmission = scene.challenge(id).claim.unwrap().transmission;
    let way = Way { transport: "backup".to_owned(), failed_before: vec![("gateway".to_owned(), "timed_out")] };
    scene.ask(|account, terms| account.record_with(terms, id, transmission, HandOver::Sent, Some(&way)));
    let carriage = |solved| Carriage { channel: Channel::Sms, transport: "backup".to_owned(), solved };
    assert_eq!(Carriage::told(&scene.account), [carriage(false)]);
    scene.account.events.clear();
    scene.confirm(id);
    assert_eq!(Carriage::told(&scene.account), [carriage(true)]);
    assert_eq!((carriage(false).state(), carriage(true).state()), ("carried", "solved"));
}

#[test]
fn what_is_to_be_enrolled_is_a_challenge_of_its_channel() {
    let mut scene = Scene::bare();
    scene.account.events.clear();
    let id = scene.enrol(mailbox(2));
    assert_eq!(Milestone::reached(&scene.account), [(Channel::Email, Milestone::Requested)]);
    scene.account.events.clear();
    scene.fail(id);
    assert_eq!(Milestone::reached(&scene.account), []);
    scene.activate(id);
    assert_eq!(Milestone::reached(&scene.account), [(Channel::Email, Milestone::Solved)]);
}
