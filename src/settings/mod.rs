//! The configuration: typed, checked whole, and loaded once.
//!
//! What is below these types can trust them. A configuration is read to its end, so that everything that is wrong
//! with it is said at once; `config/default.toml` documents every key. Knows values of the domain, and nothing else
//! of the service: it opens no database and starts nothing.

mod address;
mod audit;
mod channels;
mod database;
mod enrolment;
mod environment;
mod factors;
mod gateway;
mod identity;
mod introspection;
mod limits;
mod messages;
mod notes;
mod operation;
mod pointer;
mod raw;
mod report;
mod revocation;
mod route;
mod secret;
mod section;
mod server;
mod template;
#[cfg(test)]
mod tests;
mod transport;
mod trouble;
mod value;

use std::{fs, io, path::Path};

use toml::{Table, de::DeTable};

pub use address::{HttpUrl, Listen, Origin};
pub use audit::Audit;
pub use channels::{Channels, CodeChannel, MessageChannel};
pub use database::{Database, DatabaseUrl};
pub use enrolment::Enrolment;
pub use environment::environment;
pub use gateway::{DefaultRoute, Gateway, UpstreamAuthorization};
pub use identity::{Identity, Mode, UsernameCase, UsernamePattern, UsernameRule};
pub use introspection::Introspection;
pub use messages::Messages;
use notes::{Effective, Notes};
pub use operation::{KnownBy, Operation};
pub use revocation::Revocation;
pub use route::RoutePath;
pub use secret::{Secret, SecretSource};
use section::Section;
pub use server::{Keys, Log, LogFormat, LogLevel, OwnOperations, Server};
pub use template::{SummaryTemplate, TemplateError};
pub use transport::{
    Encryption, Http, MailLogin, NamedMailbox, Persistent, Program, ProgramTrouble, Script, Smtp, Transport,
    TransportKind,
};
pub use trouble::{Trouble, Troubles};

use crate::domain::limits::Limits;

/// The configuration that is read when none is named.
pub const DEFAULT_PATH: &str = "config/tanager.toml";

/// The whole configuration. Not printable: it holds secrets; [`Settings::report`] shows what may be shown.
pub struct Settings {
    /// `[server]`.
    pub server: Server,
    /// `[log]`.
    pub log: Log,
    /// `[database]`.
    pub database: Database,
    /// `[keys]`.
    pub keys: Keys,
    /// `[audit]`.
    pub audit: Audit,
    /// `[message]`.
    pub messages: Messages,
    /// `[channel]`.
    pub channels: Channels,
    /// `[enrolment]`.
    pub enrolment: Enrolment,
    /// `[limits]`: they break no rule of [`Limits::violations`].
    pub limits: Limits,
    /// `[identity]`.
    pub identity: Identity,
    /// `[gateway]`; `None`: there is none.
    pub gateway: Option<Gateway>,
    effective: Vec<Effective>,
}

impl Settings {
    /// Reads the file at `path`, with every `TANAGER_<SECTION>__<KEY>` of `environment` over its keys. The error
    /// lists everything that is wrong.
    pub fn load(path: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Troubles> {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        Self::from_toml(&text, path.parent().unwrap_or(Path::new("")), environment)
    }

    /// Reads `text` as [`load`](Self::load) reads a file that stands in `directory`; a relative one is below the
    /// working directory.
    pub fn from_toml(
        text: &str,
        directory: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Troubles> {
        let mut table = parse(text)?;
        let directory = std::path::absolute(directory.join(".")).map_err(|error| unreadable(directory, &error))?;
        let mut notes = Notes::new(&directory);
        environment::overlay(&mut table, environment, &mut notes);
        let settings = Section::root(&mut notes, table, Self::read);
        let (troubles, effective) = notes.close();
        Troubles::of(troubles)?;
        let unsaid = || Trouble::new("configuration", "a required value is missing");
        settings.map(|settings| Self { effective, ..settings }).ok_or_else(|| unsaid().into())
    }

    /// `None` when what is required is missing or wrong; the trouble is noted then.
    fn read(root: &mut Section<'_>) -> Option<Self> {
        let server = root.section("server", Server::read);
        let log = root.section("log", Log::read);
        let database = root.section("database", Database::read);
        let keys = root.section("keys", Keys::read);
        let audit = root.section("audit", Audit::read);
        let messages = root.section("message", Messages::read);
        let channels = root.section("channel", Channels::read);
        let enrolment = root.section("enrolment", Enrolment::read);
        let limits = root.section("limits", limits::read);
        let identity = root.section("identity", Identity::read);
        let gateway = root.section_if_present("gateway", |gateway| Gateway::read(gateway, &server, &limits));
        let gateway = match gateway {
            Some(gateway) => Some(gateway?),
            None => None,
        };
        Some(Self {
            server,
            log,
            database: database?,
            keys,
            audit,
            messages,
            channels,
            enrolment,
            limits,
            identity,
            gateway,
            effective: Vec::new(),
        })
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Troubles {
    let text = match error.kind() {
        io::ErrorKind::NotFound => "there is no such configuration file; write one (config/default.toml documents \
                                    every key), or name another with --config FILE or TANAGER_CONFIG"
            .to_owned(),
        io::ErrorKind::InvalidData => "is not UTF-8; a configuration is TOML".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Trouble::new(path.display().to_string(), text).into()
}

/// The TOML of `text`, or everything that is wrong with its form. Lines are named, never repeated: a password may
/// stand in them.
fn parse(text: &str) -> Result<Table, Troubles> {
    text.parse().map_err(|first: toml::de::Error| {
        let (_, all) = DeTable::parse_recoverable(text);
        let errors = if all.is_empty() { vec![first] } else { all };
        Troubles::all(errors.iter().map(|error| malformed_line(text, error)))
    })
}

fn malformed_line(text: &str, error: &toml::de::Error) -> Trouble {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Trouble::new(format!("line {line}"), format!("is no TOML: {}", error.message()))
}
