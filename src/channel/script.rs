//! The transport that is a program of the operator's (`api.md` section 10).
//!
//! Called as `SCRIPT ADDRESS`, the message on standard input, exit codes as in `sysexits.h`. The program is trusted to
//! deliver, and with nothing else: it gets a cleared environment and no descriptor, is ended with all its descendants
//! when its time is over, and what it prints is blotted before anyone reads it.

mod group;
mod run;

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::Duration,
};

use futures_util::future::BoxFuture;
use rustix::{
    fs::{Access, access},
    io::Errno,
};
use tokio::time::{Instant, sleep, timeout_at};

use self::run::{Ran, Run};
use super::{Envelope, Reason, SendError, Sender};
use crate::domain::channel::Channel;

/// Where programs are looked for when this process was started without a `PATH`.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// The language of programs when this process was started without a `LANG`; messages are UTF-8.
const LANG: &str = "C.UTF-8";
/// The kernel does not execute a file that anyone has open for writing ("text file busy"), be it the operator who
/// replaces the script, or, for the moment between `fork` and `exec`, another child of this process that inherited
/// such a descriptor. Both pass; this is how often, and how soon again, it is tried.
const BUSY_TRIES: u8 = 25;
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Hands each message to a run of a program.
pub struct ScriptSender {
    program: PathBuf,
    /// `PATH`, `LANG` and the channel's own. The latter may hold a gateway's key: not to be printed.
    environment: BTreeMap<OsString, OsString>,
    timeout: Duration,
}

impl ScriptSender {
    /// Runs `program` (a path; a relative one counts from the present working directory, never from `PATH`) with
    /// `own` added to its environment, and gives it `timeout` to finish.
    #[must_use]
    pub fn new(program: impl AsRef<Path>, own: BTreeMap<String, String>, timeout: Duration) -> Self {
        let program = program.as_ref();
        let inherited = [("PATH", PATH), ("LANG", LANG)]
            .map(|(name, otherwise)| (name.into(), env::var_os(name).unwrap_or_else(|| otherwise.into())));
        let own = own.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self {
            // It fails for an empty path, and without a working directory: then `readiness` refuses what is left.
            program: std::path::absolute(program).unwrap_or_else(|_| program.to_owned()),
            environment: inherited.into_iter().chain(own).collect(),
            timeout,
        }
    }

    async fn carry(&self, envelope: &Envelope) -> Result<(), SendError> {
        let deadline = Instant::now() + self.timeout;
        let started = timeout_at(deadline, self.start(envelope)).await;
        let run = started.map_err(|_| SendError::TimedOut(Reason::new("it could not be started in time")))??;
        let ran = run.finish(envelope.body.reveal(), deadline).await;
        let ran = ran.map_err(|error| SendError::Failed(Reason::new(format!("its pipes broke: {error}"))))?;
        verdict(ran, envelope)
    }

    async fn start(&self, envelope: &Envelope) -> Result<Run, SendError> {
        for _ in 0..BUSY_TRIES {
            match Run::start(self.command(envelope), envelope.body.reveal()).await {
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => sleep(BUSY_PAUSE).await,
                started => return started.map_err(|error| self.not_started(&error)),
            }
        }
        Err(SendError::TryLater(Reason::new(format!("{} is being written", self.program.display()))))
    }

    fn command(&self, envelope: &Envelope) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(envelope.address.reveal())
            .env_clear()
            .envs(&self.environment)
            .env("TANAGER_CHANNEL", envelope.channel.name())
            .env("TANAGER_KIND", envelope.kind.name())
            .env("TANAGER_ACCOUNT", envelope.account.as_str())
            .env("TANAGER_TRANSMISSION", envelope.transmission.to_string())
            .env("TANAGER_LANGUAGE", &envelope.language);
        if envelope.channel == Channel::Email {
            command.env("TANAGER_SUBJECT", &envelope.subject);
        }
        command
    }

    /// A lack that passes (processes, memory, descriptors) is no fault of the configuration; all else is.
    fn not_started(&self, error: &io::Error) -> SendError {
        let reason = Reason::new(format!("{} cannot be started: {error}", self.program.display()));
        match Errno::from_io_error(error) {
            Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE | Errno::INTR) => {
                SendError::TryLater(reason)
            }
            _ => SendError::Misconfigured(reason),
        }
    }
}

impl Sender for ScriptSender {
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.carry(envelope))
    }

    fn readiness(&self) -> Result<(), String> {
        let program = self.program.display();
        match self.program.metadata() {
            Err(error) => Err(format!("The script {program} cannot be found: {error}.")),
            Ok(file) if !file.is_file() => Err(format!("The script {program} is no file.")),
            Ok(_) => access(&self.program, Access::EXEC_OK)
                .map_err(|error| format!("The script {program} is not executable: {error}.")),
        }
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// What the end of a run means (`api.md` section 10), with what it said for the log.
fn verdict(ran: Ran, envelope: &Envelope) -> Result<(), SendError> {
    let said = ran.heard.blotted(envelope.address.reveal(), envelope.expected_digits);
    let Some(status) = ran.status else { return Err(SendError::TimedOut(Reason::new(said))) };
    if status.success() {
        if !said.is_empty() {
            tracing::debug!(channel.name = envelope.channel.name(), channel.output = said, "a channel script said");
        }
        return Ok(());
    }
    let reason = reason(status, &said);
    Err(match status.code() {
        Some(65) => SendError::AddressRefused(reason),
        Some(75) => SendError::TryLater(reason),
        Some(78) => SendError::Misconfigured(reason),
        _ => SendError::Failed(reason),
    })
}

/// `exit status: 75, it said: …`
fn reason(status: ExitStatus, said: &str) -> Reason {
    Reason::new(if said.is_empty() { status.to_string() } else { format!("{status}, it said: {said}") })
}
