//! `tanager demo` by the real program: everything starts, works, and is gone afterwards, whatever ended it.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::app::{Answer, Client, eventually, tan_in};

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
        command.args(["demo", "--listen", "127.0.0.1:0", "--gateway-listen", "127.0.0.1:0"]);
        command.args(arguments).env("TMPDIR", temporary).kill_on_drop(true);
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

    /// The service's own API, with the token that stands behind a label.
    fn client(&self, label: &str) -> Client {
        Client::new(self.told("Tanager's API"), self.told(label))
    }

    /// A customer's log-in at the bank, through the gateway.
    async fn log_in(&self, username: &str) -> Answer {
        let bank = Client::new(self.told("Bank (through the gateway)"), "");
        let request = bank.request(Method::POST, &format!("/accounts/{username}/token"));
        let request = request.basic_auth(username, Some(self.password_of(username)));
        bank.answer(request.body(json!({"scope": "readwrite"}).to_string())).await
    }

    /// The customer at the gateway, logged in.
    async fn customer(&self, username: &str) -> Client {
        let answer = self.log_in(username).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Client::new(self.told("Bank (through the gateway)"), answer.text("access_token"))
    }

    fn password_of(&self, username: &str) -> &str {
        self.told(&format!("{username} ")).split_whitespace().next().unwrap()
    }

    /// The last message to a telephone.
    fn message(&self, phone: &str) -> String {
        fs::read_to_string(Path::new(self.told("Messages")).join(format!("sms-{phone}.txt"))).unwrap()
    }

    /// Confirms a challenge with the TAN that came to the telephone.
    async fn confirm(&self, customer: &Client, phone: &str, challenge: &str) -> Answer {
        let path = format!("/accounts/alice/tan/challenge/{challenge}/confirm");
        customer.post(&path, json!({"tan": tan_in(&self.message(phone))})).await
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

async fn balance(customer: &Client, username: &str) -> String {
    let account = customer.get(&format!("/accounts/{username}")).await;
    account.body["balance"]["amount"].as_str().unwrap_or_else(|| panic!("no balance in {account:?}")).to_owned()
}

const PHONE: &str = "+41791234567";

#[tokio::test(flavor = "multi_thread")]
async fn money_moves_once_through_the_demos_gateway_and_ctrl_c_leaves_nothing() {
    let temporary = directory();
    let mut demo = Demo::start(temporary.path(), &[]).await;
    assert!(!running_in(temporary.path()).is_empty(), "its PostgreSQL is in its own directory");
    let (alice, bob) = (demo.customer("alice").await, demo.customer("bob").await);
    let enrolment = alice.post("/accounts/alice/tan/sms", json!({"address": PHONE})).await;
    assert_eq!(enrolment.status, 202, "{enrolment:?}");
    let enrolled = demo.confirm(&alice, PHONE, enrolment.body["challenge"]["challenge_id"].as_str().unwrap()).await;
    assert_eq!(enrolled.status, 200, "{enrolled:?}");

    let transfer = json!({"payto_uri": "payto://iban/DE43999900000000001002?message=rent", "amount": "EUR:120.00"});
    let refused = alice.post("/accounts/alice/transactions", transfer.clone()).await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "bound"));
    let ticket = json!({"operation": refused.text("operation")});
    let challenge = alice.post("/accounts/alice/tan/challenge/sms", ticket).await;
    // Amount and payee are whole; what else the URI says has no room in one SMS.
    let shown = "It approves: Transfer EUR:120.00 to DE43999900000000001002. Valid";
    assert!(demo.message(PHONE).contains(shown), "{}", demo.message(PHONE));
    let solved = demo.confirm(&alice, PHONE, challenge.text("challenge_id")).await;
    let token = [("tan-token", solved.text("tan_token"))];
    let pay =
        async || alice.send(Method::POST, "/accounts/alice/transactions", &token, Some(transfer.to_string())).await;
    assert_eq!(balance(&alice, "alice").await, "EUR:1000.00");
    assert_eq!(pay().await.status, 200);
    assert_eq!(pay().await.error(), (403, 10003));
    assert_eq!(
        (balance(&alice, "alice").await, balance(&bob, "bob").await),
        ("EUR:880.00".into(), "EUR:620.00".into())
    );

    demo.interrupt().await;

    assert_eq!(running_in(temporary.path()), Vec::<String>::new());
    assert_eq!(names_in(temporary.path()), Vec::<std::ffi::OsString>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_demo_prints_is_there() {
    let temporary = directory();
    let mut demo = Demo::start(temporary.path(), &[]).await;
    let nobody = |label: &str| Client::new(demo.told(label), "");
    assert_eq!(nobody("API to browse").get("").await.status, 200);
    assert_eq!(nobody("Tanager's API").get("/config").await.text("name"), "tanager");
    assert_eq!(nobody("Bank (through the gateway)").get("/tanager/config").await.text("name"), "tanager");
    for bank in ["Bank (through the gateway)", "Bank core, unprotected"] {
        assert_eq!(nobody(bank).get("/config").await.text("name"), "tanager-demo-bank", "{bank}");
    }
    for username in ["alice", "bob", "acme", "bank"] {
        assert_eq!(demo.log_in(username).await.status, 200, "{username}");
    }
    let service = demo.client("Service token");
    assert_eq!(service.post("/accounts/alice/tan/challenge/sms", json!({})).await.error(), (403, 44));
    demo.interrupt().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_enrolled_nobody_logs_in_at_the_demo_with_a_password_alone() {
    let temporary = directory();
    let mut demo = Demo::start(temporary.path(), &[]).await;
    let account = json!({"username": "alice", "contact_data": {"phone": PHONE}, "tan_channels": ["sms"]});
    assert_eq!(demo.client("Admin token").post("/accounts", account).await.status, 201);

    let withheld = demo.log_in("alice").await;

    assert_eq!(withheld.status, 202, "{withheld:?}");
    assert_eq!(withheld.body["challenges"][0]["tan_channel"], "sms");
    assert!(!withheld.raw.contains("access_token"));
    demo.interrupt().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_directory_the_demo_finds_its_accounts_again() {
    let (temporary, kept) = (directory(), directory());
    let home = kept.path().join("home");
    let arguments = ["--directory", home.to_str().unwrap()];
    let mut demo = Demo::start(temporary.path(), &arguments).await;
    let account = json!({"username": "alice", "contact_data": {"phone": PHONE}, "tan_channels": ["sms"]});
    assert_eq!(demo.client("Admin token").post("/accounts", account).await.status, 201);
    let before = demo.client("Admin token");
    demo.interrupt().await;

    let mut again = Demo::start(temporary.path(), &arguments).await;

    let alice = again.client("Admin token").get("/accounts/alice").await;
    assert_eq!(alice.body["contact_data"]["phone"], PHONE, "what was sealed can be opened: {alice:?}");
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
