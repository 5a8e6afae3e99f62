//! `tanager token create`.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use clap::Subcommand;

use super::{actor, say};
use crate::{
    app::{Overrides, parts},
    domain::{caller::Scope, refusal::Refusal, username::Username},
    service::{Failure, TokenRequest},
    settings::Settings,
    telemetry,
};

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Make an access token and print it, alone, on standard output. It is shown this once.
    Create {
        /// What it is for: admin (operators), service (a bank core), readwrite or readonly (an account's client).
        #[arg(long, value_parser = scope)]
        scope: Scope,
        /// The account that a readwrite or readonly token belongs to.
        #[arg(long, value_name = "USERNAME", value_parser = username)]
        account: Option<Username>,
        /// How long it can be used ("30 days"); admin and service tokens for ever, the others as long as a session.
        #[arg(long, value_parser = humantime::parse_duration)]
        duration: Option<Duration>,
        /// Who uses it: a person or a system. It is in every audit event that the token causes.
        #[arg(long)]
        description: Option<String>,
    },
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::named(name).ok_or_else(|| "it is admin, service, readwrite or readonly".to_owned())
}

fn username(name: &str) -> Result<Username, String> {
    Username::parse(name).map_err(|error| error.to_string())
}

pub(super) async fn token(settings: &Settings, command: &TokenCommand) -> anyhow::Result<ExitCode> {
    let TokenCommand::Create { scope, account, duration, description } = command;
    match (scope.is_of_account(), account) {
        (true, None) => bail!("a token of scope {} belongs to an account: add --account USERNAME", scope.name()),
        (false, Some(_)) => bail!("a token of scope {} belongs to no account: leave --account out", scope.name()),
        _ => {}
    }
    telemetry::start(settings.log)?;
    let wish =
        TokenRequest { scope: *scope, duration: *duration, description: description.clone(), operations: Vec::new() };
    let service = parts::service(settings, &Overrides::default()).await?;
    let minted = match service.issue_token(&actor(), account.as_ref(), &wish).await {
        Err(Failure::Refused(Refusal::UnknownAccount)) => bail!("there is no account of that name"),
        outcome => outcome.context("the token could not be made")?,
    };
    say(minted.secret.reveal())?;
    Ok(ExitCode::SUCCESS)
}
