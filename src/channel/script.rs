//! The transport that is a program of the operator's (`api.md` section 10).
//!
//! Called as `SCRIPT ADDRESS`, the message on standard input, exit codes as in `sysexits.h`. The program is trusted to
//! deliver, and with nothing else: it gets a cleared environment and no descriptor, is ended with all its descendants
//! when its time is over, and what it prints is blotted before anyone reads it.

mod run;

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, ExitStatus},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use self::run::{Ran, Run};
use super::{Envelope, Reason, SendError, Sender, program::Program};
use crate::domain::channel::Channel;

/// Hands each message to a run of a program.
pub struct ScriptSender {
    program: Program,
    timeout: Duration,
}

impl ScriptSender {
    /// Runs `program` (a path; a relative one counts from the present working directory, never from `PATH`) with
    /// `own` added to its environment, and gives it `timeout` to finish.
    #[must_use]
    pub fn new(program: impl AsRef<Path>, own: BTreeMap<String, String>, timeout: Duration) -> Self {
        Self { program: Program::new(program.as_ref(), own), timeout }
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
        self.program.start(|| Run::start(self.command(envelope), envelope.body.reveal())).await
    }

    fn command(&self, envelope: &Envelope) -> Command {
        let mut command = self.program.command();
        command
            .arg(envelope.address.reveal())
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
}

impl Sender for ScriptSender {
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.carry(envelope))
    }

    fn readiness(&self) -> Result<(), String> {
        self.program.readiness()
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
