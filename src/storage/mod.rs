//! Rows and domain types: a concrete datastore over PostgreSQL, and the file of checkpoints beside it. No rule is decided here,
//! and nothing of HTTP is known.

pub mod access_tokens;
mod account_rows;
pub mod accounts;
pub mod ceilings;
pub mod checkpoint_file;
pub mod claims;
mod columns;
pub mod connect;
pub mod datastore;
mod decisions;
pub mod error;
mod factor_rows;
pub mod history;
pub mod import;
pub mod keys;
mod meters;
mod moment;
pub mod notices;
pub mod prefixes;
pub mod retention;
pub mod schema;
mod seal;
pub mod sql;
pub mod traffic;
pub mod trail;
mod transition;
mod turns;
mod wanted;
