//! `tanager audit verify`: 0 when the trail is whole, 1 when it is not; `tanager audit checkpoint`.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::{Context, bail};
use clap::Subcommand;

use super::say;
use crate::{
    app::{Overrides, parts},
    domain::{refusal::Refusal, time::Timestamp, username::Username},
    service::{Beginning, CheckpointFile, Failure, Service, Verdict},
    settings::Settings,
    telemetry,
};

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Follow every chain of the audit trail, hold it against the checkpoints, and name the first event that was changed,
    /// removed or re-ordered.
    Verify {
        /// Only this account's chain; '.' names what belongs to no account.
        #[arg(long, value_name = "USERNAME")]
        account: Option<String>,
        /// Another copy of the file of checkpoints than the configured one; it may be older.
        #[arg(long, value_name = "FILE")]
        checkpoints: Option<PathBuf>,
    },
    /// Append a checkpoint to the configured file now.
    Checkpoint {
        /// Begin a new file, though the trail knows of one that is gone. Move what is left of that away first.
        #[arg(long)]
        begin_anew: bool,
    },
}

pub(super) async fn audit(settings: &Settings, command: &AuditCommand) -> anyhow::Result<ExitCode> {
    telemetry::start(settings.log)?;
    match command {
        AuditCommand::Verify { account, checkpoints } => {
            let only = account.as_deref().map(chain_of).transpose()?;
            verify(&service(settings).await?, only.as_ref(), checkpoints.clone()).await
        }
        AuditCommand::Checkpoint { begin_anew } => {
            let beginning = if *begin_anew { Beginning::Anew } else { Beginning::Continue };
            checkpoint(&service(settings).await?, beginning).await
        }
    }
}

async fn service(settings: &Settings) -> anyhow::Result<Service> {
    Ok(parts::service(settings, &Overrides::default()).await?)
}

fn chain_of(name: &str) -> anyhow::Result<Username> {
    let system = Username::system();
    if name == system.as_str() { Ok(system) } else { Ok(Username::parse(name)?) }
}

async fn verify(service: &Service, only: Option<&Username>, copy: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let verified = match copy {
        Some(file) if !file.is_file() => bail!("there is no file of checkpoints {}", file.display()),
        Some(file) => service.verify_trail_with(only, &CheckpointFile::new(file)).await,
        None => service.verify_trail(only).await,
    };
    let verdict = match verified {
        Err(Failure::Refused(Refusal::UnknownAccount)) => bail!("there is no account of that name"),
        outcome => outcome.context("the trail could not be read")?,
    };
    tell(&verdict)
}

fn tell(verdict: &Verdict) -> anyhow::Result<ExitCode> {
    match verdict {
        Verdict::Whole { events, lines, witnessed_until, torn } => {
            let witnessed = match lines {
                Some(lines) => {
                    format!(", {lines} lines of checkpoints{}", witnessed_until.map_or_else(String::new, until))
                }
                None => "; audit.checkpoint_file is not set, and no checkpoint was asked".to_owned(),
            };
            say(&format!("whole: {events} events{witnessed}"))?;
            if *torn {
                say(
                    "warning: the file of checkpoints ends within a line, as after a crash; the next checkpoint mends it",
                )?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Verdict::Broken { username, sequence, trouble } => {
            say(&format!("broken: event {sequence} of '{username}': {trouble}"))?;
        }
        Verdict::BrokenFile { line, trouble } => {
            say(&format!("broken: line {line} of the file of checkpoints: {trouble}"))?;
        }
    }
    Ok(ExitCode::FAILURE)
}

/// A moment as RFC 3339 has it.
fn until(latest: Timestamp) -> String {
    let since_1970 = Duration::from_secs(u64::try_from(latest.as_seconds()).unwrap_or_default());
    format!(" up to {}", humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since_1970))
}

async fn checkpoint(service: &Service, beginning: Beginning) -> anyhow::Result<ExitCode> {
    let written = service.checkpoint_trail(beginning).await?;
    say(&format!("written: the ends of {} chains; the file has {} lines", written.heads, written.lines))?;
    Ok(ExitCode::SUCCESS)
}
