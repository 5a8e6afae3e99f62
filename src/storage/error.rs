//! What can go wrong between the service and its database.

use crate::domain::keys::KeyError;

/// Nothing was changed, or (after a lost connection) the outcome is not known.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection could be had in time.
    #[error("no database connection could be had")]
    Pool(#[source] deadpool_postgres::PoolError),
    /// The database refused a statement, or went away.
    #[error("the database did not do as asked")]
    Database(#[from] tokio_postgres::Error),
    /// The database took the request and did not answer.
    #[error("the database did not answer in time; the connection is given up")]
    Silent,
    /// Too many requests for one account wait already.
    #[error("too many requests for one account at once")]
    Crowded,
    /// A row says what cannot be.
    #[error("a row cannot be read: {0}")]
    Corrupt(&'static str),
    /// A key is missing, or a sealed value was changed.
    #[error("a sealed value cannot be used")]
    Key(#[from] KeyError),
    /// The clock runs behind the account's trail.
    #[error("the database's clock runs behind the account's last event by more than {TOLERANCE_SECONDS} s")]
    ClockBehind,
}

/// How far the clock may run behind an account's last event; within it, the event's time counts (architecture, idea 10).
pub const TOLERANCE_SECONDS: u64 = 5;

/// Whether a race was lost for the last place in a window: nothing was written, and the next load shows it.
pub(super) fn is_over_cap(error: &tokio_postgres::Error) -> bool {
    let constraint = error.as_db_error().and_then(tokio_postgres::error::DbError::constraint);
    constraint.is_some_and(|constraint| constraint.starts_with("windows_"))
}
