//! The demo: a private PostgreSQL, a small bank core, and the service in front of it with its gateway, all on this machine
//! and with messages in files. Nothing of it is needed by the service itself.

pub mod bank;
mod configuration;
pub mod gateway;
mod home;
mod introduction;
pub mod postgres;

use std::{io, net::Ipv4Addr, path::PathBuf, sync::Arc};

use bank::{Bank, RunningBank};
use home::Home;
use introduction::Introduction;
use postgres::{Options, PostgresError, PrivatePostgres};

use crate::{
    app::{self, Overrides, Running, StartError, parts},
    chance::SystemChance,
    domain::caller::Scope,
    service::{Failure, TokenRequest},
    settings::{Log, LogLevel, Settings, Troubles},
    storage::connect::ConnectError,
};

pub use configuration::Places;

const DATABASE: &str = "tanager";

/// Why the demo does not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// A file or directory.
    #[error("the demo's directory {0} cannot be used")]
    Directory(PathBuf, #[source] io::Error),
    /// The bank core.
    #[error("the demo's bank core cannot be started")]
    Bank(#[source] io::Error),
    /// It is not known where a listener is.
    #[error("the demo does not know where it listens")]
    Nowhere,
    /// The service.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The demo's own configuration.
    #[error("the demo's own configuration is wrong: {0}")]
    Settings(#[from] Troubles),
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The demo's database cannot be made.
    #[error("the demo's database cannot be made")]
    Database(#[from] tokio_postgres::Error),
    /// A token cannot be made.
    #[error("the demo's access tokens cannot be made")]
    Token(#[from] Failure),
    /// A thread of the program ended.
    #[error("the demo was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// A running demo.
pub struct Demo {
    running: Running,
    bank: RunningBank,
    postgres: PrivatePostgres,
    home: Home,
    introduction: Introduction,
}

impl Demo {
    /// The demo logs what goes wrong; all else it says on standard output.
    #[must_use]
    pub fn log() -> Log {
        Log { level: LogLevel::Warn, ..Log::default() }
    }

    /// Starts all of it. A given directory is kept and found again; the bank core's money is not kept.
    pub async fn start(directory: Option<PathBuf>, places: Places) -> Result<Self, DemoError> {
        let home = Home::open(directory.as_deref())?;
        let cluster = directory.map(|_| home.path().join("postgresql"));
        // What goes with the demo need not survive the machine.
        let options = Options { durable: cluster.is_some(), directory: cluster, ..Options::default() };
        let postgres = tokio::task::spawn_blocking(move || PrivatePostgres::start(options)).await??;
        let bank = Bank::start((Ipv4Addr::LOCALHOST, 0).into(), Arc::new(SystemChance)).map_err(DemoError::Bank)?;
        let text = configuration::written(&home, &postgres.url(DATABASE), places, bank.address());
        let settings = Settings::from_toml(&text, home.path(), std::iter::empty())?;
        create_database(&settings, &postgres).await?;
        app::migrate(&settings, Arc::new(SystemChance)).await?;
        let (admin, service) = tokens(&settings).await?;
        let running = Running::start(&settings, Overrides::default()).await?;
        let introduction = Introduction {
            gateway: running.gateway_address().ok_or(DemoError::Nowhere)?,
            core: bank.address(),
            api: running.address().ok_or(DemoError::Nowhere)?,
            admin,
            service,
            messages: home.spool(),
        };
        Ok(Self { running, bank, postgres, home, introduction })
    }

    /// Ends when the service ended by itself.
    pub async fn failed(&self) {
        self.running.failed().await;
    }

    /// Ends all of it, who asks before who is asked; nothing is left running.
    pub async fn stop(self) -> Result<(), DemoError> {
        self.running.stop().await;
        self.bank.stop().await;
        let postgres = self.postgres;
        tokio::task::spawn_blocking(move || postgres.stop()).await??;
        drop(self.home);
        Ok(())
    }

    /// What a reader needs to begin.
    #[must_use]
    pub fn introduction(&self) -> String {
        self.introduction.to_string()
    }
}

async fn create_database(settings: &Settings, postgres: &PrivatePostgres) -> Result<(), DemoError> {
    let url = postgres.url("postgres");
    let maintenance = crate::storage::connect::Connecting { url: &url, ..parts::connecting(settings) }.single().await?;
    match maintenance.batch_execute(include_str!("../../sql/demo_database.sql")).await {
        Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::DUPLICATE_DATABASE) => Ok(()),
        outcome => Ok(outcome?),
    }
}

async fn tokens(settings: &Settings) -> Result<(String, String), DemoError> {
    let service = parts::service(settings, &Overrides::default()).await?;
    let issue = async |scope, description: &str| {
        let wish =
            TokenRequest { scope, duration: None, description: Some(description.to_owned()), operations: Vec::new() };
        service.issue_token("demo", None, &wish).await.map(|minted| minted.secret.reveal().to_owned())
    };
    Ok((issue(Scope::Admin, "demo operator").await?, issue(Scope::Service, "demo bank core").await?))
}
