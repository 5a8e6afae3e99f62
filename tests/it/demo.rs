//! `tanager demo` by the real program: everything starts, works, and is gone afterwards, whatever ended it.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::app::{Client, eventually, tan_in};

const PATIENCE: Duration = Duration::from_mins(1);
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// A running demo in a process group of its own, as a shell starts it; what it printed.
struct Demo {
    child: Child,
    block: String,
}

/// A directory that PostgreSQL's user may enter, too.
fn directory() -> TempDir {
    tempfile::Builder::new().prefix("demo").permissions(Permissions::from_mode(0o755)).tempdir().unwrap()
}

impl Demo {
    async fn start(temporary: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanager"));
        command.args(["demo", "--listen", "127.0.0.1:0"]).args(arguments).env("TMPDIR", temporary).kill_on_drop(true);
        command.as_std_mut().process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut block = String::new();
        let reading = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                block.push_str(&(line.clone() + "\n"));
                if line.contains("Ctrl-C stops everything") {
                    return;
                }
            }
            panic!("it ended: {block}");
        };
        timeout(PATIENCE, reading).await.expect("it prints what a reader needs");
        Self { child, block }
    }

    /// What stands behind a label of the block.
    fn told(&self, label: &str) -> &str {
        let line = self.block.lines().find_map(|line| line.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in {}", self.block)).trim()
    }

    fn client(&self, label: &str) -> Client {
        Client::new(self.told("URL"), self.told(label))
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap()).unwrap()
    }

    async fn ended(&mut self) -> ExitStatus {
        timeout(GONE_WITHIN, self.child.wait()).await.expect("it does not end").unwrap()
    }

    /// Ctrl-C in a terminal: the signal goes to the whole process group.
    async fn interrupt(&mut self) {
        let before = Instant::now();
        kill_process_group(self.pid(), Signal::INT).unwrap();
        assert_eq!(self.ended().await.code(), Some(0));
        assert!(before.elapsed() < GONE_WITHIN, "{:?}", before.elapsed());
    }
}

/// Processes whose command line names the directory, but for those that have ended and only wait to be reaped.
fn running_in(directory: &Path) -> Vec<String> {
    let directory = directory.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let command = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&command).replace('\0', " "))
    });
    processes.filter(|command| command.contains(directory)).collect()
}

fn names_in(directory: &Path) -> Vec<std::ffi::OsString> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_works_and_ctrl_c_leaves_nothing_of_it() {
    let temporary = directory();
    let mut demo = Demo::start(temporary.path(), &[]).await;
    assert!(!running_in(temporary.path()).is_empty(), "its PostgreSQL is in its own directory");
    let (admin, core) = (demo.client("Admin token"), demo.client("Service token"));
    let account = json!({"username": "alice", "contact_data": {"phone": "+41791234567"}, "tan_channels": ["sms"]});
    assert_eq!(admin.post("/accounts", account).await.status, 201);
    let log_in = core.post("/accounts/alice/token", json!({"scope": "readwrite"})).await;
    let alice = admin.with_token(log_in.text("access_token"));

    let asked = alice.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let message = fs::read_to_string(Path::new(demo.told("Messages")).join("sms-+41791234567.txt")).unwrap();
    let confirm = format!("/accounts/alice/tan/challenge/{}/confirm", asked.text("challenge_id"));
    let solved = alice.post(&confirm, json!({"tan": tan_in(&message)})).await;
    assert_eq!((solved.status.as_u16(), &solved.body["bound"]), (200, &json!(false)));
    assert_eq!(admin.with_token("").get("/docs").await.status, 200);

    demo.interrupt().await;

    assert_eq!(running_in(temporary.path()), Vec::<String>::new());
    assert_eq!(names_in(temporary.path()), Vec::<std::ffi::OsString>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_directory_the_demo_finds_its_accounts_again() {
    let (temporary, kept) = (directory(), directory());
    let home = kept.path().join("home");
    let arguments = ["--directory", home.to_str().unwrap()];
    let mut demo = Demo::start(temporary.path(), &arguments).await;
    let account = json!({"username": "alice", "contact_data": {"phone": "+41791234567"}, "tan_channels": ["sms"]});
    assert_eq!(demo.client("Admin token").post("/accounts", account).await.status, 201);
    let before = demo.client("Admin token");
    demo.interrupt().await;

    let mut again = Demo::start(temporary.path(), &arguments).await;

    let alice = again.client("Admin token").get("/accounts/alice").await;
    assert_eq!(alice.body["contact_data"]["phone"], "+41791234567", "what was sealed can be opened: {alice:?}");
    let earlier = again.client("Admin token").with_token(&before.token).get("/accounts").await;
    assert_eq!(earlier.status, 200, "the first start's token is kept, too");
    again.interrupt().await;
    assert_eq!(running_in(&home), Vec::<String>::new());
    assert_eq!(names_in(temporary.path()), Vec::<std::ffi::OsString>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_terminated_ends_as_well_as_by_ctrl_c() {
    let temporary = directory();
    let mut demo = Demo::start(temporary.path(), &[]).await;
    kill_process(demo.pid(), Signal::TERM).unwrap();
    assert_eq!(demo.ended().await.code(), Some(0));
    assert_eq!(running_in(temporary.path()), Vec::<String>::new());
    assert_eq!(names_in(temporary.path()), Vec::<std::ffi::OsString>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_killed_leaves_no_postgres() {
    let (temporary, kept) = (directory(), directory());
    let home = kept.path().join("home");
    let arguments = ["--directory", home.to_str().unwrap()];
    for arguments in [[].as_slice(), &arguments] {
        let mut demo = Demo::start(temporary.path(), arguments).await;
        demo.child.kill().await.unwrap();
        let gone = async || running_in(temporary.path()).is_empty() && running_in(&home).is_empty();
        eventually("its PostgreSQL is gone", gone).await;
    }
    let mut again = Demo::start(temporary.path(), &arguments).await;
    assert_eq!(again.client("Admin token").get("/accounts").await.status, 200, "what was killed can be started again");
    again.interrupt().await;
}
