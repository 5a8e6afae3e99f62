//! The rules: a state and a moment in, a new state and an outcome out.
//!
//! Pure: no I/O, no async, no clock, no serde, and nothing of the layers above it. What the rules need of time and
//! of chance is handed in.

pub mod account;
pub mod address;
pub mod allowance;
pub mod assurance;
pub mod breaker;
pub mod caller;
pub mod challenge;
pub mod chance;
pub mod channel;
pub mod checkpoint;
pub mod credential;
pub mod event;
pub mod factor;
pub mod id;
pub mod keys;
pub mod language;
pub mod limits;
pub mod meter;
pub mod notice;
pub mod operation;
pub mod policy;
pub mod prefix_guard;
pub mod recovery;
pub mod refusal;
pub mod reservation;
pub mod rules;
pub mod secret;
pub mod standing;
pub mod summary;
pub mod taler;
pub mod tan;
#[cfg(test)]
pub(crate) mod testing;
pub mod ticket;
pub mod time;
pub mod totp;
pub mod traffic;
pub mod username;
pub mod view;
