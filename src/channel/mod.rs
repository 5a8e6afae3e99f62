//! One message out: to a telephone or a mailbox, through whatever transport the operator chose.
//!
//! A [`Sender`] is a transport, one file or folder each; a [`Transport`] is one with its name and with what is known of how it
//! does; an [`Outlet`] is the transports of a channel, in order of preference, behind a gate that bounds how much runs at
//! once; [`Outlets`] names the outlet of each channel. This layer decides nothing: whether a message may be sent, and what
//! follows when it could not be, is the business of the layers above. It must not touch the database, and no secret
//! may leave it but through the transport.

mod blot;
mod descriptors;
mod envelope;
mod error;
mod gate;
mod http;
mod outlet;
mod outlets;
mod persistent;
mod program;
mod recording;
mod script;
mod smtp;
mod transport;

use std::time::Duration;

use futures_util::{
    FutureExt,
    future::{BoxFuture, ready},
};

pub use descriptors::{SealError, seal_descriptors};
pub use envelope::{Envelope, MessageBody, MessageKind};
pub use error::{Reason, SendError};
pub use gate::{Admission, Busy, GateSettings};
pub use http::{Credentials, HttpError, HttpSender};
pub use outlet::{Delivery, Outlet};
pub use outlets::Outlets;
pub use persistent::PersistentSender;
pub use recording::Recording;
pub use script::ScriptSender;
pub use smtp::{Author, MailEncryption, MailLogin, MailPool, MailServer, NotAnAuthor, SmtpSender};
pub use transport::Transport;

/// A transport: it carries one message out.
pub trait Sender: Send + Sync {
    /// Hands `envelope` over to the transport. `Ok` means that the transport took charge of it. Dropping the future
    /// ends the attempt, and all that it started; whether the message went out is not known then. Comes back within
    /// [`Sender::timeout`] plus a second.
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), SendError>>;

    /// Whether a message could be tried now; else an English sentence that says why not and names no secret. Cheap
    /// enough to be asked for every request.
    fn readiness(&self) -> Result<(), String>;

    /// The longest that a hand-over may take before it is given up as [`SendError::TimedOut`].
    fn timeout(&self) -> Duration;

    /// Starts what runs all the time, so that the first message need not wait for it. For those that are about to serve; a
    /// message that comes without it starts it too.
    fn begin(&self) {}

    /// Ends what runs all the time, within a few seconds. To be called when nothing is being sent any more.
    fn end(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}
