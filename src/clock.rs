//! Time, handed in. Instances' clocks differ, so decisions use the database's, which every load returns; a [`Clock`]
//! may shift it, which only tests do.

use crate::domain::time::Timestamp;

/// The time that the service lives in.
pub trait Clock: Send + Sync {
    /// The moment that `database` stands for.
    fn shift(&self, database: Timestamp) -> Timestamp;
}

/// The database's time as it is.
pub struct DatabaseClock;

impl Clock for DatabaseClock {
    fn shift(&self, database: Timestamp) -> Timestamp {
        database
    }
}
