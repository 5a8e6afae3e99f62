//! The program as an operator has it: a directory with a configuration and keys, and processes of the real binary.

use std::{
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tanager::{
    app::{Overrides, parts},
    domain::caller::Scope,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, Command},
    sync::oneshot,
    time::{Instant, sleep, timeout},
};

use super::{Client, Customer, Database, Wish, addresses_of, issue_by, settings};

/// Longer than anything takes on a busy machine, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A configuration with its keys, over a database of its own.
pub struct Installation {
    pub database: Database,
    pub admin: String,
    directory: TempDir,
    environment: Vec<(String, String)>,
}

impl Installation {
    /// Over a migrated database.
    pub async fn new() -> Self {
        let mut installation = Self::bare(Database::fresh().await);
        Database::write_keys(installation.directory.path());
        installation.admin = installation.token(Scope::Admin, None).await;
        installation
    }

    /// A configuration alone: without keys, over a database that may be empty.
    pub fn bare(database: Database) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(
            directory.path().join("tanager.toml"),
            database.configuration(directory.path(), &Wish::default()),
        )
        .unwrap();
        Self { database, admin: String::new(), directory, environment: Vec::new() }
    }

    /// The same with a variable in the environment of its processes: `TANAGER_<SECTION>__<KEY>`.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file of the installation: `tanager.toml`, `keys.toml`, `spool/…`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The program with these arguments, this configuration, and nothing of this process's environment but `PATH`
    /// and `TMPDIR`.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanager"));
        let kept = std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "TMPDIR");
        command.args(arguments).env_clear().envs(kept).env("TANAGER_CONFIG", self.path("tanager.toml"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.directory.path()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs the program to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        timeout(PATIENCE, self.command(arguments).output()).await.expect("the program hangs").unwrap()
    }

    /// `serve` that is expected to refuse: what it said on standard error.
    pub async fn refusal(&self) -> String {
        let output = self.run(&["serve"]).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        said
    }

    /// Starts `serve`, and returns when it accepts.
    pub async fn serve(&self) -> Process {
        Process::start(self.command(&["serve"]), &self.admin).await
    }

    /// The same with more variables, for this process alone.
    pub async fn serve_with(&self, more: &[(&str, &str)]) -> Process {
        let mut command = self.command(&["serve"]);
        command.envs(more.iter().copied());
        Process::start(command, &self.admin).await
    }

    /// An access token, made as on the command line.
    pub async fn token(&self, scope: Scope, owner: Option<&str>) -> String {
        let settings = settings(&std::fs::read_to_string(self.path("tanager.toml")).unwrap(), self.directory.path());
        let service = parts::service(&settings, &Overrides::default()).await.unwrap();
        issue_by(&service, scope, owner).await
    }

    /// An account with these channels active (nobody is told of that), and a log-in of it.
    pub async fn customer(&self, process: &Process, username: &str, channels: &[&str]) -> Customer {
        let (phone, email) = addresses_of(username);
        let contact = json!({"phone": phone, "email": email});
        let account = json!({"username": username, "contact_data": contact, "tan_channels": channels});
        let made = process.admin.post("/accounts", account).await;
        assert_eq!(made.status, 201, "{made:?}");
        let token = self.token(Scope::ReadWrite, Some(username)).await;
        Customer { username: username.to_owned(), phone, email, client: process.admin.with_token(&token) }
    }
}

/// A running `tanager serve`. It is killed when this value is dropped.
pub struct Process {
    pub admin: Client,
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Process {
    async fn start(mut command: Command, admin: &str) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (tell, told) = oneshot::channel();
        tokio::spawn(listen(child.stderr.take().unwrap(), Arc::clone(&log), tell));
        let address = timeout(PATIENCE, told).await.expect("it does not say that it serves");
        let address = address.unwrap_or_else(|_| panic!("it ended: {}", log.lock().unwrap()));
        Self { admin: Client::new(&format!("http://{address}"), admin), child, log }
    }

    /// A client without credentials.
    pub fn stranger(&self) -> Client {
        self.admin.with_token("")
    }

    /// What it said on standard error so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// `kill -9`, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signal to it alone.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits until it ends by itself, or by somebody else.
    pub async fn ended(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("it does not end").unwrap()
    }

    /// Waits until somebody else has killed it.
    pub async fn killed(&mut self) {
        assert_eq!(self.ended().await.signal(), Some(9), "{}", self.log());
    }
}

/// Keeps every line, and tells the address out of the one that says it.
async fn listen(stderr: ChildStderr, log: Arc<Mutex<String>>, tell: oneshot::Sender<String>) {
    let (mut lines, mut tell) = (BufReader::new(stderr).lines(), Some(tell));
    while let Ok(Some(line)) = lines.next_line().await {
        let address = line.split_once("serving address=").map(|(_, address)| address.to_owned());
        log.lock().unwrap().push_str(&(line + "\n"));
        if let Some(address) = address
            && let Some(tell) = tell.take()
        {
            // A test that has failed does not listen any more.
            let _ = tell.send(address);
        }
    }
}

impl Customer {
    /// The same customer with the same log-in, at another process.
    pub fn at(&self, process: &Process) -> Self {
        Self {
            username: self.username.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            client: process.admin.with_token(&self.client.token),
        }
    }
}

/// Looks again and again until it has happened; fails after a bound.
pub async fn eventually(what: &str, mut happened: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !happened().await {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        sleep(Duration::from_millis(10)).await;
    }
}
