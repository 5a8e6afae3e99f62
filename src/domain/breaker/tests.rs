//! A source that gives no answers is left in peace, and found again.

use proptest::prelude::*;

use super::*;

const PATIENCE: Patience = Patience { failures: 5, first: Duration::from_secs(5), longest: Duration::from_mins(1) };

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One that opened at the second 100.
fn opened() -> Breaker {
    let mut breaker = Breaker::new(PATIENCE);
    for left in (0..5).rev() {
        let leave = breaker.admit(at(100)).unwrap();
        let expected = if left == 0 { Change::Opened(at(5)) } else { Change::None };
        assert_eq!(breaker.settle(leave, Ending::Failed, at(100)), expected);
    }
    breaker
}

fn wait(breaker: &mut Breaker, now: Duration) -> Duration {
    breaker.admit(now).unwrap_err().retry_after
}

#[test]
fn five_failures_in_a_row_open_it_and_it_says_until_when() {
    let mut breaker = opened();
    assert_eq!(wait(&mut breaker, at(100)), at(5));
    assert_eq!(wait(&mut breaker, at(104)), at(1));
    assert_eq!(wait(&mut breaker, at(3)), at(5), "a clock that went back waits no longer");
}

#[test]
fn an_answer_between_failures_begins_the_count_anew_and_one_given_up_does_not() {
    let mut breaker = Breaker::new(PATIENCE);
    for outcome in [Ending::Failed, Ending::GivenUp, Ending::Failed, Ending::Answered].repeat(20) {
        let leave = breaker.admit(at(1)).unwrap();
        assert_eq!(breaker.settle(leave, outcome, at(1)), Change::None);
    }
    for _ in 0..4 {
        for outcome in [Ending::Failed, Ending::GivenUp] {
            let leave = breaker.admit(at(1)).unwrap();
            assert_eq!(breaker.settle(leave, outcome, at(1)), Change::None);
        }
    }
    let leave = breaker.admit(at(1)).unwrap();
    assert_eq!(breaker.settle(leave, Ending::Failed, at(1)), Change::Opened(at(5)));
}

#[test]
fn one_probe_is_let_through_and_its_answer_closes() {
    let mut breaker = opened();
    let probe = breaker.admit(at(105)).unwrap();
    assert!(probe.is_probe());
    assert_eq!(wait(&mut breaker, at(105)), PROBE);
    assert_eq!(wait(&mut breaker, at(500)), PROBE, "however long it takes");
    assert_eq!(breaker.settle(probe, Ending::Answered, at(106)), Change::Closed);
    let leave = breaker.admit(at(106)).unwrap();
    assert!(!leave.is_probe());
    assert_eq!(breaker.settle(leave, Ending::Failed, at(106)), Change::None, "the count began anew");
}

#[test]
fn each_probe_that_fails_doubles_the_rest_up_to_the_longest() {
    let (mut breaker, mut now) = (opened(), at(100));
    for rest in [5, 10, 20, 40, 60, 60] {
        assert_eq!(wait(&mut breaker, now), at(rest));
        now += at(rest);
        let probe = breaker.admit(now).unwrap();
        breaker.settle(probe, Ending::Failed, now);
    }
    now += at(60);
    let probe = breaker.admit(now).unwrap();
    breaker.settle(probe, Ending::Answered, now);
    for _ in 0..5 {
        let leave = breaker.admit(now).unwrap();
        breaker.settle(leave, Ending::Failed, now);
    }
    assert_eq!(wait(&mut breaker, now), at(5), "after an answer it is short again");
}

#[test]
fn a_probe_that_nobody_waits_for_is_made_anew_at_once() {
    let mut breaker = opened();
    for _ in 0..3 {
        let probe = breaker.admit(at(105)).unwrap();
        assert_eq!(breaker.settle(probe, Ending::GivenUp, at(105)), Change::None);
    }
    let probe = breaker.admit(at(105)).unwrap();
    assert_eq!(breaker.settle(probe, Ending::Failed, at(105)), Change::Opened(at(10)));
}

#[test]
fn what_was_asked_before_it_opened_or_closed_changes_nothing_any_more() {
    let mut breaker = Breaker::new(PATIENCE);
    let early: Vec<_> = (0..20).map(|_| breaker.admit(at(99)).unwrap()).collect();
    let mut early = early.into_iter();
    for leave in early.by_ref().take(5) {
        breaker.settle(leave, Ending::Failed, at(100));
    }
    for outcome in [Ending::Failed, Ending::Answered, Ending::GivenUp] {
        assert_eq!(breaker.settle(early.next().unwrap(), outcome, at(104)), Change::None);
        assert_eq!(wait(&mut breaker, at(104)), at(1));
    }
    let probe = breaker.admit(at(105)).unwrap();
    assert_eq!(breaker.settle(early.next().unwrap(), Ending::Answered, at(105)), Change::None);
    assert_eq!(wait(&mut breaker, at(105)), PROBE);
    breaker.settle(probe, Ending::Answered, at(105));
    for leave in early {
        assert_eq!(breaker.settle(leave, Ending::Failed, at(106)), Change::None);
    }
    assert!(breaker.admit(at(106)).is_ok());
}

#[derive(Clone, Debug)]
enum Act {
    Pass(u64),
    Ask,
    Settle(usize, Ending),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let outcome = prop_oneof![1 => Just(Ending::Answered), 3 => Just(Ending::Failed), 1 => Just(Ending::GivenUp)];
    let act = prop_oneof![
        1 => (0..90_000u64).prop_map(Act::Pass),
        3 => Just(Act::Ask),
        3 => (0..4usize, outcome).prop_map(|(which, outcome)| Act::Settle(which, outcome)),
    ];
    proptest::collection::vec(act, 0..120)
}

proptest! {
    #[test]
    fn in_any_order_one_probe_is_out_at_most_and_nobody_passes_while_it_rests(acts in acts(), failures in 0..4u32) {
        let patience = Patience { failures, ..PATIENCE };
        let (mut breaker, mut now, mut out) = (Breaker::new(patience), Duration::ZERO, Vec::new());
        let (mut rests_until, mut in_a_row) = (None, 0);
        for act in acts {
            match act {
                Act::Pass(millis) => now += Duration::from_millis(millis),
                Act::Ask => match breaker.admit(now) {
                    Ok(leave) => {
                        prop_assert_eq!(leave.is_probe(), rests_until.is_some());
                        prop_assert!(rests_until.is_none_or(|until| until <= now));
                        prop_assert!(!leave.is_probe() || !out.iter().any(Leave::is_probe));
                        out.push(leave);
                    }
                    Err(Resting { retry_after }) => {
                        let until = rests_until.expect("only one that is open refuses");
                        prop_assert!(retry_after <= patience.longest && !retry_after.is_zero());
                        prop_assert!(until == now + retry_after || out.iter().any(Leave::is_probe));
                    }
                },
                Act::Settle(which, outcome) if which < out.len() => {
                    let leave = out.swap_remove(which);
                    let (probe, current) = (leave.is_probe(), leave.turn == breaker.turn);
                    let change = breaker.settle(leave, outcome, now);
                    in_a_row = match outcome {
                        Ending::Failed if current => in_a_row + 1,
                        Ending::Answered if current => 0,
                        _ => in_a_row,
                    };
                    match change {
                        Change::Opened(rest) => {
                            prop_assert!(current && outcome == Ending::Failed);
                            prop_assert!(probe || in_a_row == failures.max(1));
                            prop_assert!((patience.first..=patience.longest).contains(&rest));
                            (rests_until, in_a_row) = (Some(now + rest), 0);
                        }
                        Change::Closed => {
                            prop_assert!(probe && outcome == Ending::Answered);
                            (rests_until, in_a_row) = (None, 0);
                        }
                        Change::None if probe => prop_assert_eq!(outcome, Ending::GivenUp),
                        Change::None => prop_assert!(in_a_row < failures.max(1) || !current),
                    }
                }
                Act::Settle(..) => {}
            }
        }
    }
}
