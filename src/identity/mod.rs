//! Credentials become a caller. Nothing is decided here about what the caller may do.

mod answers;
pub mod client;
pub mod introspection;
mod json;
pub mod local;
pub mod source;
#[cfg(test)]
mod stub;
pub mod unclear;
pub mod upstream;
pub mod verdict;
