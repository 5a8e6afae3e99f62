//! The command line: reads arguments, runs one command, and says in a sentence what went wrong.

mod account;
mod audit;
mod check_config;
mod demo;
mod gc;
mod import;
mod migrate;
mod progress;
mod serve;
mod stopping;
mod token;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::settings::{self, DEFAULT_PATH, Settings};

/// Whoever runs a command, where nothing says who.
const COMMAND_LINE: &str = "command-line";

/// A bank-style TAN challenge service: the second factor beside or in front of a bank core.
#[derive(Parser)]
#[command(name = "tanager", version, about, propagate_version = true, arg_required_else_help = true)]
struct Arguments {
    /// The configuration file.
    #[arg(short, long, global = true, value_name = "FILE", env = "TANAGER_CONFIG", default_value = DEFAULT_PATH)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API until SIGTERM or Ctrl-C; running requests are finished.
    Serve,
    /// Bring the database's schema up to date, and make the key file of a new database.
    Migrate,
    /// Check the configuration: every trouble at once, values in force, and the chances of guessing.
    CheckConfig,
    /// Make access tokens; list and end those of operators and bank cores.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Bring customers in.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Remove what is older than is kept: closed challenges, access tokens that ran out. Running instances do it by
    /// themselves; the audit trail is never touched.
    Gc(gc::GcArguments),
    /// Look after the audit trail.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Start everything on this machine to try it out: a private PostgreSQL, a small bank core and the gateway in front of
    /// it, messages in files.
    Demo(demo::DemoArguments),
}

/// Runs the command that the arguments name. The exit code is 0 when it did what it was asked.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("the program could not start its threads")),
    };
    match runtime.block_on(dispatch(arguments)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Serve => serve::serve(&load(&arguments)?).await,
        Command::Migrate => migrate::migrate(&load(&arguments)?).await,
        Command::CheckConfig => check_config::check_config(&load(&arguments)?),
        Command::Token(ref command) => token::token(&load(&arguments)?, command).await,
        Command::Account(ref command) => account::account(&load(&arguments)?, command).await,
        Command::Gc(ref wish) => gc::gc(&load(&arguments)?, wish).await,
        Command::Audit(ref command) => audit::audit(&load(&arguments)?, command).await,
        Command::Demo(ref demo) => demo::demo(demo).await,
    }
}

fn load(arguments: &Arguments) -> anyhow::Result<Settings> {
    Ok(Settings::load(&arguments.config, settings::environment())?)
}

/// Writes a line to standard output.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Says on standard error what went wrong, with its causes.
fn fail(error: &anyhow::Error) -> ExitCode {
    let mut text = format!("tanager: {error}\n");
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = text + "  because: " + &cause + "\n";
        }
    }
    // Nobody is left to be told when standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
    ExitCode::FAILURE
}

/// Who runs a command, as the audit trail names it.
fn actor() -> String {
    user().map_or_else(|| COMMAND_LINE.to_owned(), |user| format!("{COMMAND_LINE}:{user}"))
}

/// The one who runs a command, as far as the environment says.
fn user() -> Option<String> {
    let named = |variable| {
        let user = std::env::var(variable).unwrap_or_default();
        let named: String = user.chars().filter(char::is_ascii_graphic).take(64).collect();
        (!named.is_empty()).then_some(named)
    };
    ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(named)
}
