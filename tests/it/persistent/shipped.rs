//! The persistent script that comes with the service.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use super::*;

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/tan-lines.py")
}

fn shipped(spool: &Path) -> PersistentSender {
    let own = BTreeMap::from([("SPOOL_DIR".to_owned(), spool.to_str().unwrap().to_owned())]);
    PersistentSender::new(script(), own, NonZeroU8::MIN, PATIENCE)
}

#[tokio::test]
async fn tan_lines_replaces_the_message_of_an_address_in_one_step() {
    let here = TempDir::new().unwrap();
    let spool = here.path().join("a/spool");
    let sender = shipped(&spool);
    assert_eq!(sender.readiness(), Ok(()));
    for (number, text) in [(1, "first 12345678"), (2, "second\nZürich 12345678")] {
        assert_eq!(sender.send(&envelope(number, Channel::Sms, "+41791234567", text)).await, Ok(()));
    }
    let slashed = envelope(3, Channel::Email, "a/b/c@example.com", "third");
    assert_eq!(sender.send(&slashed).await, Ok(()));
    let mut names: Vec<_> = fs::read_dir(&spool).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["email-a%2Fb%2Fc@example.com.txt", "sms-+41791234567.txt"]);
    let kept = spool.join("sms-+41791234567.txt");
    assert_eq!(fs::read_to_string(&kept).unwrap(), "second\nZürich 12345678");
    assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(spool.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn tan_lines_says_what_is_wrong_with_its_directory() {
    let here = TempDir::new().unwrap();
    let spool = here.path().join("spool");
    let sender = shipped(&spool);
    assert_eq!(sender.send(&order(1, "first")).await, Ok(()));
    fs::remove_dir_all(&spool).unwrap();
    let error = sender.send(&order(2, "second")).await.unwrap_err();
    assert_eq!(error.to_string(), "the transport is misconfigured: No such file or directory");
    fs::create_dir(&spool).unwrap();
    assert_eq!(sender.send(&order(3, "third")).await, Ok(()), "it goes on");
}

/// Runs it by hand.
fn by_hand(arguments: &[&str], spool: Option<&Path>, input: &str) -> Output {
    let mut command = Command::new(script());
    command.args(arguments).env_remove("SPOOL_DIR").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(spool.map(|spool| ("SPOOL_DIR", spool)));
    let mut child = command.spawn().unwrap();
    // One that ends without reading is what some of the tests are about.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn tan_lines_ends_as_its_help_says() {
    let here = TempDir::new().unwrap();
    let help = by_hand(&["-h"], None, "");
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("Usage: tan-lines.py"));
    let code = |output: Output| output.status.code();
    assert_eq!(code(by_hand(&[], Some(here.path()), "")), Some(0));
    for line in
        ["12345678\n", "{\"transmission\": 1\n", "[]\n", "{}\n", "{\"transmission\":\"x\",\"channel\":\"sms\"}\n"]
    {
        let output = by_hand(&[], Some(here.path()), line);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("12345678"), "it repeats no message");
        assert_eq!(code(output), Some(65), "{line}");
    }
    assert_eq!(code(by_hand(&[], None, "")), Some(78));
    assert_eq!(code(by_hand(&["x"], Some(here.path()), "")), Some(78));
    assert_eq!(code(by_hand(&[], Some(Path::new("/dev/null/spool")), "")), Some(78));
}
