//! The bookkeeping, without any process.

use std::{io, time::Duration};

use tokio::{sync::oneshot::error::TryRecvError, time::Instant};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    super::{Reason, SendError},
    answer::Answer,
    table::{Entered, State, Table, Told},
};

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn enter(table: &mut Table, number: u128) -> Option<Entered> {
    table.enter(id(number), &mut Zeroizing::new(format!("line {number}").into_bytes()))
}

fn answer(number: u128) -> Answer {
    Answer::read(format!(r#"{{"transmission": "{}", "outcome": "sent", "more": 1}}"#, id(number)).as_bytes()).unwrap()
}

fn write(table: &mut Table) -> String {
    let mut written = String::new();
    table
        .write_next(|line| {
            written = String::from_utf8(line.to_vec()).unwrap();
            Ok(line.len())
        })
        .unwrap();
    written
}

#[test]
fn lines_are_written_in_order_and_those_that_are_given_up_are_not() {
    let mut table = Table::default();
    let entered: Vec<_> = (0..3).map(|number| enter(&mut table, number).unwrap()).collect();
    table.leave(id(1), entered[1].number);
    assert_eq!(
        (write(&mut table), write(&mut table), write(&mut table)),
        ("line 0".into(), "line 2".into(), String::new())
    );
    assert!(!table.has_unwritten());
    assert_eq!(table.in_flight(), 2);
}

#[test]
fn a_line_that_the_pipe_does_not_take_stays_unwritten_and_one_that_it_takes_in_part_does_not() {
    let mut table = Table::default();
    let mut entered = enter(&mut table, 0).unwrap();
    let full = table.write_next(|_| Err(io::ErrorKind::WouldBlock.into())).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
    assert!(table.has_unwritten());
    assert_eq!(*table.write_next(|_| Ok(2)).unwrap(), b"ne 0");
    assert!(!table.has_unwritten());
    let lost = SendError::TryLater(Reason::default());
    table.ended(&Reason::new("over"), &lost, State::Up);
    assert!(matches!(entered.told.try_recv(), Ok(Told::Lost(SendError::Failed(_)))), "its fate is not known");
}

#[test]
fn an_entry_is_not_removed_in_the_name_of_an_earlier_one() {
    let mut table = Table::default();
    let first = enter(&mut table, 0).unwrap();
    assert!(enter(&mut table, 0).is_none(), "one at a time");
    assert!(table.answer(answer(0)));
    let mut second = enter(&mut table, 0).unwrap();
    table.leave(id(0), first.number);
    assert_eq!((table.in_flight(), table.has_unwritten()), (1, true));
    assert!(matches!(second.told.try_recv(), Err(TryRecvError::Empty)));
    assert!(table.answer(answer(0)) && !table.answer(answer(0)));
    assert!(!table.has_unwritten(), "what is answered already is not written");
}

#[tokio::test(start_paused = true)]
async fn a_process_hangs_when_it_said_nothing_since_the_message_came() {
    let mut table = Table::default();
    let entered = enter(&mut table, 0).unwrap();
    let begun = Instant::now();
    table.overdue(id(0), entered.number, begun);
    assert!(!table.hangs(), "there is no process");
    table.started();
    tokio::time::advance(Duration::from_secs(1)).await;
    table.answer(answer(7));
    table.overdue(id(0), entered.number, begun);
    assert!(!table.hangs(), "it answered another");
    tokio::time::advance(Duration::from_secs(1)).await;
    let late = table.overdue(id(0), entered.number, Instant::now());
    assert!(table.hangs() && matches!(late, SendError::TryLater(_)), "it was never written");
    write(&mut table);
    assert!(matches!(table.overdue(id(0), entered.number, begun), SendError::TimedOut(_)));
    table.started();
    assert!(!table.hangs(), "that was another process");
}

#[tokio::test(start_paused = true)]
async fn a_process_has_time_to_start_before_it_hangs() {
    let mut table = Table::default();
    table.started();
    let entered = enter(&mut table, 0).unwrap();
    let begun = Instant::now();
    tokio::time::advance(Duration::from_millis(9900)).await;
    table.overdue(id(0), entered.number, begun);
    assert!(!table.hangs());
    tokio::time::advance(Duration::from_millis(100)).await;
    table.overdue(id(0), entered.number, begun);
    assert!(table.hangs());
}

#[test]
fn what_is_no_answer_is_none() {
    for line in ["", "{}", "[]", "null", "x", r#"{"transmission":"x","outcome":"sent"}"#, r#"{"outcome":"sent"}"#] {
        assert!(Answer::read(line.as_bytes()).is_none(), "{line}");
    }
    let twice = format!(r#"{{"transmission":"{0}","transmission":"{0}","outcome":"sent"}}"#, id(0));
    assert!(Answer::read(twice.as_bytes()).is_none());
}
