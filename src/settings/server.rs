//! `[server]`, `[log]` and `[keys]`.

use std::path::PathBuf;

use super::{
    address::{Listen, Origin},
    section::Section,
    value::Named,
};
use crate::domain::policy::OwnStrength;

/// More workers than any machine has processors.
const MOST_WORKERS: usize = 1024;
/// The longest name of a bank, in characters: it stands in every SMS.
const LONGEST_BANK_NAME: usize = 60;

/// What the service's own protected operations ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnOperations {
    /// A one-shot token.
    Token,
    /// A one-shot token bound to this very request.
    Bound,
}

impl Named for OwnOperations {
    const NAMES: &'static [(&'static str, Self)] = &[("token", Self::Token), ("bound", Self::Bound)];
}

impl Named for OwnStrength {
    const NAMES: &'static [(&'static str, Self)] = &[("any", Self::Any), ("strongest", Self::Strongest)];
}

/// `[server]`: the listeners, and what customers see of the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where the service listens.
    pub listen: Listen,
    /// Where operators find `/metrics` and their routes; `None`: no metrics, and the routes at `listen` alone.
    pub operators_listen: Option<Listen>,
    /// Whether operators' tokens are known at `operators_listen` alone.
    pub operators_alone: bool,
    /// The bank's name in messages; 1 to 60 characters.
    pub bank_name: String,
    /// The `https` origin of the bank's pages; its host closes the text of an SMS. `None`: texts are not bound to one.
    pub origin: Option<Origin>,
    /// The web origins whose pages may call the service (CORS).
    pub allowed_origins: Vec<Origin>,
    /// What the service's own protected operations ask for.
    pub own_operations: OwnOperations,
    /// How strong a proof they ask for.
    pub own_strength: OwnStrength,
    /// Threads that serve requests, 1 to 1024; `None`: one for each processor.
    pub workers: Option<usize>,
}

impl Server {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let server = Self {
            listen: section.or("listen", Listen::Tcp(([127, 0, 0, 1], 9967).into())),
            operators_listen: section.optional("operators_listen"),
            operators_alone: section.or("operators_alone", false),
            bank_name: section.or("bank_name", "Bank".to_owned()),
            origin: section.optional("origin"),
            allowed_origins: section.list("allowed_origins"),
            own_operations: section.or("own_operations", OwnOperations::Token),
            own_strength: section.or("own_strength", OwnStrength::Any),
            workers: section.optional("workers"),
        };
        server.check(section);
        server
    }

    fn check(&self, section: &mut Section<'_>) {
        if self.operators_listen.as_ref().is_some_and(|operators| operators.clashes_with(&self.listen)) {
            section.trouble("operators_listen", "is the same as server.listen; write another port or socket");
        }
        if self.operators_alone && self.operators_listen.is_none() {
            section
                .trouble("operators_alone", "needs server.operators_listen, where operators are known then; write it");
        }
        if self.bank_name.chars().count() > LONGEST_BANK_NAME {
            section.trouble("bank_name", format!("is too long; write at most {LONGEST_BANK_NAME} characters"));
        }
        if let Some(origin) = self.origin.as_ref().filter(|origin| !origin.is_https()) {
            section.trouble("origin", format!("{:?} is not https; write an https origin", origin.as_str()));
        }
        if self.workers.is_some_and(|workers| !(1..=MOST_WORKERS).contains(&workers)) {
            let shown = section.shown("workers");
            section.trouble("workers", format!("{shown} is out of range; write 1 to {MOST_WORKERS}, or leave it out"));
        }
    }
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Named for LogFormat {
    const NAMES: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// And what may fail next.
    Warn,
    /// And what the service does.
    Info,
    /// And how.
    Debug,
    /// And every step of it.
    Trace,
}

impl Named for LogLevel {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];
}

/// `[log]`: the log goes to standard error; the variable `RUST_LOG` overrides `level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// The form of the lines.
    pub format: LogFormat,
    /// How much is logged.
    pub level: LogLevel,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: LogLevel::Info }
    }
}

impl Log {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        Self { format: section.or("format", default.format), level: section.or("level", default.level) }
    }
}

/// `[keys]`: where the key ring is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The file of the key ring; absolute when the configuration's own path is.
    pub file: PathBuf,
}

impl Keys {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self { file: section.file("file", "keys.toml") }
    }
}
