//! For a bank core in Rust that protects its own handlers: a layer for actix-web that asks Tanager over its back channel
//! (scope `service`) before a handler runs, and tells it afterwards what became of it.
//!
//! ```no_run
//! use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
//! use tanager::guard::{Approved, Guard, GuardSettings, Operation, ServiceToken};
//!
//! /// What the customer reads beside the TAN. It reads the body as the handler does.
//! fn summary(_: &HttpRequest, body: &[u8]) -> Option<String> {
//!     let transfer: serde_json::Value = serde_json::from_slice(body).ok()?;
//!     Some(format!("Transfer {} to {}", transfer["amount"].as_str()?, transfer["iban"].as_str()?))
//! }
//!
//! async fn transfer(approved: Approved, body: web::Bytes) -> HttpResponse {
//!     // Books the money, once for each idempotency key.
//!     let _key = approved.approval().map(|approval| &approval.idempotency_key);
//!     HttpResponse::Ok().finish()
//! }
//!
//! # fn log_in() -> actix_web::middleware::DefaultHeaders { Default::default() }
//! # async fn list() -> HttpResponse { HttpResponse::Ok().finish() }
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let token = ServiceToken::parse(&std::fs::read_to_string("/etc/bank/tanager-token")?)?;
//!     let guard = Guard::new(&GuardSettings::new("http://127.0.0.1:9967", token))?;
//!     let server = HttpServer::new(move || {
//!         let protection = guard.protect(Operation { idempotent: true, ..Operation::bound(summary) });
//!         let transfers = web::resource("/accounts/{username}/transactions")
//!             .route(web::get().to(list))
//!             .route(web::post().to(transfer).wrap(protection))
//!             .wrap(log_in()); // outside the protection: see below
//!         App::new().service(transfers)
//!     });
//!     Ok(server.bind("127.0.0.1:8081")?.run().await?)
//! }
//! ```
//!
//! # What it does
//!
//! 1. It reads the body, bounded, and its SHA-256, and reserves the token in `TAN-Token` at Tanager. A refusal goes to the
//!    client as Tanager said it, with `TAN-Required` and `Retry-After`; the handler does not run.
//! 2. It runs the handler, with the body put back. The extractor [`Approved`] says how the request passed.
//! 3. A 2xx or 3xx spends the token, before the reply leaves. A 4xx (but 408, 425, 429) releases it. Anything else, a
//!    panic and a client that hangs up among it, is an unknown outcome, and settles nothing: see
//!    [`Operation::idempotent`].
//!
//! It **fails closed**: while Tanager does not answer, protected requests are 503/10090 and nothing runs.
//!
//! # What it does not do
//!
//! - It does **not** know who is calling. Authenticate the caller, and check that the account in the path is the caller's,
//!   in a layer *outside* this one; in actix-web the layer that is wrapped last runs first. Who is not authenticated must
//!   not learn an account's channels, nor cause messages.
//! - A resource that is wrapped whole is protected with all its methods. Wrap the route (`web::post().to(…).wrap(…)`) to
//!   protect one.
//! - Nothing between the client and this layer may rewrite the path, or the body: the token is bound to both, byte for byte.
//!   A `Content-Encoding` is refused.
//!
//! This module uses nothing else of this crate: it is a client of the public API.

mod approved;
mod back_channel;
mod incoming;
mod operation;
mod protection;
mod refusal;
mod relayed;
mod reservation;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

pub use approved::{Approval, Approved};
use back_channel::BackChannel;
pub use operation::{Assurance, Operation, Strength, Summary, Username};
pub use protection::{Protected, Protection};
pub use refusal::Refusal;
pub use settings::{GuardError, GuardSettings, ServiceToken};

/// Tanager, as the handlers of a bank core see it. Cheap to clone: all clones share their connections.
#[derive(Clone)]
pub struct Guard(Arc<BackChannel>);

impl Guard {
    /// A guard that calls nothing yet. Fails when the settings are none that can be called with.
    pub fn new(settings: &GuardSettings) -> Result<Self, GuardError> {
        BackChannel::new(settings).map(|channel| Self(Arc::new(channel)))
    }

    /// The layer around a handler that asks for what `operation` says.
    #[must_use]
    pub fn protect(&self, operation: Operation) -> Protection {
        Protection { channel: Arc::clone(&self.0), operation }
    }
}
