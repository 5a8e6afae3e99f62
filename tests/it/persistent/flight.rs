//! Many messages on their way at once, in any order, given up, and in several processes.

use std::{collections::BTreeSet, pin::pin, task::Poll};

use futures_util::{future::join_all, poll};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn answers_in_another_order_each_find_their_message() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    let text = |number: u128| if number.is_multiple_of(3) { "keep refused" } else { "keep" };
    let kept: Vec<_> = (0..200).map(|number| begin(&sender, order(number, text(number)))).collect();
    program.until_noted("seen", 200).await;
    assert_eq!(sender.send(&order(1000, "release")).await, Ok(()));
    for (number, sent) in (0..).zip(join_all(kept).await) {
        let refused = matches!(sent.unwrap(), Err(SendError::AddressRefused(_)));
        assert_eq!(refused, text(number) == "keep refused", "{number}");
    }
    assert_eq!(sender.in_flight(), 0);
}

#[tokio::test]
async fn two_messages_of_one_transmission_each_get_their_own_answer() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    let first = begin(&sender, order(1, "keep refused"));
    program.until_noted("seen", 1).await;
    let (second, third) = (begin(&sender, order(1, "failed")), begin(&sender, order(1, "try_later")));
    assert_eq!(sender.send(&order(2, "release")).await, Ok(()), "another transmission is not held up");
    assert_eq!(first.await.unwrap().unwrap_err().name(), "address_refused");
    assert_eq!(second.await.unwrap().unwrap_err().name(), "failed");
    assert_eq!(third.await.unwrap().unwrap_err().name(), "try_later");
    assert_eq!(sender.in_flight(), 0);
}

#[tokio::test]
async fn a_second_message_of_a_transmission_waits_no_longer_than_its_time() {
    let program = Program::puppet();
    let sender = program.sender(SHORT);
    let seen = up(&program, &sender).await;
    let first = begin(&sender, order(2, "keep"));
    program.until_noted("seen", seen + 1).await;
    let second = sender.send(&order(2, "sent")).await.unwrap_err();
    let first = first.await.unwrap().unwrap_err();
    assert!(matches!(first, SendError::TimedOut(_)), "{first}");
    // It got its turn in the last moment, or none.
    assert!(matches!(second, SendError::TryLater(_) | SendError::Failed(_)), "{second}");
    assert!(program.noted("seen").len() <= seen + 2);
}

#[tokio::test]
async fn thousands_of_messages_that_are_given_up_leave_nothing_behind() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    assert_eq!(sender.send(&order(1, "sent")).await, Ok(()));
    for number in 10..5010 {
        let envelope = order(number, "keep");
        let mut sending = pin!(sender.send(&envelope));
        assert!(matches!(poll!(&mut sending), Poll::Pending));
        if number.is_multiple_of(2) {
            tokio::task::yield_now().await; // some are written, some are not
        }
    }
    assert_eq!(sender.in_flight(), 0);
    assert_eq!(sender.send(&order(2, "release")).await, Ok(()), "late answers are ignored");
    assert_eq!(sender.send(&order(3, "sent")).await, Ok(()));
    assert_eq!((sender.in_flight(), program.starts()), (0, 1));
    let written = program.noted("seen").len();
    assert!((4..5003).contains(&written), "what is given up in line is not written: {written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_messages_and_fail_by_themselves() {
    let program = Program::puppet();
    let sender = program.senders(2, PATIENCE);
    sender.begin();
    program.until_noted("starts", 2).await;
    let kept: Vec<_> = (0..40).map(|number| begin(&sender, order(number, "keep"))).collect();
    program.until_noted("seen", 40).await;
    let pids: Vec<String> = program.noted("starts");
    let of = |pid: &str| program.noted("seen").iter().filter(|line| line.starts_with(pid)).count();
    assert_eq!((of(&pids[0]), of(&pids[1])), (20, 20), "{pids:?}: {:?}", program.noted("seen"));
    kill(&pids[0]);
    program.until_noted("starts", 3).await;
    // The new one is the less busy until it keeps as many: then each of them is told to answer what it kept.
    let mut others = Vec::new();
    for number in 0..20 {
        others.push(begin(&sender, order(100 + number, "keep")));
        program.until_noted("seen", 41 + usize::try_from(number).unwrap()).await;
    }
    let released = [begin(&sender, order(200, "release")), begin(&sender, order(201, "release"))];
    others.extend(released);
    assert!(join_all(others).await.into_iter().all(|sent| sent.unwrap() == Ok(())));
    let outcomes = join_all(kept).await;
    let failed = outcomes.iter().filter(|sent| matches!(sent, Ok(Err(SendError::Failed(_))))).count();
    let sent = outcomes.iter().filter(|sent| matches!(sent, Ok(Ok(())))).count();
    assert_eq!((failed, sent), (20, 20), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_process_is_away_the_others_carry_everything() {
    let first_alone = "mkdir $HERE/taken 2>/dev/null && exec python3 $HERE/puppet; exit 1";
    let program = Program::shell(first_alone);
    fs::write(program.path("puppet"), PUPPET).unwrap();
    let sender = program.senders(3, PATIENCE);
    sender.begin();
    program.until_noted("starts", 10).await;
    assert_eq!(sender.readiness(), Ok(()));
    let mut lost = 0;
    for number in 0..100 {
        lost += usize::from(sender.send(&order(number, "sent")).await.is_err());
    }
    // Those that meet another process in the moment of its start.
    assert!(lost < 10, "{lost} of 100");
    let seen = program.noted("seen");
    let pids: BTreeSet<_> = seen.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(pids.len(), 1);
}
