//! A message as the line of JSON that a persistent script reads.

use std::io::{self, Write};

use serde::Serialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::super::{Envelope, MessageBody};
use crate::domain::channel::Channel;

/// The members, by the names of the contract.
#[derive(Serialize)]
struct Members<'a> {
    transmission: Uuid,
    channel: &'a str,
    kind: &'a str,
    account: &'a str,
    language: &'a str,
    address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
}

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line with its end. It holds a TAN: it is written into memory of the right size at once, so that growing leaves no copy
/// behind, and that memory is wiped when dropped.
pub(super) fn of(envelope: &Envelope) -> serde_json::Result<Zeroizing<Vec<u8>>> {
    let members = Members {
        transmission: envelope.transmission,
        channel: envelope.channel.name(),
        kind: envelope.kind.name(),
        account: envelope.account.as_str(),
        language: &envelope.language,
        address: envelope.address.reveal(),
        subject: (envelope.channel == Channel::Email).then_some(&envelope.subject),
        message: envelope.body.reveal(),
        html: envelope.html.as_ref().map(MessageBody::reveal),
    };
    let mut length = Length(1);
    serde_json::to_writer(&mut length, &members)?;
    let mut line = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *line, &members)?;
    line.push(b'\n');
    Ok(line)
}
