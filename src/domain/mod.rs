//! The rules: a state and a moment in, a new state and an outcome out.
//!
//! Pure: no I/O, no async, no clock, no serde, and nothing of the layers above it. What the rules need of time and
//! of chance is handed in.

pub mod address;
pub mod chance;
pub mod channel;
pub mod limits;
pub mod time;
pub mod username;
