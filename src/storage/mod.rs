//! Rows and domain types: a concrete datastore over PostgreSQL. No rule is decided here, and nothing of HTTP is known.

pub mod access_tokens;
mod account_rows;
pub mod accounts;
pub mod claims;
mod columns;
pub mod connect;
pub mod datastore;
pub mod error;
pub mod import;
pub mod keys;
mod meters;
mod moment;
mod planning;
pub mod retention;
pub mod schema;
mod seal;
pub mod sql;
pub mod trail;
mod transition;
mod turns;
