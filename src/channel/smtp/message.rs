//! The mail that an envelope becomes (RFC 5322, MIME), and whom it goes to.
//!
//! Whatever a text holds, it makes no line of the head, and none that a mail server could take for the end: heads are encoded,
//! bodies are quoted-printable. lettre's copies of the text are not wiped.

use std::time::{Duration, SystemTime};

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use url::Host;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::super::{Envelope, Reason, SendError};
use crate::domain::address;

/// Whom mails are from.
pub struct Author {
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

/// A mailbox is none that a mail can be from.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no mailbox that a mail can be from")]
pub struct NotAnAuthor(address::Mailbox);

impl Author {
    /// Mails from this mailbox, with a name that mail programs show for it.
    pub fn new(name: Option<&str>, mailbox: &address::Mailbox) -> Result<Self, NotAnAuthor> {
        Ok(Self { from: named(name, mailbox)?, reply_to: None })
    }

    /// The same whose replies go elsewhere.
    pub fn with_replies_to(self, name: Option<&str>, mailbox: &address::Mailbox) -> Result<Self, NotAnAuthor> {
        Ok(Self { reply_to: Some(named(name, mailbox)?), ..self })
    }
}

fn named(name: Option<&str>, mailbox: &address::Mailbox) -> Result<Mailbox, NotAnAuthor> {
    // Every mail server takes one in ASCII.
    let ascii = mailbox.reveal().is_ascii().then(|| mailbox.reveal().parse().ok()).flatten();
    let address = ascii.ok_or_else(|| NotAnAuthor(mailbox.clone()))?;
    Ok(Mailbox::new(name.map(on_one_line), address))
}

/// A mail, ready to be handed over.
pub(super) struct Mail {
    /// Whom it is from.
    pub(super) from: Address,
    /// Whom it is for; the domain in ASCII.
    pub(super) to: Address,
    text: Zeroizing<Vec<u8>>,
}

impl Mail {
    /// The mail of `envelope`: the same each time.
    pub(super) fn of(author: &Author, envelope: &Envelope) -> Result<Self, SendError> {
        let to = recipient(envelope.address.reveal());
        let to = to.ok_or_else(|| SendError::AddressRefused(Reason::new("it is no mailbox that mail can go to")))?;
        let message = message(author, to.clone(), envelope);
        let message =
            message.map_err(|error| SendError::Failed(Reason::new(format!("no mail could be made: {error}"))))?;
        let text = with_end(&Zeroizing::new(message.formatted()));
        Ok(Self { from: author.from.email.clone(), to, text })
    }

    /// Its lines as they are sent after `DATA`, the last one included.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether every mail server takes it.
    pub(super) fn is_ascii(&self) -> bool {
        self.to.user().is_ascii() && self.text.is_ascii()
    }
}

/// The mailbox with its domain as DNS has it.
fn recipient(mailbox: &str) -> Option<Address> {
    let (local, domain) = mailbox.rsplit_once('@')?;
    let domain = match domain.is_ascii().then_some(domain) {
        Some(domain) => domain.to_owned(),
        None => Host::parse(domain).ok()?.to_string(),
    };
    Address::new(local, domain).ok()
}

fn message(author: &Author, to: Address, envelope: &Envelope) -> Result<Message, lettre::error::Error> {
    let domain = author.from.email.domain();
    let fixed = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let mut head = Message::builder()
        .from(author.from.clone())
        .to(Mailbox::new(None, to))
        .subject(on_one_line(&envelope.subject))
        .date(date_of(envelope.transmission))
        .message_id(Some(format!("<{}@{domain}>", envelope.transmission)))
        // RFC 3834; and for those who do not know it. Nobody's absence is to be told to the bank.
        .raw_header(fixed("Auto-Submitted", "auto-generated"))
        .raw_header(fixed("X-Auto-Response-Suppress", "All"));
    if let Some(reply_to) = &author.reply_to {
        head = head.reply_to(reply_to.clone());
    }
    let plain = part(ContentType::TEXT_PLAIN, envelope.body.reveal());
    match &envelope.html {
        None => head.singlepart(plain),
        Some(html) => {
            let parts = MultiPart::alternative().boundary(envelope.transmission.simple().to_string());
            head.multipart(parts.singlepart(plain).singlepart(part(ContentType::TEXT_HTML, html.reveal())))
        }
    }
}

/// Quoted-printable, whatever it holds: no server then changes or mistakes a line of it.
fn part(kind: ContentType, text: &str) -> SinglePart {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(text)
}

/// The text without what would end a line, or show it otherwise than it is.
fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The moment that a transmission began (its id says it): a repeat has the same.
fn date_of(transmission: Uuid) -> SystemTime {
    let (seconds, nanos) = transmission.get_timestamp().map_or((0, 0), |began| began.to_unix());
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
}

/// The lines as SMTP carries them: a dot before each that begins with one, a line with a dot alone behind the last (RFC 5321
/// section 4.5.2).
fn with_end(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut lines = Zeroizing::new(Vec::with_capacity(text.len() + text.len() / 16 + 8));
    for line in text.strip_suffix(b"\r\n").unwrap_or(text).split(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            lines.push(b'.');
        }
        lines.extend(line);
        lines.push(b'\n');
    }
    if lines.last() == Some(&b'\n') {
        lines.pop();
    }
    lines.extend(b"\r\n.\r\n");
    lines
}

#[cfg(test)]
mod tests;
