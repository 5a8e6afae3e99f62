//! Tanager: a bank-style TAN challenge service.
//!
//! The layout of folders is the architecture; `docs/ARCHITECTURE.md` tells it, and `tests/layering.rs` keeps it.

pub mod app;
pub mod breaker;
pub mod call;
pub mod chance;
pub mod channel;
pub mod cli;
pub mod clock;
pub mod demo;
pub mod domain;
pub mod gateway;
pub mod guard;
pub mod http;
pub mod identity;
pub mod message;
pub mod service;
pub mod settings;
pub mod storage;
pub mod telemetry;
pub mod tls;
pub mod worker;
