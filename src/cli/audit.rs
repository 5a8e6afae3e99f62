//! `tanager audit verify`: 0 when the trail is whole, 1 when it is not.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;

use super::say;
use crate::{
    app::{Overrides, parts},
    domain::{refusal::Refusal, username::Username},
    service::{Failure, Verdict},
    settings::Settings,
    telemetry,
};

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Follow every chain of the audit trail and name the first event that was changed, removed or re-ordered.
    Verify {
        /// Only this account's chain.
        #[arg(long, value_name = "USERNAME")]
        account: Option<String>,
    },
}

pub(super) async fn audit(settings: &Settings, command: &AuditCommand) -> anyhow::Result<ExitCode> {
    let AuditCommand::Verify { account } = command;
    let account = account.as_deref().map(Username::parse).transpose()?;
    telemetry::start(settings.log)?;
    let service = parts::service(settings, &Overrides::default()).await?;
    let verdict = match service.verify_trail(account.as_ref()).await {
        Err(Failure::Refused(Refusal::UnknownAccount)) => bail!("there is no account of that name"),
        outcome => outcome.context("the trail could not be read")?,
    };
    match verdict {
        Verdict::Whole { events } => {
            say(&format!("whole: {events} events"))?;
            Ok(ExitCode::SUCCESS)
        }
        Verdict::Broken { username, sequence, trouble } => {
            say(&format!("broken: event {sequence} of '{username}': {trouble}"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}
