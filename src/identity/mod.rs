//! Credentials become a caller. Nothing is decided here about what the caller may do.

pub mod local;
pub mod upstream;
