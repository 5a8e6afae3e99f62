//! The demo: a private PostgreSQL and the service on this machine, with messages in files. Nothing of it is needed by
//! the service itself.

pub mod bank;
pub mod gateway;
pub mod postgres;

use std::{
    fs::{self, Permissions},
    io,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use postgres::{Options, PostgresError, PrivatePostgres};
use tempfile::TempDir;

use crate::{
    app::{self, Overrides, Running, StartError, parts},
    chance::SystemChance,
    domain::caller::Scope,
    service::{Failure, TokenRequest},
    settings::{Listen, Log, LogLevel, Settings, Troubles},
    storage::connect::ConnectError,
};

const DATABASE: &str = "tanager";
/// Where the demo listens when nothing else is said and the port is free.
const USUAL_PORT: u16 = 9967;
const SCRIPT: &str = include_str!("../../scripts/tan-file.sh");

/// Why the demo does not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// A file or directory.
    #[error("the demo's directory {0} cannot be used")]
    Directory(PathBuf, #[source] io::Error),
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
    postgres: PrivatePostgres,
    home: Home,
    url: String,
    admin: String,
    service: String,
}

/// Where keys and messages are.
struct Home {
    path: PathBuf,
    /// Goes with the demo.
    _temporary: Option<TempDir>,
}

impl Home {
    fn open(given: Option<&Path>) -> Result<Self, DemoError> {
        let Some(given) = given else {
            let temporary = tempfile::Builder::new().prefix("tanager-demo-").tempdir();
            let temporary = temporary.map_err(|error| DemoError::Directory(std::env::temp_dir(), error))?;
            return Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary) });
        };
        let trouble = |error| DemoError::Directory(given.to_owned(), error);
        fs::create_dir_all(given).map_err(trouble)?;
        Ok(Self { path: given.canonicalize().map_err(trouble)?, _temporary: None })
    }

    fn spool(&self) -> PathBuf {
        self.path.join("messages")
    }

    /// Puts the channel script where the service finds it, so that the program needs nothing beside itself.
    fn write_script(&self) -> Result<(), DemoError> {
        let path = self.path.join("tan-file.sh");
        let written = fs::write(&path, SCRIPT).and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o755)));
        written
            .and_then(|()| fs::create_dir_all(self.spool()))
            .map_err(|error| DemoError::Directory(self.path.clone(), error))
    }
}

impl Demo {
    /// The demo logs what goes wrong; all else it says on standard output.
    #[must_use]
    pub fn log() -> Log {
        Log { level: LogLevel::Warn, ..Log::default() }
    }

    /// Starts all of it. A given directory is kept and found again.
    pub async fn start(directory: Option<PathBuf>, listen: Option<SocketAddr>) -> Result<Self, DemoError> {
        let home = Home::open(directory.as_deref())?;
        home.write_script()?;
        let cluster = directory.map(|_| home.path.join("postgresql"));
        let options = Options { directory: cluster, ..Options::default() };
        let postgres = tokio::task::spawn_blocking(move || PrivatePostgres::start(options)).await??;
        let listen = listen.unwrap_or_else(usual_address);
        let settings = Settings::from_toml(&configuration(&home, &postgres, listen), &home.path, std::iter::empty())?;
        create_database(&settings, &postgres).await?;
        app::migrate(&settings, Arc::new(SystemChance)).await?;
        let (admin, service) = tokens(&settings).await?;
        let running = Running::start(&settings, Overrides::default()).await?;
        let url = running.address().map_or_else(|| format!("http://{listen}"), |address| format!("http://{address}"));
        Ok(Self { running, postgres, home, url, admin, service })
    }

    /// Ends when the service ended by itself.
    pub async fn failed(&self) {
        self.running.failed().await;
    }

    /// Ends all of it; nothing is left running.
    pub async fn stop(self) -> Result<(), DemoError> {
        self.running.stop().await;
        let postgres = self.postgres;
        tokio::task::spawn_blocking(move || postgres.stop()).await??;
        drop(self.home);
        Ok(())
    }

    /// What a reader needs to begin.
    #[must_use]
    pub fn introduction(&self) -> String {
        let Self { url, admin, service, .. } = self;
        let messages = self.home.spool().display().to_string();
        format!(
            "Tanager demo\n\n\
             \x20 URL            {url}\n\
             \x20 API to browse  {url}/docs\n\
             \x20 Admin token    {admin}\n\
             \x20 Service token  {service}\n\
             \x20 Messages       {messages}\n\n\
             A first call: make an account, then read it.\n\n\
             \x20 curl {url}/accounts -H 'Authorization: Bearer {admin}' -H 'Content-Type: application/json' \\\n\
             \x20   -d '{{\"username\":\"alice\",\"contact_data\":{{\"phone\":\"+41791234567\"}},\"tan_channels\":[\"sms\"]}}'\n\
             \x20 curl {url}/accounts/alice -H 'Authorization: Bearer {admin}'\n\n\
             The whole life of a challenge, call by call:\n\n\
             \x20 scripts/walkthrough --url {url} --spool {messages} \\\n\
             \x20   --admin-token {admin} --service-token {service}\n\n\
             Ready. Ctrl-C stops everything."
        )
    }
}

/// The usual port, or any free one when that is taken.
fn usual_address() -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, USUAL_PORT));
    if std::net::TcpListener::bind(usual).is_ok() { usual } else { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
}

fn configuration(home: &Home, postgres: &PrivatePostgres, listen: SocketAddr) -> String {
    let quote = |text: &str| toml::Value::from(text).to_string();
    let (url, spool) = (quote(&postgres.url(DATABASE)), quote(&home.spool().display().to_string()));
    let listen = quote(&Listen::Tcp(listen).to_string());
    format!(
        "[server]\nlisten = {listen}\nbank_name = \"Demo Bank\"\norigin = \"https://bank.example\"\n\
         [database]\nurl = {url}\n[keys]\nfile = \"keys.toml\"\n[log]\nlevel = \"warn\"\n\
         [channel.sms]\nscript = \"tan-file.sh\"\nenv = {{ SPOOL_DIR = {spool} }}\n\
         [channel.email]\nscript = \"tan-file.sh\"\nenv = {{ SPOOL_DIR = {spool} }}\n"
    )
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
