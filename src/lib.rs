//! Tanager: a bank-style TAN challenge service.
//!
//! The layout of folders is the architecture; `docs/ARCHITECTURE.md` tells it, and `tests/layering.rs` keeps it.

pub mod demo;
pub mod domain;
