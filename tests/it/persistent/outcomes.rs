//! What a program is told, and what its answers mean.

use serde_json::{Value, json};

use super::*;

/// The last message that a puppet saw.
fn last_seen(program: &Program) -> Value {
    serde_json::from_str(program.noted("seen").pop().unwrap().split_once(' ').unwrap().1).unwrap()
}

#[tokio::test]
async fn each_outcome_of_the_contract_is_what_it_says() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    let cases = [
        ("address_refused", "the transport refuses the address"),
        ("try_later", "the transport asks to try later"),
        ("misconfigured", "the transport is misconfigured"),
        ("failed", "the transport failed"),
        ("timed_out", "the transport failed: it said an outcome that the contract does not know"),
    ];
    for (number, (outcome, meaning)) in cases.into_iter().enumerate() {
        let error = sender.send(&order(number as u128, outcome)).await.unwrap_err();
        assert_eq!(error.to_string(), meaning, "{outcome}");
    }
    assert_eq!(sender.send(&order(9, "sent")).await, Ok(()));
    assert_eq!((program.starts(), sender.in_flight()), (1, 0));
}

#[tokio::test]
async fn a_reason_shows_neither_the_tan_nor_the_address() {
    let sender = Program::puppet();
    let sender = sender.sender(PATIENCE);
    let said = "failed no route to +41791234567 or bob@example.org for 12345678,\n1234-5678";
    let error = sender.send(&order(1, said)).await.unwrap_err();
    let shown = "the transport failed: no route to +*********** or *************** for ********, *********".to_owned();
    assert_eq!(error.to_string(), shown);
}

#[tokio::test]
async fn a_program_is_told_the_message_and_what_belongs_to_it() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    assert_eq!(sender.send(&order(1, "sent")).await, Ok(()));
    assert_eq!(
        last_seen(&program),
        json!({
            "transmission": "01980000-0000-7000-8000-000000000001", "channel": "sms", "kind": "tan", "account": "alice",
            "language": "de-CH", "address": "+41791234567", "message": "sent",
        })
    );
    let mut mail = envelope(2, Channel::Email, "alice@example.com", "sent");
    mail.kind = MessageKind::Notice;
    mail.html = Some(MessageBody::new("<p>\u{2028}\"sent\"\r\n</p>".to_owned()));
    assert_eq!(sender.send(&mail).await, Ok(()));
    assert_eq!(
        last_seen(&program),
        json!({
            "transmission": "01980000-0000-7000-8000-000000000002", "channel": "email", "kind": "notice",
            "account": "alice", "language": "de-CH", "address": "alice@example.com", "message": "sent",
            "subject": "Ihr Code für die Überweisung", "html": "<p>\u{2028}\"sent\"\r\n</p>",
        })
    );
}

#[tokio::test]
async fn a_long_message_passes_whole() {
    let program = Program::puppet();
    let long = format!("slow {}", "ü\n".repeat(200_000));
    assert_eq!(program.sender(PATIENCE).send(&order(1, &long)).await.map_err(|error| error.name()), Ok(()));
    assert_eq!(last_seen(&program)["message"], long);
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let program = Program::puppet();
    assert_eq!(program.sender(PATIENCE).send(&order(1, "slow")).await, Ok(()));
}

#[tokio::test]
async fn the_first_message_waits_for_a_program_that_is_slow_to_start() {
    let program = Program::of(&PUPPET.replace("note(\"starts\"", "time.sleep(0.5)\nnote(\"starts\""));
    let sender = program.sender(PATIENCE);
    sender.begin();
    assert_eq!(sender.send(&order(1, "sent")).await, Ok(()));
    assert_eq!(program.starts(), 1);
}

#[tokio::test]
async fn a_program_that_cannot_be_run_is_misconfigured() {
    let program = Program::puppet();
    let sender = |path: PathBuf| PersistentSender::new(path, BTreeMap::new(), NonZeroU8::MIN, PATIENCE);
    for nothing in [sender(program.path("nowhere")), sender(program.folder.path().to_owned()), sender("".into())] {
        assert!(nothing.readiness().is_err());
        let error = nothing.send(&order(1, "sent")).await.unwrap_err();
        assert!(matches!(error, SendError::Misconfigured(_)), "{error}");
    }
    let sender = program.sender(PATIENCE);
    assert_eq!(sender.readiness(), Ok(()));
    fs::set_permissions(program.path("program"), Permissions::from_mode(0o644)).unwrap();
    let trouble = sender.readiness().unwrap_err();
    assert!(trouble.contains("is not executable"), "{trouble}");
}
