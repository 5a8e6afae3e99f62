//! The reverse proxy in front of a bank core (`api.md` section 6a): whose a request is, what is taken out of it, and how
//! it reaches the core and its answer the client.
//!
//! What an operation needs is decided by the use cases; here is no rule and no row. What passes unprotected is not looked
//! into, and is not changed but for the headers that the contract names.

mod body;
mod forward;
mod gate;
mod headers;
mod lenient;
pub mod listener;
mod progress;
mod proof;
mod protected;
mod reply;
pub mod route;
pub mod summary;
pub mod target;
mod upgrade;
mod upstream;

#[cfg(test)]
mod tests;

pub use gate::{GatewayError, Shared};
