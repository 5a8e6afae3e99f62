//! The service put together: settings in, a running program out. One of the places that see everything.

mod identity;
pub mod key_file;
mod migrate;
mod outlets;
pub mod parts;
mod running;
mod secret;

pub use migrate::{Migrated, migrate};
pub use parts::Overrides;
pub use running::Running;
pub use secret::SecretError;

use crate::{
    identity::client::AskingError,
    message::CatalogError,
    service::Failure,
    storage::{connect::ConnectError, error::StoreError, schema::MigrateError},
};

/// Why the service does not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The key file.
    #[error(transparent)]
    Keys(#[from] key_file::KeyFileError),
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database did not do as asked.
    #[error("the database cannot be used: check database.url, and that PostgreSQL runs")]
    Store(#[from] StoreError),
    /// A migration.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The schema is older than this program, or missing.
    #[error("the database's schema is version {found}, this program needs {known}: run 'tanager migrate'")]
    SchemaTooOld {
        /// The database's version.
        found: i32,
        /// The program's.
        known: i32,
    },
    /// The schema is newer than this program.
    #[error(
        "the database's schema is version {found}, this program knows only {known}: run a newer release, or 'tanager migrate' of the one that belongs to it"
    )]
    SchemaTooNew {
        /// The database's version.
        found: i32,
        /// The program's.
        known: i32,
    },
    /// The keys are not those of the database.
    #[error(
        "the key file's keys are not the database's: restore the key file that belongs to it (or, for a database without keys, run 'tanager migrate')"
    )]
    OtherKeys,
    /// Who says who is calling.
    #[error(transparent)]
    Asking(#[from] AskingError),
    /// What this service proves itself with elsewhere.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A way out.
    #[error("the transport {name} {trouble}")]
    Transport {
        /// Which.
        name: String,
        /// What is wrong with it, and what to do.
        trouble: String,
    },
    /// What messages say.
    #[error(transparent)]
    Messages(#[from] CatalogError),
    /// A listener.
    #[error("cannot listen on {address}: is another program there? Choose another with {key}")]
    Listen {
        /// The setting that chooses.
        key: &'static str,
        /// Where.
        address: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The gateway.
    #[error(transparent)]
    Gateway(#[from] crate::gateway::GatewayError),
    /// A use case failed at start.
    #[error("the service could not begin its work")]
    Begin(#[from] Failure),
    /// The metrics or the document could not be set up.
    #[error("the service could not be set up: {0}")]
    SetUp(String),
}
