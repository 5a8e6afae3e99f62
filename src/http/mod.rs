//! HTTP as it is spoken at the API's and the operators' listeners: what is read, what is answered, and how errors look.
//!
//! Knows the use cases and the domain, and nothing of rows or SQL. A time is never compared with a time here.

mod accept_language;
mod answer;
pub mod body;
pub mod call;
pub mod code;
pub mod cursor;
pub mod docs;
pub mod error;
pub mod handlers;
pub mod header_names;
pub mod headers;
pub mod json;
pub mod method;
pub mod metrics;
pub mod middleware;
pub mod openapi;
pub mod path;
pub mod qr;
pub mod query;
mod refusal;
pub mod routes;
pub mod secret;
pub mod server;
mod warning;
pub mod wire;
