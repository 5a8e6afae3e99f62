//! What a program gets, and what it must not.

use super::*;

/// The environment as the kernel has it, as a shell adds to what its children see; then it answers what it is told.
const DUMP: &str = r#"
tr '\0' '\n' </proc/$$/environ >$HERE/environment
tr '\0' ' ' </proc/$$/cmdline >$HERE/arguments
while read -r line; do
    rest=${line#*'"transmission":"'}
    printf '{"transmission":"%s","outcome":"sent"}\n' "${rest%%'"'*}"
    tr '\0' '\n' </proc/$$/environ >>$HERE/environment
done"#;

#[tokio::test]
async fn a_program_gets_its_own_environment_and_nothing_of_a_message() {
    let program = Program::shell(DUMP);
    let own = BTreeMap::from([("SPOOL_DIR".to_owned(), "spool".to_owned()), ("KEY".to_owned(), "a=b c".to_owned())]);
    let sender = PersistentSender::new(program.path("program"), own, NonZeroU8::MIN, PATIENCE);
    let message = envelope(1, Channel::Sms, "+41791234567", "Your TAN is 12345678.");
    assert_eq!(sender.send(&message).await, Ok(()));
    program.until_noted("environment", 8).await;
    let inherited = [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("LANG", "C.UTF-8")]
        .map(|(name, otherwise)| format!("{name}={}", std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())));
    let own = ["KEY=a=b c", "SPOOL_DIR=spool"].map(str::to_owned);
    let mut expected = [inherited.clone(), own.clone(), inherited, own].concat();
    expected.sort();
    let mut environment = program.noted("environment");
    environment.sort();
    assert_eq!(environment, expected, "before the message and after it");
    assert_eq!(program.noted("arguments"), [format!("/bin/sh {} ", program.path("program").display())]);
}

#[tokio::test]
async fn a_program_runs_in_a_group_of_its_own() {
    let program = Program::puppet();
    let sender = program.sender(PATIENCE);
    assert_eq!(sender.send(&order(1, "sent")).await, Ok(()));
    let stat = fs::read_to_string(format!("/proc/{}/stat", program.pid())).unwrap();
    let group = stat.rsplit(") ").next().unwrap().split(' ').nth(2).unwrap().to_owned();
    assert_eq!(group, program.pid());
}
