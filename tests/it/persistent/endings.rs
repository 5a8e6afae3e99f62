//! How processes end: by themselves, by others, because they hang, and with the service.

use std::time::Instant;

use futures_util::future::join_all;

use super::*;

#[tokio::test]
async fn what_was_written_to_a_process_that_ends_has_failed_and_the_next_message_works() {
    let deep = "[".repeat(300);
    let cases = [
        ("exit 0", "it ended (exit status: 0)"),
        ("exit 3", "it ended (exit status: 3)"),
        ("hang_up", "it closed its output (signal: 9 (SIGKILL))"),
        ("write {\"transmission\": \"12345678\"", "it wrote what is no answer (signal: 9 (SIGKILL))"),
        ("write []", "it wrote what is no answer (signal: 9 (SIGKILL))"),
        ("write {\"outcome\": \"sent\"}", "it wrote what is no answer (signal: 9 (SIGKILL))"),
        (&format!("write {deep}"), "it wrote what is no answer (signal: 9 (SIGKILL))"),
        ("endless", "it wrote a line that is too long (signal: 9 (SIGKILL))"),
    ];
    for (told, why) in cases {
        let program = Program::puppet();
        let sender = program.sender(PATIENCE);
        assert_eq!(sender.send(&order(1, "sent")).await, Ok(()), "{told}");
        let kept = begin(&sender, order(2, "keep"));
        program.until_noted("seen", 2).await;
        let error = sender.send(&order(3, told)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("the transport failed: {why}"), "{told}");
        assert!(matches!(kept.await.unwrap(), Err(SendError::Failed(_))), "{told}");
        assert_eq!(sender.send(&order(4, "sent")).await, Ok(()), "{told}");
        assert_eq!((program.starts(), sender.in_flight()), (2, 0), "{told}");
    }
}

#[tokio::test]
async fn an_answer_before_the_end_counts() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    for number in 0..10 {
        // A message that finds the process ending is lost or not taken: that is said, and the next one works.
        match sender.send(&order(2 * number, "sent_and_exit")).await {
            Ok(()) => {}
            Err(error) => assert!(matches!(error, SendError::Failed(_) | SendError::TryLater(_)), "{error}"),
        }
    }
    let told = program.noted("seen").len();
    assert!((1..=10).contains(&told) && program.starts() >= told, "each start answers one message");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_that_are_in_flight_when_it_is_killed_each_get_an_outcome() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    let kept: Vec<_> = (0..50).map(|number| begin(&sender, order(number, "keep"))).collect();
    program.until_noted("seen", 50).await;
    assert_eq!(sender.in_flight(), 50);
    let before = Instant::now();
    kill(&program.pid());
    for sent in join_all(kept).await {
        let error = sent.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the transport failed: it ended (signal: 9 (SIGKILL))");
    }
    assert_eq!(sender.send(&order(51, "sent")).await, Ok(()));
    assert!(before.elapsed() < PATIENCE / 2, "nobody waited for a timeout");
    assert_eq!((program.starts(), sender.in_flight()), (2, 0));
    assert_eq!(program.noted("seen").len(), 51, "nothing was written twice");
}

#[tokio::test]
async fn a_lost_answer_is_waited_for_until_the_timeout_and_is_the_business_of_nobody_else() {
    let program = Program::puppet();
    let sender = program.sender(SHORT);
    let seen = up(&program, &sender).await;
    let lost = begin(&sender, order(2, "keep"));
    program.until_noted("seen", seen + 1).await;
    for number in 3.. {
        assert_eq!(sender.send(&order(number, "sent")).await, Ok(()));
        if lost.is_finished() {
            break;
        }
    }
    assert!(matches!(lost.await.unwrap(), Err(SendError::TimedOut(_))));
    assert_eq!(sender.send(&order(1000, "release")).await, Ok(()), "an answer that comes too late is ignored");
    assert_eq!(sender.send(&order(1001, "sent")).await, Ok(()));
    assert_eq!((program.starts(), sender.in_flight()), (1, 0));
}

#[tokio::test]
async fn a_process_that_answers_nothing_in_time_is_killed_with_its_group() {
    let program = Program::puppet();
    let sender = program.sender(SHORT);
    up(&program, &sender).await;
    let before = Instant::now();
    let error = sender.send(&order(2, "fork")).await.unwrap_err();
    assert!(matches!(error, SendError::TimedOut(_)), "{error}");
    assert!(before.elapsed() >= SHORT);
    for pid in [&program.noted("starts")[0], &program.noted("children")[0]] {
        until_dead(pid).await;
    }
    program.until_noted("starts", 2).await;
    up(&program, &sender).await;
    assert_eq!(program.starts(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_read_holds_up_nobody_beyond_his_time() {
    let program = Program::shell("exec sleep 1000");
    let sender = program.sender(SHORT);
    sender.begin();
    program.until_noted("starts", 1).await;
    let (before, long) = (Instant::now(), format!("sent {}", "x".repeat(3000)));
    let sending: Vec<_> = (0..200).map(|number| begin(&sender, order(number, &long))).collect();
    let mut kinds = BTreeMap::<_, usize>::new();
    for sent in join_all(sending).await {
        *kinds.entry(sent.unwrap().unwrap_err().name()).or_default() += 1;
    }
    assert!(before.elapsed() < SHORT + Duration::from_secs(5), "{:?}", before.elapsed());
    assert_eq!(kinds.values().sum::<usize>(), 200, "{kinds:?}");
    // What the pipe took may have been read; what it did not take was not sent for sure.
    assert!(kinds.contains_key("try_later"), "{kinds:?}");
    assert!(kinds.contains_key("timed_out") || kinds.contains_key("failed"), "{kinds:?}");
    assert_eq!(sender.in_flight(), 0);
    // It had the time to start, and hangs.
    let first = program.noted("starts").remove(0);
    eventually("it is killed", async || {
        let error = sender.send(&order(1000, &long)).await.unwrap_err();
        assert!(!matches!(error, SendError::AddressRefused(_)), "{error}");
        is_dead(&first)
    })
    .await;
}

#[tokio::test]
async fn a_program_that_closes_its_input_is_started_again() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    assert_eq!(sender.send(&order(1, "sent")).await, Ok(()));
    let deaf = begin(&sender, order(2, "deaf"));
    program.until_noted("seen", 2).await;
    let descriptor = format!("/proc/{}/fd/0", program.pid());
    eventually("it closes its input", async || !Path::new(&descriptor).exists()).await;
    let error = sender.send(&order(3, "sent")).await.unwrap_err();
    let why = "it closed its input (signal: 9 (SIGKILL))";
    assert_eq!(error.to_string(), format!("the transport asks to try later: {why}"), "it was not written");
    assert_eq!(deaf.await.unwrap().unwrap_err().to_string(), format!("the transport failed: {why}"), "it was");
    assert_eq!(sender.send(&order(4, "sent")).await, Ok(()));
}

#[tokio::test]
async fn a_flood_on_both_outputs_is_read_and_dropped() {
    let program = Program::puppet();
    assert_eq!(program.sender(PATIENCE).send(&order(1, "flood")).await, Ok(()));
    assert_eq!(program.starts(), 1);
}

#[tokio::test]
async fn at_the_end_it_is_told_no_more_and_ends_by_itself() {
    let program = Program::puppet();
    let sender = program.senders(2, PATIENCE);
    sender.begin();
    program.until_noted("starts", 2).await;
    assert_eq!(sender.send(&order(1, "sent")).await, Ok(()));
    sender.end().await;
    assert_eq!(program.noted("ends").len(), 2);
    assert!(program.noted("starts").iter().all(|pid| is_dead(pid)));
    let error = sender.send(&order(2, "sent")).await.unwrap_err();
    assert_eq!(error.to_string(), "the transport asks to try later: the service is ending");
}

#[tokio::test]
async fn at_the_end_one_that_goes_on_is_killed_with_its_group() {
    let program =
        Program::shell("trap '' TERM INT HUP; sleep 1000 & echo $! >>$HERE/starts; while :; do sleep 1000; done");
    let sender = program.sender(PATIENCE);
    sender.begin();
    program.until_noted("starts", 2).await;
    let before = Instant::now();
    sender.end().await;
    assert!(before.elapsed() < Duration::from_secs(10));
    for pid in program.noted("starts") {
        until_dead(&pid).await;
    }
}

#[tokio::test]
async fn the_end_does_not_wait_for_one_that_was_never_started() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    sender.end().await;
    assert!(matches!(sender.send(&order(1, "sent")).await, Err(SendError::TryLater(_))));
    assert_eq!(program.starts(), 0);
}

#[tokio::test]
async fn dropping_the_sender_ends_its_processes() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    assert_eq!(sender.send(&order(1, "sent")).await, Ok(()));
    drop(sender);
    program.until_noted("ends", 1).await;
    until_dead(&program.pid()).await;
}

#[test]
fn the_end_of_the_runtime_kills_the_group() {
    let program = Program::puppet();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sender = runtime.block_on(async {
        let sender = program.sender(PATIENCE);
        begin(&sender, order(1, "fork"));
        program.until_noted("children", 1).await;
        sender
    });
    drop(runtime);
    drop(sender);
    let without = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    without.block_on(until_dead(&program.noted("children")[0]));
}
