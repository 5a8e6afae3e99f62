//! What a script gets, and what it must not: environment, arguments, descriptors, memory.

use std::process::{Command, Output};

use tanager::channel::seal_descriptors;

use super::*;

/// The environment as the kernel has it: a shell adds to what its children see.
const DUMP: &str =
    "tr '\\0' '\\n' </proc/$$/environ >$HERE/environment; tr '\\0' '\\n' </proc/$$/cmdline >$HERE/arguments";

#[tokio::test]
async fn a_script_gets_exactly_the_environment_of_its_contract() {
    let script = Script::new(DUMP);
    let own = BTreeMap::from([("SPOOL_DIR".to_owned(), "spool".to_owned()), ("KEY".to_owned(), "a=b c".to_owned())]);
    let sender = ScriptSender::new(script.path("script"), own, PATIENCE);
    assert_eq!(sender.send(&text_message()).await, Ok(()));
    assert_eq!(environment(&script), expected(&["KEY=a=b c", "SPOOL_DIR=spool", "TANAGER_CHANNEL=sms"]));
    assert_eq!(sender.send(&mail()).await, Ok(()));
    let subject = "TANAGER_SUBJECT=Ihr Code für die Überweisung";
    assert_eq!(environment(&script), expected(&["KEY=a=b c", "SPOOL_DIR=spool", "TANAGER_CHANNEL=email", subject]));
}

#[tokio::test]
async fn the_channels_own_environment_cannot_speak_for_the_service() {
    let script = Script::new(DUMP);
    let own = [("TANAGER_CHANNEL", "post"), ("LANG", "de_CH.UTF-8"), ("PATH", "/usr/bin:/bin")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let sender = ScriptSender::new(script.path("script"), own.into(), PATIENCE);
    assert_eq!(sender.send(&text_message()).await, Ok(()));
    let environment = environment(&script);
    for line in ["TANAGER_CHANNEL=sms", "LANG=de_CH.UTF-8", "PATH=/usr/bin:/bin"] {
        assert!(environment.iter().any(|has| has == line), "{line}: {environment:?}");
    }
}

#[tokio::test]
async fn the_tan_is_in_neither_arguments_nor_environment() {
    let script = Script::new(DUMP);
    assert_eq!(script.send().await, Ok(()));
    assert!(!script.read("environment").contains(TAN));
    let arguments = script.read("arguments");
    assert_eq!(arguments.lines().collect::<Vec<_>>()[1..], [script.path("script").to_str().unwrap(), "+41791234567"]);
}

/// Names what a test is to do when it runs in a process of its own.
const ALONE: &str = "TANAGER_TEST_ALONE";

#[tokio::test]
async fn descriptors_that_this_process_inherited_are_not_passed_on_once_sealed() {
    if let Ok(part) = std::env::var(ALONE) {
        if part == "sealed" {
            seal_descriptors().unwrap();
        }
        return print_descriptor_9().await;
    }
    let name = "descriptors_that_this_process_inherited_are_not_passed_on_once_sealed";
    let sealed = alone("exec 9</dev/null; exec \"$0\" \"$@\"", name, "sealed");
    assert!(sealed.contains("[descriptor 9 absent]"), "{sealed}");
    let unsealed = alone("exec 9</dev/null; exec \"$0\" \"$@\"", name, "unsealed");
    assert!(unsealed.contains("[descriptor 9 present]"), "the test can tell: {unsealed}");
}

#[tokio::test]
async fn fifty_megabytes_of_output_are_read_and_dropped() {
    if std::env::var_os(ALONE).is_some() {
        return flood().await;
    }
    let said = alone("exec \"$0\" \"$@\"", "fifty_megabytes_of_output_are_read_and_dropped", "flood");
    let grown: u64 = said.split("[grown by ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(grown < 8 * 1024, "the memory grew by {grown} KiB");
}

/// Runs one of these tests in a process of its own, started through `shell`, where it does `part`; says what it printed.
fn alone(shell: &str, test: &str, part: &str) -> String {
    let Output { status, stdout, stderr } = Command::new("sh")
        .args(["-c", shell])
        .arg(std::env::current_exe().unwrap())
        .args(["--nocapture", "--exact"])
        .arg(format!("{}::{test}", module_path!().split_once("::").unwrap().1))
        .env(ALONE, part)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert!(status.success() && said.contains("1 passed"), "{said}");
    said
}

async fn print_descriptor_9() {
    let script = Script::new("test -e /proc/$$/fd/9 && echo present >$HERE/fd || echo absent >$HERE/fd");
    assert_eq!(script.send().await, Ok(()));
    println!("[descriptor 9 {}]", script.read("fd").trim());
}

async fn flood() {
    assert!(matches!(Script::new("exit 1").send().await, Err(SendError::Failed(_))));
    let before = most_memory();
    let error = Script::new("head -c 52428800 /dev/zero | tr '\\0' '1234567 '; exit 3").send().await.unwrap_err();
    assert!(error.to_string().len() < 4200 && error.to_string().contains("exit status: 3"));
    println!("[grown by {} KiB]", most_memory() - before);
}

/// The most memory that this process ever had resident, in KiB.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

fn environment(script: &Script) -> Vec<String> {
    let mut lines: Vec<String> = script.read("environment").lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// These lines and those that every script gets.
fn expected(lines: &[&str]) -> Vec<String> {
    let always = ["TANAGER_ACCOUNT=alice", "TANAGER_KIND=tan", "TANAGER_LANGUAGE=de-CH"].map(str::to_owned);
    let transmission = "TANAGER_TRANSMISSION=01980000-0000-7000-8000-000000000001".to_owned();
    let inherited = [
        format!("PATH={}", std::env::var("PATH").unwrap()),
        format!("LANG={}", std::env::var("LANG").unwrap_or_else(|_| "C.UTF-8".to_owned())),
    ];
    let mut all: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    all.extend(always.into_iter().chain([transmission]).chain(inherited));
    all.sort();
    all
}
