//! The bodies of the API as they are written: what is read and what is answered, with their names on the wire.
//!
//! A reply is made out of the domain's values and can be serialised; a request is read out of a [`Body`] into the domain's
//! types. Nothing is decided here but form. Types that carry addresses, TANs or tokens have no `Debug`.
//!
//! [`Body`]: super::json::Body

pub mod account;
pub mod address;
pub mod audit;
pub mod challenge;
pub mod channel;
pub mod error;
pub mod history;
pub mod operation;
pub mod public;
pub mod session;
pub mod statistics;
pub mod taler;
pub mod time;

#[cfg(test)]
mod tests;
