//! What an exit code means, and what reaches the log.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::*;

#[tokio::test]
async fn a_script_that_exits_0_has_handed_the_message_over() {
    let script = Script::new("cat >$HERE/message; echo \"$@\" >$HERE/arguments");
    assert_eq!(script.send().await, Ok(()));
    assert_eq!(script.read("message"), "Your TAN is 12345678.\n");
    assert_eq!(script.read("arguments"), "+41791234567\n");
}

#[tokio::test]
async fn every_exit_code_has_its_meaning() {
    for (code, meaning) in [
        (65, "address_refused"),
        (75, "try_later"),
        (78, "misconfigured"),
        (1, "failed"),
        (2, "failed"),
        (127, "failed"),
        (255, "failed"),
    ] {
        let error = Script::new(&format!("exit {code}")).send().await.unwrap_err();
        assert_eq!(error.name(), meaning, "exit {code}");
        assert!(error.to_string().contains(&format!("exit status: {code}")), "{error}");
    }
}

#[tokio::test]
async fn a_script_ended_by_a_signal_has_failed() {
    let error = Script::new("kill -TERM $$").send().await.unwrap_err();
    assert!(matches!(error, SendError::Failed(_)) && error.to_string().contains("signal: 15"), "{error}");
}

#[tokio::test]
async fn the_log_hears_both_outputs_without_tan_and_address() {
    let script = Script::new("echo sent \"$(cat)\"; echo refused: $1 >&2; exit 1");
    let error = script.send().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the transport failed: exit status: 1, it said: sent Your TAN is ********. refused: +***********"
    );
}

#[tokio::test]
async fn a_tan_written_in_two_pieces_is_blotted() {
    let script = Script::new("printf 1234; printf 5678 >&2; exit 1");
    let error = script.send().await.unwrap_err();
    assert!(error.to_string().ends_with("it said: ********"), "{error}");
    assert!(!format!("{error:?}").contains(TAN));
}

#[tokio::test]
async fn a_script_that_is_missing_or_not_executable_is_misconfigured_and_not_ready() {
    let script = Script::new("exit 0");
    assert_eq!(script.sender().readiness(), Ok(()));
    fs::set_permissions(script.path("script"), Permissions::from_mode(0o644)).unwrap();
    for sender in [
        script.sender(),
        ScriptSender::new(script.path("nowhere"), BTreeMap::new(), PATIENCE),
        ScriptSender::new(script.folder.path(), BTreeMap::new(), PATIENCE),
        ScriptSender::new("", BTreeMap::new(), PATIENCE),
    ] {
        assert!(sender.readiness().is_err());
        let error = sender.send(&text_message()).await.unwrap_err();
        assert!(matches!(error, SendError::Misconfigured(_)), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_program_is_misconfigured() {
    let script = Script::new("");
    for text in ["no interpreter is named here", "#!/nowhere/at/all\n"] {
        script.write("script", text);
        let error = script.send().await.unwrap_err();
        assert!(matches!(error, SendError::Misconfigured(_)), "{error}");
    }
}

#[tokio::test]
async fn a_script_is_not_sought_in_path() {
    let sender = ScriptSender::new("true", BTreeMap::new(), PATIENCE);
    assert!(sender.readiness().is_err());
    assert!(matches!(sender.send(&text_message()).await, Err(SendError::Misconfigured(_))));
}

#[tokio::test]
async fn a_script_that_someone_writes_is_tried_again_and_then_later() {
    let script = Script::new("exit 0");
    let writer = fs::OpenOptions::new().append(true).open(script.path("script")).unwrap();
    assert!(matches!(script.send().await, Err(SendError::TryLater(_))));
    drop(writer);
    assert_eq!(script.send().await, Ok(()));
}
