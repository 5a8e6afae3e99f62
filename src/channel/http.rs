//! The transport that calls a gateway over HTTP: an SMS gateway, or the API of a mail service.
//!
//! One call for each message and never a second one: what may have been read is not sent again, whatever became of it. The
//! TAN and the secret go to the URL that is configured or nowhere: no redirect is followed, no proxy of the environment gets
//! between, and what the gateway says is blotted before anyone reads it.

mod line;
mod said;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use reqwest::Request;
use rustls::RootCertStore;
use tokio::time::Instant;
use zeroize::Zeroizing;

use self::{
    line::{End, Heard, Line, Lost},
    said::Said,
};
use super::{Envelope, Reason, SendError, Sender};
use crate::{
    call::{Call, Content, Filled, Replies, Values, Verdict},
    tls,
};

/// Why a gateway can never be called.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nothing that the gateway's certificate could be checked against.
    #[error("there are no root certificates to check the gateway's with")]
    NoRoots,
    /// The TLS versions that the provider does not have.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The client.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// What proves this service to a gateway. Not printable.
#[derive(Default)]
pub struct Credentials {
    /// What templates call `secret`; empty where there is none.
    pub secret: Zeroizing<String>,
    /// As whom, where the two go as HTTP Basic (RFC 7617).
    pub username: Option<String>,
}

/// Hands each message over in one call.
pub struct HttpSender {
    call: Arc<Call>,
    replies: Arc<Replies>,
    credentials: Credentials,
    line: Line,
    timeout: Duration,
}

impl HttpSender {
    /// Calls as `call` says, over TLS with a gateway whose certificate these `roots` prove, and gives it `timeout` to reply. To be
    /// called on the runtime that the connections are to live on.
    pub fn new(
        call: Arc<Call>,
        replies: Arc<Replies>,
        credentials: Credentials,
        roots: RootCertStore,
        timeout: Duration,
    ) -> Result<Self, HttpError> {
        if call.target.is_over_tls() && roots.is_empty() {
            return Err(HttpError::NoRoots);
        }
        let line = Line::over(tls::client(roots)?, timeout).map_err(HttpError::Client)?;
        Ok(Self { call, replies, credentials, line, timeout })
    }

    async fn carry(&self, envelope: &Envelope) -> Result<(), SendError> {
        let deadline = Instant::now() + self.timeout;
        let request = self.request(envelope)?;
        let whole = self.replies.read_the_body();
        let heard = self.line.exchange(request, whole, deadline).await.map_err(|lost| self.lost(&lost, envelope))?;
        self.verdict(heard, envelope)
    }

    fn request(&self, envelope: &Envelope) -> Result<Request, SendError> {
        let transmission = envelope.transmission.to_string();
        let values = Values {
            address: envelope.address.reveal(),
            message: envelope.body.reveal(),
            subject: &envelope.subject,
            html: envelope.html.as_ref().map_or("", |html| html.reveal()),
            channel: envelope.channel.name(),
            kind: envelope.kind.name(),
            account: envelope.account.as_str(),
            transmission: &transmission,
            language: Cow::Borrowed(&envelope.language),
            secret: &self.credentials.secret,
        };
        let wrong = |error: &dyn std::fmt::Display| SendError::Misconfigured(Reason::new(error.to_string()));
        let Filled { url, headers, body } = self.call.fill(&values).map_err(|error| wrong(&error))?;
        let mut request = self.line.bare(self.call.method.as_str(), url);
        if let Some(username) = &self.credentials.username {
            request = request.basic_auth(username, Some(self.credentials.secret.as_str()));
        }
        request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        if let Some(Content { content_type, bytes }) = body {
            request = request.header(reqwest::header::CONTENT_TYPE, content_type).body(bytes.to_vec());
        }
        request.build().map_err(|error| wrong(&error.without_url()))
    }

    fn verdict(&self, heard: Heard, envelope: &Envelope) -> Result<(), SendError> {
        let Heard { status, body, end } = heard;
        let said = Said::new(&body, end);
        let verdict = self.replies.judge(status, said.json());
        let words = said.blotted(&self.credentials, envelope);
        let note = |what: &str| {
            let what = if what.is_empty() { format!("status {status}") } else { format!("status {status}, {what}") };
            let reason = Reason::new(if words.is_empty() { what } else { format!("{what}, it said: {words}") });
            if is_of_the_message(status) { reason.of_the_message() } else { reason }
        };
        // Status alone is not what it has to say, and the rest did not come: nobody knows what it was.
        if self.replies.accept(status) && self.replies.read_the_body() {
            match end {
                End::Whole => {}
                End::Late => return Err(SendError::TimedOut(note("its reply did not end in time"))),
                End::Cut => return Err(SendError::Failed(note("its reply is too long"))),
                End::Broken => return Err(SendError::Failed(note("its reply broke off"))),
            }
        }
        match verdict {
            Verdict::Accepted => {
                tracing::debug!(channel.name = envelope.channel.name(), channel.output = words, "a gateway said");
                Ok(())
            }
            Verdict::AddressRefused => Err(SendError::AddressRefused(note(""))),
            Verdict::TryLater => Err(SendError::TryLater(note(""))),
            Verdict::Misconfigured => Err(SendError::Misconfigured(note(hint(status)))),
            Verdict::Failed => Err(SendError::Failed(note(""))),
        }
    }

    fn lost(&self, lost: &Lost, envelope: &Envelope) -> SendError {
        let why = |text: &str| Reason::new(Said::new(text.as_bytes(), End::Whole).blotted(&self.credentials, envelope));
        match lost {
            Lost::Late => SendError::TimedOut(Reason::new("it did not reply in time")),
            Lost::Unreachable(text) => SendError::TryLater(why(text)),
            Lost::Untrusted(text) => SendError::Misconfigured(why(text)),
            Lost::Broken(text) => SendError::Failed(why(text)),
        }
    }
}

impl Sender for HttpSender {
    fn send<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.carry(envelope))
    }

    /// What is needed was there at start; whether the gateway is, only a call can tell.
    fn readiness(&self) -> Result<(), String> {
        Ok(())
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// Whether a status finds fault with what was asked, and not with who asks, where, how or how often.
const fn is_of_the_message(status: u16) -> bool {
    matches!(status, 400 | 406 | 409..=416 | 422)
}

/// What an operator is to look at.
fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => "it does not take the secret",
        300..=399 => "it sends elsewhere, and redirects are not followed",
        _ => "it has nothing there, or not for this method",
    }
}
