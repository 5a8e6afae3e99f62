//! HTTP as it is spoken at the API's and the operators' listeners: what is read, what is answered, and how errors look.
//!
//! Knows the use cases and the domain, and nothing of rows or SQL. A time is never compared with a time here.

pub mod body;
pub mod code;
pub mod docs;
pub mod error;
pub mod headers;
pub mod json;
pub mod method;
pub mod metrics;
pub mod middleware;
pub mod path;
pub mod query;
mod refusal;
pub mod secret;
pub mod wire;
