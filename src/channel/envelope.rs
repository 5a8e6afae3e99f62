//! What is carried: a message, whom it goes to, and what the transport may know of it.

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::{address::Address, channel::Channel, username::Username};

/// What a message is for. The names are those that a channel script is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// It carries a TAN.
    Tan,
    /// It tells the customer that something happened.
    Notice,
}

impl MessageKind {
    /// The name in a script's environment.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tan => "tan",
            Self::Notice => "notice",
        }
    }
}

/// The text of a message. It holds a TAN, so it cannot be printed, cloned, compared or serialised, and it is wiped
/// when dropped.
pub struct MessageBody(Zeroizing<String>);

impl MessageBody {
    /// Takes charge of a finished text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text. For transports only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// One message, ready to be carried. All but the body and the address may be seen by other users of the machine (a
/// script's environment), so the subject must not hold a TAN.
pub struct Envelope {
    /// Which sending this is; a repeat after a crash has the same.
    pub transmission: Uuid,
    /// The channel that carries it.
    pub channel: Channel,
    /// What it is for.
    pub kind: MessageKind,
    /// Whose message it is.
    pub account: Username,
    /// The language of the text, as a language tag.
    pub language: String,
    /// The subject of a mail; other channels do not use it.
    pub subject: String,
    /// Where it goes.
    pub address: Address,
    /// The text.
    pub body: MessageBody,
    /// The same as HTML, for a mail; transports that have no use for it leave it.
    pub html: Option<MessageBody>,
    /// The length of a TAN: digit runs of at least this length are blotted out of what a transport says.
    pub expected_digits: u8,
}
