//! The gateway: what stands in front of a bank core.

pub mod summary;
