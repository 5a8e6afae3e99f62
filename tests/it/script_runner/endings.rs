//! How runs end: in time, too late, given up, and with descendants that stay.

use tokio::task::JoinHandle;

use super::*;

/// Takes the message, so that the sender is known to attend it; says its own number and a grandchild's into the pipe, which both hold open, then hangs.
const HANGS: &str = "cat >/dev/null; exec 9>$HERE/pipe; sh -c 'echo $$; exec sleep 1000' >&9 & echo $$ >&9; wait";

#[tokio::test]
async fn at_the_timeout_the_whole_group_is_killed() {
    let script = Script::new(HANGS);
    let mut pipe = script.pipe("pipe");
    let sending = begin(&script, text_message());
    let pids = [pipe.next().await.unwrap(), pipe.next().await.unwrap()];
    let error = timed_out(sending).await;
    assert!(matches!(error, SendError::TimedOut(_)), "{error}");
    assert_eq!(pipe.next().await, None, "nobody holds the pipe open any more");
    for pid in pids {
        until_dead(&pid).await;
    }
}

#[tokio::test]
async fn what_was_said_before_the_timeout_is_kept_and_blotted() {
    let script = Script::new("cat >/dev/null; echo connecting for 12345678; echo said >$HERE/pipe; exec sleep 1000");
    let mut pipe = script.pipe("pipe");
    let sending = begin(&script, text_message());
    assert_eq!(pipe.next().await.as_deref(), Some("said"));
    let error = timed_out(sending).await;
    assert_eq!(error.to_string(), "the transport took too long: connecting for ********");
}

#[tokio::test]
async fn a_script_that_ignores_signals_is_killed_all_the_same() {
    let script = Script::new(
        "trap '' TERM INT HUP; cat >/dev/null; exec 9>$HERE/pipe; echo $$ >&9; while :; do sleep 1000; done",
    );
    let mut pipe = script.pipe("pipe");
    let sending = begin(&script, text_message());
    let pid = pipe.next().await.unwrap();
    let error = timed_out(sending).await;
    assert!(matches!(error, SendError::TimedOut(_)), "{error}");
    assert_eq!(pipe.next().await, None);
    until_dead(&pid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_future_kills_the_group_and_leaves_no_zombie() {
    let script = Script::new(HANGS);
    let mut pipe = script.pipe("pipe");
    let sending = begin(&script, text_message());
    let pids = [pipe.next().await.unwrap(), pipe.next().await.unwrap()];
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    assert_eq!(pipe.next().await, None);
    for pid in pids {
        until_dead(&pid).await;
    }
}

#[test]
fn the_end_of_the_runtime_kills_the_group() {
    let script = Script::new(HANGS);
    let mut pipe = script.pipe("pipe");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sender = script.sender();
    runtime.spawn(async move { sender.send(&text_message()).await });
    runtime.block_on(async { (pipe.next().await.unwrap(), pipe.next().await.unwrap()) });
    drop(runtime);
    let without = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert_eq!(without.block_on(pipe.next()), None);
}

#[tokio::test]
async fn a_background_child_that_holds_the_output_open_is_killed_at_the_end() {
    let script = Script::new("exec 9>$HERE/pipe; sleep 1000 & echo $! >&9; echo done; exit 75");
    let mut pipe = script.pipe("pipe");
    let error = script.send().await.unwrap_err();
    assert_eq!(error.to_string(), "the transport asks to try later: exit status: 75, it said: done");
    let pid = pipe.next().await.unwrap();
    assert_eq!(pipe.next().await, None);
    until_dead(&pid).await;
}

#[tokio::test]
async fn a_descendant_that_left_the_group_does_not_hold_us_up() {
    let script = Script::new(
        "exec 9>$HERE/pipe; setsid sh -c 'echo $$ >&9; exec sleep 1000' & read -r _ <$HERE/go; echo done; exit 75",
    );
    let mut pipe = script.pipe("pipe");
    assert!(std::process::Command::new("mkfifo").arg(script.path("go")).status().unwrap().success());
    let sending = begin(&script, text_message());
    let pid = pipe.next().await.unwrap();
    let go = script.path("go");
    tokio::task::spawn_blocking(|| fs::write(go, "\n")).await.unwrap().unwrap();
    let error = sending.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the transport asks to try later: exit status: 75, it said: done");
    assert!(std::process::Command::new("kill").arg(&pid).status().unwrap().success(), "it lives, as it is not ours");
}

#[tokio::test]
async fn a_script_is_reaped_when_it_has_ended() {
    let script = Script::new("echo $$ >$HERE/pid");
    assert_eq!(script.send().await, Ok(()));
    assert!(is_gone(script.read("pid").trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_scripts_just_written_run_at_once_and_all_are_reaped() {
    let scripts: Vec<Script> = (0..50).map(|_| Script::new("cat >$HERE/message; echo $$ >$HERE/pid")).collect();
    let sendings: Vec<_> = scripts.iter().map(|script| begin(script, text_message())).collect();
    for (script, sending) in scripts.iter().zip(sendings) {
        assert_eq!(sending.await.unwrap(), Ok(()));
        assert_eq!(script.read("message"), "Your TAN is 12345678.\n");
        assert!(is_gone(script.read("pid").trim()));
    }
}

#[tokio::test]
async fn a_script_that_ignores_its_input_is_no_error() {
    assert_eq!(Script::new("exit 0").sender().send(&long_message()).await, Ok(()));
}

#[tokio::test]
async fn a_script_that_closes_its_input_early_is_no_error() {
    let script = Script::new("head -c 10 >$HERE/message; exec 0<&-; echo closed >$HERE/pipe; sed -n 1p <$HERE/go");
    let mut pipe = script.pipe("pipe");
    assert!(std::process::Command::new("mkfifo").arg(script.path("go")).status().unwrap().success());
    let sending = begin(&script, long_message());
    assert_eq!(pipe.next().await.as_deref(), Some("closed"));
    let go = script.path("go");
    tokio::task::spawn_blocking(|| fs::write(go, "\n")).await.unwrap().unwrap();
    assert_eq!(sending.await.unwrap(), Ok(()));
    assert_eq!(script.read("message"), "xxxxxxxxxx");
}

#[tokio::test]
async fn a_long_message_and_a_long_answer_do_not_block_each_other() {
    let script = Script::new("tee $HERE/message");
    assert_eq!(script.sender().send(&long_message()).await, Ok(()));
    assert_eq!(script.read("message").len(), 1 << 20);
}

/// Sends on a task of its own.
fn begin(script: &Script, envelope: Envelope) -> JoinHandle<Result<(), SendError>> {
    let sender = script.sender();
    tokio::spawn(async move { sender.send(&envelope).await })
}

/// Lets the time of the script pass at once: it ran as far as the test needs it to.
async fn timed_out(sending: JoinHandle<Result<(), SendError>>) -> SendError {
    tokio::time::pause();
    tokio::time::advance(PATIENCE).await;
    tokio::time::resume();
    sending.await.unwrap().unwrap_err()
}

fn long_message() -> Envelope {
    envelope(Channel::Sms, "+41791234567", &"x".repeat(1 << 20))
}
