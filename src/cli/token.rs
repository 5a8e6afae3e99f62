//! `tanager token create`, `list` and `revoke`.

use std::{
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::{COMMAND_LINE, actor, say, user};
use crate::{
    app::{Overrides, parts},
    domain::{
        caller::{ListedToken, Scope},
        id::AccessTokenId,
        refusal::Refusal,
        time::Timestamp,
        username::Username,
    },
    service::{Failure, Service, TokenRequest},
    settings::Settings,
    telemetry,
};

/// The longest description of a token, in characters: as over HTTP.
const LONGEST_DESCRIPTION: usize = 200;

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Make an access token and print it, alone, on standard output. It is shown this once.
    Create(CreateArguments),
    /// List the admin and service tokens that can be used: id, scope, when made, until when, and who uses it.
    List,
    /// End an admin or service token. Running instances refuse it within 3 seconds.
    Revoke {
        /// Its id, as `tanager token list` shows it.
        #[arg(value_name = "TOKEN_ID", value_parser = token_id)]
        id: AccessTokenId,
    },
}

#[derive(Args)]
pub(super) struct CreateArguments {
    /// What it is for: admin (operators), service (a bank core), readwrite or readonly (an account's client).
    #[arg(long, value_parser = scope)]
    scope: Scope,
    /// The account that a readwrite or readonly token belongs to.
    #[arg(long, value_name = "USERNAME", value_parser = username)]
    account: Option<Username>,
    /// How long it can be used ("30 days"); admin and service tokens for ever, the others as long as a session.
    #[arg(long, value_parser = duration)]
    duration: Option<Duration>,
    /// Who uses it: a person or a system. It is in every audit event that the token causes. An admin or service token
    /// without one is described by the name of whoever runs this.
    #[arg(long, value_parser = description)]
    description: Option<String>,
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::named(name).ok_or_else(|| "it is admin, service, readwrite or readonly".to_owned())
}

fn username(name: &str) -> Result<Username, String> {
    Username::parse(name).map_err(|error| error.to_string())
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "write it like \"12 h\" or \"90 days\"".to_owned())
}

fn token_id(text: &str) -> Result<AccessTokenId, String> {
    AccessTokenId::parse(text).ok_or_else(|| "it is no id of a token, as 'tanager token list' shows them".to_owned())
}

/// Who is to be named in the trail must be somebody.
fn description(text: &str) -> Result<String, String> {
    let fits = text.chars().count() <= LONGEST_DESCRIPTION && !text.chars().any(char::is_control);
    let told = fits && !text.trim().is_empty();
    told.then(|| text.trim().to_owned())
        .ok_or_else(|| format!("it is 1 to {LONGEST_DESCRIPTION} characters, not all blank and none of control"))
}

pub(super) async fn token(settings: &Settings, command: &TokenCommand) -> anyhow::Result<ExitCode> {
    match command {
        TokenCommand::Create(arguments) => create(settings, arguments).await?,
        TokenCommand::List => list(settings).await?,
        TokenCommand::Revoke { id } => revoke(settings, *id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn service(settings: &Settings) -> anyhow::Result<Service> {
    telemetry::start(settings.log)?;
    Ok(parts::service(settings, &Overrides::default()).await?)
}

async fn create(settings: &Settings, arguments: &CreateArguments) -> anyhow::Result<()> {
    let CreateArguments { scope, account, duration, description } = arguments;
    match (scope.is_of_account(), account) {
        (true, None) => bail!("a token of scope {} belongs to an account: add --account USERNAME", scope.name()),
        (false, Some(_)) => bail!("a token of scope {} belongs to no account: leave --account out", scope.name()),
        _ => {}
    }
    let somebody = || (!scope.is_of_account()).then(|| user().unwrap_or_else(|| COMMAND_LINE.to_owned()));
    let description = description.clone().or_else(somebody);
    let wish = TokenRequest { scope: *scope, duration: *duration, description, operations: Vec::new() };
    let minted = match service(settings).await?.issue_token(&actor(), account.as_ref(), &wish).await {
        Err(Failure::Refused(Refusal::UnknownAccount)) => bail!("there is no account of that name"),
        outcome => outcome.context("the token could not be made")?,
    };
    say(minted.secret.reveal())?;
    Ok(())
}

async fn list(settings: &Settings) -> anyhow::Result<()> {
    let tokens = service(settings).await?.list_system_tokens().await.context("the tokens could not be read")?;
    for listed in &tokens {
        say(&row(listed))?;
    }
    Ok(())
}

/// `ID  SCOPE  CREATED  EXPIRES  LAST-USED  DESCRIPTION`; the last may have blanks in it.
fn row(ListedToken { token, last_used_at }: &ListedToken) -> String {
    let (created, expires) = (moment(token.created_at), moment(token.expires_at));
    let used = last_used_at.map_or_else(|| "-".to_owned(), moment);
    let description = token.description.as_deref().unwrap_or("-").replace(char::is_control, " ");
    format!("{}  {:7}  {created:20}  {expires:20}  {used:20}  {description}", token.id, token.scope.name())
}

/// The moment in RFC 3339; one beyond what that can write is as good as never.
fn moment(at: Timestamp) -> String {
    /// 9999-12-31T23:59:59Z.
    const LAST: u64 = 253_402_300_799;
    let written = u64::try_from(at.as_seconds()).ok().filter(|seconds| *seconds <= LAST);
    written.map_or_else(
        || "never".to_owned(),
        |seconds| humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).to_string(),
    )
}

async fn revoke(settings: &Settings, id: AccessTokenId) -> anyhow::Result<()> {
    match service(settings).await?.revoke_token(&actor(), id).await {
        Err(Failure::Refused(Refusal::AccessTokenNotFound)) => {
            bail!("there is no admin or service token of that id: 'tanager token list' shows those there are")
        }
        outcome => outcome.context("the token could not be ended")?,
    }
    say(&format!("ended {id}: running instances refuse it within 3 s"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_names_somebody() {
        assert_eq!(description(" the night shift "), Ok("the night shift".to_owned()));
        let long = "x".repeat(201);
        for nobody in ["", "  ", "a\nb", &long] {
            assert!(description(nobody).is_err(), "{nobody:?}");
        }
    }

    #[test]
    fn a_moment_is_written_for_people_and_machines() {
        assert_eq!(moment(Timestamp::from_seconds(1_766_000_000)), "2025-12-17T19:33:20Z");
        assert_eq!(moment(Timestamp::NEVER), "never");
    }
}
