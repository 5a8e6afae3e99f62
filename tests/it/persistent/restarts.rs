//! How often a program is started that does not stay, and what messages are told meanwhile.

use std::time::Instant;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_dies_at_once_is_started_with_growing_pauses() {
    let program = Program::shell("exit 1");
    let sender = program.sender(PATIENCE);
    let before = Instant::now();
    sender.begin();
    program.until_noted("starts", 5).await;
    // At once, then after 100, 200 and 400 ms.
    assert!(before.elapsed() >= Duration::from_millis(700), "{:?}", before.elapsed());
    let starts = program.starts();
    let before = Instant::now();
    let (mut asked, mut met) = (0_u128, 0);
    // No start falls into the next pause of 800 ms: until one comes, everybody is told at once.
    while before.elapsed() < Duration::from_millis(300) && program.starts() == starts {
        asked += 1;
        match sender.send(&order(asked, "sent")).await.unwrap_err() {
            SendError::TryLater(_) => {}
            // It was noted and had not ended yet.
            error => met += i32::from(matches!(error, SendError::Failed(_))),
        }
    }
    assert!(met <= 1, "{met} messages met a process");
    assert!(asked > 10, "{asked} were told in {:?}", before.elapsed());
    assert!(program.starts() <= starts + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_ends_again_and_again_is_not_ready_until_it_stays() {
    let program = Program::shell("exit 1");
    let sender = program.sender(PATIENCE);
    sender.begin();
    assert_eq!(sender.readiness(), Ok(()), "nothing is known of it yet");
    eventually("it is not ready", async || sender.readiness().is_err()).await;
    let said = sender.readiness().unwrap_err();
    assert_eq!(said, format!("The script {} ends again and again.", program.path("program").display()));
    let starts = program.starts();
    assert!(starts <= 7, "{starts} starts");
    program.write(PUPPET);
    eventually("it is ready again", async || sender.readiness().is_ok()).await;
    assert_eq!(sender.send(&order(1, "sent")).await, Ok(()));
}

#[tokio::test]
async fn one_that_says_that_it_is_misconfigured_is() {
    let program = Program::shell("exit 78");
    let sender = program.sender(PATIENCE);
    let error = sender.send(&order(1, "sent")).await.unwrap_err();
    // The message may have been written before the end: then its fate is not known.
    assert!(matches!(error, SendError::Misconfigured(_) | SendError::Failed(_)), "{error}");
    program.until_noted("starts", 2).await;
    eventually("messages are told so", async || {
        matches!(sender.send(&order(2, "sent")).await, Err(SendError::Misconfigured(_)))
    })
    .await;
}

#[tokio::test]
async fn an_answer_ends_the_pauses() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    let before = Instant::now();
    for number in 0..8 {
        assert_eq!(sender.send(&order(2 * number, "sent")).await, Ok(()), "it is started again at once");
        assert!(matches!(sender.send(&order(2 * number + 1, "exit 1")).await, Err(SendError::Failed(_))));
    }
    assert_eq!(sender.send(&order(100, "sent")).await, Ok(()));
    assert_eq!(program.starts(), 9);
    assert!(before.elapsed() < Duration::from_secs(12), "pauses would add up to 12.7 s: {:?}", before.elapsed());
}
