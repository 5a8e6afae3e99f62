//! The schema: migrated by its owner, checked by the service.

use std::time::Duration;

use tokio_postgres::Client;

use super::{datastore::Datastore, error::StoreError, moment::Moment, sql};
use crate::domain::time::Timestamp;

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

/// Brings the schema up to date, one migrator at a time. Returns the names of what was applied.
pub async fn migrate(client: &mut Client) -> Result<Vec<String>, MigrateError> {
    client.execute("select pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    let outcome = embedded::migrations::runner().set_grouped(false).run_async(client).await;
    client.execute("select pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await?;
    let report = outcome.map_err(Box::new)?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

/// Lets `role` do what the service does, and no more: it cannot alter the schema, nor change or remove an event.
pub async fn grant(client: &Client, role: &str) -> Result<(), MigrateError> {
    let plain = !role.is_empty() && role.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plain {
        return Err(MigrateError::Role(role.to_owned()));
    }
    Ok(client
        .batch_execute(&include_str!("../../sql/grants.sql").replace("SERVICE_ROLE", &format!("\"{role}\"")))
        .await?)
}

/// The schema's version; `None` when there is no schema at all.
pub async fn version(client: &Client) -> Result<Option<i32>, StoreError> {
    match client.query_one(sql::SCHEMA_VERSION, &[]).await {
        Ok(row) => Ok(row.try_get("version")?),
        Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::UNDEFINED_TABLE) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Datastore {
    /// The schema's version; `None` when there is no schema at all.
    pub async fn schema_version(&self) -> Result<Option<i32>, StoreError> {
        let connection = self.connection().await?;
        version(&connection).await
    }

    /// Makes the partitions of the coming weeks, a last one included for what was begun before.
    pub async fn prepare_partitions(&self, now: Timestamp) -> Result<i32, StoreError> {
        let connection = self.connection().await?;
        let since = Moment(now.minus(Duration::from_hours(24 * 7)));
        Ok(connection.query_one(sql::SCHEMA_PREPARE_PARTITIONS, &[&since, &WEEKS_AHEAD]).await?.try_get("made")?)
    }
}
