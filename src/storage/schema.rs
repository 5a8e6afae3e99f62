//! The schema: migrated by its owner, checked by the service.

use std::time::Duration;

use tokio_postgres::{Client, error::SqlState};

use super::{
    datastore::Datastore,
    error::StoreError,
    keys::{self, KnownKey},
    moment::Moment,
    sql,
};
use crate::domain::{keys::KeyRing, time::Timestamp};

mod embedded {
    refinery::embed_migrations!("sql/migrations");
}

/// The lock that two migrations at once take turns by; any number that nobody else uses.
const MIGRATION_LOCK: i64 = 0x7A6E_6167_6572;
/// Weeks ahead for which partitions are kept ready.
const WEEKS_AHEAD: i32 = 6;

/// Why a migration did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database refused, or went away.
    #[error("the database did not do as asked")]
    Database(#[from] tokio_postgres::Error),
    /// A migration failed; the schema is as it was before it.
    #[error("a migration failed")]
    Migration(#[from] Box<refinery::Error>),
    /// The role that privileges are granted to has a name that cannot be one.
    #[error("'{0}' is no name of a role: letters, digits and '_' only")]
    Role(String),
}

/// The newest version that this program knows.
#[must_use]
pub fn newest_version() -> i32 {
    embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0)
}

/// Migrates one database, alone: others wait until it is dropped or finished.
pub struct Migrator {
    client: Client,
}

impl Migrator {
    /// Waits for its turn. `client` is a connection of its own, of the schema's owner.
    pub async fn begin(client: Client) -> Result<Self, MigrateError> {
        client.query(sql::SCHEMA_LOCK, &[&MIGRATION_LOCK]).await?;
        Ok(Self { client })
    }

    /// Brings the schema up to date. Returns the names of what was applied.
    pub async fn apply(&mut self) -> Result<Vec<String>, MigrateError> {
        let report = embedded::migrations::runner().run_async(&mut self.client).await.map_err(Box::new)?;
        Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
    }

    /// Every key that the database knows.
    pub async fn known_keys(&self) -> Result<Vec<KnownKey>, StoreError> {
        keys::read(&self.client.query(sql::KEY_LIST, &[]).await?)
    }

    /// Makes a ring's keys known to a database that knows none yet.
    pub async fn register_keys(&self, ring: &KeyRing) -> Result<(), StoreError> {
        keys::register_keys(&self.client, ring).await
    }

    /// Lets `role` do what the service does, and no more: it cannot alter the schema, nor change or remove an event.
    pub async fn grant(&self, role: &str) -> Result<(), MigrateError> {
        let plain = !role.is_empty() && role.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain {
            return Err(MigrateError::Role(role.to_owned()));
        }
        let grants = include_str!("../../sql/grants.sql").replace("SERVICE_ROLE", &format!("\"{role}\""));
        Ok(self.client.batch_execute(&grants).await?)
    }

    /// Lets the next one have its turn.
    pub async fn finish(self) -> Result<(), MigrateError> {
        self.client.query(sql::SCHEMA_UNLOCK, &[&MIGRATION_LOCK]).await?;
        Ok(())
    }
}

impl Datastore {
    /// The schema's version; `None` when there is no schema at all.
    pub async fn schema_version(&self) -> Result<Option<i32>, StoreError> {
        match self.query(sql::SCHEMA_VERSION, &[]).await {
            Ok(rows) => Ok(rows.first().map(|row| row.try_get("version")).transpose()?.flatten()),
            Err(StoreError::Database(error)) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every key that the database knows.
    pub async fn known_keys(&self) -> Result<Vec<KnownKey>, StoreError> {
        keys::read(&self.query(sql::KEY_LIST, &[]).await?)
    }

    /// Makes the partitions of the coming weeks, a last one included for what was begun before.
    pub async fn prepare_partitions(&self, now: Timestamp) -> Result<i32, StoreError> {
        let since = Moment(now.minus(Duration::from_hours(24 * 7)));
        let rows = self.query(sql::SCHEMA_PREPARE_PARTITIONS, &[&since, &WEEKS_AHEAD]).await?;
        Ok(rows.first().map(|row| row.try_get("made")).transpose()?.unwrap_or(0))
    }
}
