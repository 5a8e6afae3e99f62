//! What a program gets, and what it must not.

use super::*;

#[tokio::test]
async fn a_program_gets_its_own_environment_and_nothing_of_a_message() {
    let program = Program::puppet();
    let own = BTreeMap::from([("SPOOL_DIR".to_owned(), "spool".to_owned()), ("KEY".to_owned(), "a=b c".to_owned())]);
    let sender = PersistentSender::new(program.path("program"), own, NonZeroU8::MIN, PATIENCE);
    assert_eq!(sender.send(&order(1, "sent")).await, Ok(()));
    let names = ["PATH", "LANG"].map(|name| (name, std::env::var(name)));
    let inherited = names.map(|(name, value)| {
        let otherwise = if name == "PATH" { "/usr/local/bin:/usr/bin:/bin" } else { "C.UTF-8" };
        format!("{name}={}", value.unwrap_or_else(|_| otherwise.to_owned()))
    });
    let own = ["KEY=a=b c", "SPOOL_DIR=spool"].map(str::to_owned);
    let mut expected = [inherited.as_slice(), own.as_slice()].concat();
    expected.sort();
    let mut environment = program.noted("environment");
    // What a launcher of python adds for itself is not ours.
    environment.retain(|line| !line.is_empty() && !line.starts_with("PYENV_") && !line.starts_with("_="));
    for line in &mut environment {
        if line.starts_with("PATH=") {
            line.clone_from(expected.iter().find(|expected| expected.starts_with("PATH=")).unwrap());
        }
    }
    environment.sort();
    assert_eq!(environment, expected);
    let arguments = program.noted("arguments").concat();
    assert!(arguments.trim_end().ends_with("/program"), "no argument: {arguments}");
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
