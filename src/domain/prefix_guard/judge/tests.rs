//! When a prefix is closed, probed, closed again and opened.

use proptest::prelude::*;

use super::*;

const START: Timestamp = Timestamp::from_seconds(1_700_000_100);

fn limits() -> Limits {
    Limits { prefix_floor: 30, ..Limits::default() }
}

fn share(sent: u64, solved: u64) -> Share {
    Share { sent, solved }
}

fn ripe(hour: Share, day: Share) -> Ripe {
    Ripe { hour, day }
}

fn closed() -> ClosedPrefix {
    ClosedPrefix::closing(&limits(), START)
}

fn half_open_at() -> Timestamp {
    START.plus(limits().prefix_closed)
}

#[test]
fn a_prefix_is_closed_when_too_few_of_enough_messages_were_solved() {
    let judged = |hour, day| judge(&limits(), START, None, &ripe(hour, day));
    assert_eq!(judged(share(50, 14), share(50, 14)), Verdict::Close(share(50, 14)));
    assert_eq!(judged(share(50, 15), share(50, 15)), Verdict::Stays, "the floor itself is enough");
    assert_eq!(judged(share(49, 0), share(49, 0)), Verdict::Stays, "too few to tell");
    assert_eq!(judged(share(0, 0), share(0, 0)), Verdict::Stays);
}

#[test]
fn either_the_hour_or_the_day_closes_it() {
    let judged = |hour, day| judge(&limits(), START, None, &ripe(hour, day));
    assert_eq!(judged(share(60, 0), share(1_000, 900)), Verdict::Close(share(60, 0)), "a burst in a good day");
    assert_eq!(judged(share(10, 0), share(240, 0)), Verdict::Close(share(240, 0)), "a trickle");
    assert_eq!(judged(share(60, 50), share(1_000, 900)), Verdict::Stays);
}

#[test]
fn while_it_is_closed_nothing_is_judged() {
    let last = Timestamp::from_micros(half_open_at().as_micros() - 1);
    assert_eq!(judge(&limits(), last, Some(&closed()), &ripe(share(9, 9), share(9, 9))), Verdict::Stays);
}

#[test]
fn probes_open_a_half_open_prefix_or_close_it_again() {
    let judged = |day| judge(&limits(), half_open_at(), Some(&closed()), &ripe(share(0, 0), day));
    assert_eq!(judged(share(4, 0)), Verdict::Stays, "the probes are not all in");
    assert_eq!(judged(share(4, 4)), Verdict::Stays);
    assert_eq!(judged(share(5, 1)), Verdict::Close(share(5, 1)));
    assert_eq!(judged(share(5, 2)), Verdict::Open(share(5, 2)));
}

#[test]
fn a_prefix_that_was_opened_is_judged_like_any_other() {
    let opened = closed().opening(half_open_at());
    let judged = |hour| judge(&limits(), half_open_at(), Some(&opened), &ripe(hour, hour));
    assert_eq!(judged(share(5, 0)), Verdict::Stays);
    assert_eq!(judged(share(50, 0)), Verdict::Close(share(50, 0)));
}

#[test]
fn without_a_floor_everything_is_open() {
    let off = Limits { prefix_floor: 0, ..limits() };
    let bad = ripe(share(1_000, 0), share(1_000, 0));
    assert_eq!(judge(&off, START, None, &bad), Verdict::Stays);
    assert_eq!(judge(&off, START, Some(&closed()), &bad), Verdict::Open(Share::default()));
    assert_eq!(judge(&off, half_open_at(), Some(&closed()), &bad), Verdict::Open(Share::default()));
    assert_eq!(judge(&off, half_open_at(), Some(&closed().opening(START)), &bad), Verdict::Stays);
}

#[test]
fn only_messages_count_whose_tans_have_run_out() {
    let limits = limits();
    let until = |now| Span::of(&limits, now, None).until;
    // A TAN lives five minutes: those of the bucket that begins at START have all run out ten minutes later.
    assert_eq!(until(START.plus(Duration::from_secs(599))), START);
    assert_eq!(until(START.plus(Duration::from_mins(10))), START.plus(BUCKET));
}

#[test]
fn what_came_before_it_was_opened_is_not_held_against_it() {
    let opened_at = START.plus(Duration::from_secs(10));
    let prefix = closed().opening(opened_at);
    let span = Span::of(&limits(), START.plus(Duration::from_mins(30)), Some(&prefix));
    assert_eq!((span.hour_from, span.day_from, span.least), (START.plus(BUCKET), START.plus(BUCKET), 50));
    let later = Span::of(&limits(), START.plus(Duration::from_hours(40)), Some(&prefix));
    assert_eq!(later, Span::of(&limits(), START.plus(Duration::from_hours(40)), None), "in a day that is over");
}

#[test]
fn a_half_open_prefix_is_judged_by_its_probes_alone() {
    let span = Span::of(&limits(), half_open_at().plus(Duration::from_hours(3)), Some(&closed()));
    assert_eq!((span.day_from, span.least), (bucket_of(half_open_at()), 5));
}

/// A message to a young address, as the judge learns of it.
#[derive(Clone, Copy, Debug)]
struct Message {
    at: Timestamp,
    solved: bool,
}

fn counted(messages: &[Message], span: &Span) -> Ripe {
    let from = |from: Timestamp| {
        let within = |message: &&Message| (from..span.until).contains(&bucket_of(message.at));
        messages.iter().filter(within).fold(Share::default(), |sum, message| sum + share(1, u64::from(message.solved)))
    };
    ripe(from(span.hour_from), from(span.day_from))
}

/// Plays a prefix: a message each `period` where one may go, judged every minute.
fn play(
    limits: &Limits,
    period: Duration,
    hours: u64,
    solved: impl Fn(usize) -> bool,
) -> (Vec<Message>, Vec<ClosedPrefix>) {
    let (mut messages, mut turns, mut prefix) = (Vec::new(), Vec::new(), None::<ClosedPrefix>);
    let (mut now, mut next) = (START, START);
    while now < START.plus(Duration::from_hours(hours)) {
        let goes = match prefix.map(|prefix| prefix.standing(now)) {
            None | Some(PrefixStanding::Open) => now >= next,
            Some(PrefixStanding::HalfOpen { probe_at }) => now >= probe_at,
            Some(PrefixStanding::Closed { .. }) => false,
        };
        if goes {
            messages.push(Message { at: now, solved: solved(messages.len()) });
            next = now.plus(period);
            prefix = prefix.map(|prefix| ClosedPrefix { probe_at: now.plus(limits.prefix_probe_period), ..prefix });
        }
        let span = Span::of(limits, now, prefix.as_ref());
        match judge(limits, now, prefix.as_ref(), &counted(&messages, &span)) {
            Verdict::Stays => {}
            Verdict::Close(_) => prefix = Some(ClosedPrefix::closing(limits, now)),
            Verdict::Open(_) => prefix = prefix.map(|prefix| prefix.opening(now)),
        }
        if turns.last().copied() != prefix.map(|prefix| ClosedPrefix { probe_at: prefix.half_open_at, ..prefix }) {
            turns.extend(prefix.map(|prefix| ClosedPrefix { probe_at: prefix.half_open_at, ..prefix }));
        }
        now = now.plus(Duration::from_secs(20));
    }
    (messages, turns)
}

#[test]
fn a_fraud_gets_what_is_not_ripe_yet_and_then_probes_alone() {
    let limits = limits();
    let (messages, turns) = play(&limits, Duration::from_secs(20), 12, |_| false);
    assert!(turns.len() > 5 && turns.iter().all(|turn| turn.opened_at.is_none()), "it never opens: {turns:?}");
    let first = turns[0].closed_at;
    let before = messages.iter().filter(|message| message.at <= first).count();
    // Fifty messages must be ripe: at worst two buckets more, one for the TANs and one that is not full.
    assert!(before <= 50 + 3 * 15 + 15, "{before}");
    let ends = turns[turns.len() - 1].closed_at;
    let probes = messages.iter().filter(|message| message.at > first && message.at <= ends).count();
    // Each time: the probes that are asked for, and those that go until they are ripe.
    assert!(probes <= (turns.len() - 1) * (5 + 15), "{probes} in {} turns", turns.len());
}

#[test]
fn honest_customers_get_their_prefix_back() {
    let (messages, turns) = play(&limits(), Duration::from_secs(20), 12, |number| number > 76);
    assert_eq!(turns.len(), 2, "closed once, opened once: {turns:?}");
    assert!(turns[1].opened_at.is_some());
    assert!(messages.last().unwrap().at > turns[1].opened_at.unwrap());
}

fn prefixes() -> impl Strategy<Value = Option<ClosedPrefix>> {
    let turned = (0..200_000u64, proptest::option::of(0..200_000u64)).prop_map(|(closed, opened)| {
        let prefix = ClosedPrefix::closing(&limits(), START.minus(Duration::from_secs(closed)));
        ClosedPrefix { opened_at: opened.map(|after| prefix.half_open_at.plus(Duration::from_secs(after))), ..prefix }
    });
    proptest::option::of(turned)
}

proptest! {
    #[test]
    fn a_share_at_or_over_the_floor_never_closes_and_one_below_never_opens(
        sent in 0..2_000u64, part in 0..=100u64, floor in 1..=90u8, prefix in prefixes(),
    ) {
        let limits = Limits { prefix_floor: floor, ..limits() };
        let judged = share(sent, sent * part / 100);
        let enough = judged.solved * 100 >= sent * u64::from(floor);
        match judge(&limits, START, prefix.as_ref(), &ripe(judged, judged)) {
            Verdict::Stays => {}
            Verdict::Close(by) => prop_assert!(!enough && by == judged),
            Verdict::Open(by) => prop_assert!(enough && by == judged && prefix.unwrap().opened_at.is_none()),
        }
    }

    #[test]
    fn a_span_looks_at_no_more_than_a_day_of_ripe_buckets_and_at_nothing_of_before(
        now in 0..100_000_000i64, prefix in prefixes(),
    ) {
        let now = Timestamp::from_seconds(START.as_seconds() + now);
        let span = Span::of(&limits(), now, prefix.as_ref());
        prop_assert!(span.until.plus(limits().tan_lifetime) <= now);
        prop_assert!(span.until.since(span.hour_from) <= HOUR && span.until.since(span.day_from) <= DAY);
        prop_assert!(span.day_from <= span.hour_from);
        for edge in [span.hour_from, span.day_from, span.until] {
            prop_assert_eq!(bucket_of(edge), edge);
        }
        if let Some(opened) = prefix.and_then(|prefix| prefix.opened_at) {
            prop_assert!(span.day_from > opened);
        }
    }

    #[test]
    fn who_is_judged_by_more_solved_messages_is_never_worse_off(
        sent in 0..500u64, solved in 0..500u64, more in 0..500u64, prefix in prefixes(),
    ) {
        let rank = |verdict| match verdict { Verdict::Close(_) => 0, Verdict::Stays => 1, Verdict::Open(_) => 2 };
        let judged = |solved: u64| {
            let share = share(sent, solved.min(sent));
            rank(judge(&limits(), START, prefix.as_ref(), &ripe(share, share)))
        };
        prop_assert!(judged(solved) <= judged(solved + more));
    }
}
