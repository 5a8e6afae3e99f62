//! Why a mail was not taken, and what that means for the message.

use std::{fmt, io};

use super::{
    super::{Envelope, Reason, SendError, blot::Heard},
    reply::Reply,
};

/// How far a dialogue had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// As many connections as may be are in use.
    Waiting,
    /// The way to the server.
    Connecting,
    /// TLS.
    Encrypting,
    /// Its first words.
    Greeting,
    /// `EHLO`.
    Hello,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`.
    LogIn,
    /// `MAIL`.
    From,
    /// `RCPT`.
    To,
    /// `DATA`.
    Data,
    /// The mail itself: from here on it may have been taken, whatever happens.
    Mail,
}

impl fmt::Display for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Waiting => "waiting for a connection",
            Self::Connecting => "connecting",
            Self::Encrypting => "TLS",
            Self::Greeting => "its greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::LogIn => "AUTH",
            Self::From => "MAIL",
            Self::To => "RCPT",
            Self::Data => "DATA",
            Self::Mail => "the mail itself",
        })
    }
}

/// What went wrong.
#[derive(Debug)]
pub(super) enum Cause {
    /// The server said no, or something else than what it was asked for.
    Said(Reply),
    /// The connection broke, or was never made.
    Broken(io::Error),
    /// The server cannot be trusted to be the one that is meant, or it cannot do TLS.
    NotTrusted(String),
    /// It took too long.
    TimedOut,
    /// The server spoke before it was asked: its words cannot be told apart from answers.
    OutOfTurn,
    /// What it said is no reply of a mail server.
    NotSmtp,
    /// Its reply has no end.
    TooMuch,
    /// It lacks what the configuration asks for; what to do.
    Lacks(&'static str),
    /// It takes no mailboxes beyond ASCII (RFC 6531), and this one is.
    AsciiAlone,
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls) => Self::NotTrusted(tls.to_string()),
            None => Self::Broken(error),
        }
    }
}

/// Why a mail was not taken, and when.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) stage: Stage,
    pub(super) cause: Cause,
}

impl Trouble {
    pub(super) const fn new(stage: Stage, cause: Cause) -> Self {
        Self { stage, cause }
    }

    /// Whether a connection that had been kept shows by this that it was dead, or about to be closed, before it was used
    /// again. Nothing was taken on it then.
    pub(super) fn is_of_the_dead(&self) -> bool {
        let dead = match &self.cause {
            Cause::Broken(_) | Cause::OutOfTurn => true,
            Cause::TimedOut => self.stage == Stage::From,
            Cause::Said(reply) => reply.code() == 421,
            _ => false,
        };
        dead && self.stage != Stage::Mail
    }

    /// Whether the server still listens, so that it can be told good-bye.
    pub(super) fn leaves_it_listening(&self) -> bool {
        matches!(&self.cause, Cause::Said(reply) if reply.code() != 421) || matches!(self.cause, Cause::AsciiAlone)
    }

    /// What it means for the message, in words that are fit for the log.
    pub(super) fn told(self, envelope: &Envelope) -> SendError {
        let (meaning, is_of_the_message) = (self.meaning(), self.is_of_the_message());
        let mut heard = Heard::nothing();
        heard.hear(self.to_string().as_bytes());
        let reason = Reason::new(heard.blotted(envelope.address.reveal(), envelope.expected_digits));
        meaning(if is_of_the_message { reason.of_the_message() } else { reason })
    }

    /// Whether the server works, and has something against this recipient or this mail: it is full, greylisted, or looks like
    /// spam. Who does not relay for us at all says so of each recipient, but as a matter of policy.
    fn is_of_the_message(&self) -> bool {
        let Cause::Said(reply) = &self.cause else { return false };
        let of_the_recipient = || !matches!(self.meaning()(Reason::default()), SendError::Misconfigured(_));
        match self.stage {
            _ if reply.code() == 421 => false,
            Stage::To => of_the_recipient(),
            Stage::Mail => true,
            _ => false,
        }
    }

    fn meaning(&self) -> fn(Reason) -> SendError {
        match &self.cause {
            Cause::Said(reply) => refusal(self.stage, reply),
            // Without its last line a mail is not taken; but who knows whether the line arrived?
            Cause::Broken(_) if self.stage == Stage::Mail => SendError::Failed,
            Cause::Broken(_) | Cause::OutOfTurn => SendError::TryLater,
            Cause::NotTrusted(_) | Cause::Lacks(_) => SendError::Misconfigured,
            Cause::TimedOut => SendError::TimedOut,
            Cause::NotSmtp | Cause::TooMuch => SendError::Failed,
            Cause::AsciiAlone => SendError::AddressRefused,
        }
    }
}

/// What a refusal means. The reason in the reply (RFC 3463) goes before its code, which says little.
fn refusal(stage: Stage, reply: &Reply) -> fn(Reason) -> SendError {
    match (reply.code() / 100, reply.enhanced()) {
        (4, _) => SendError::TryLater,
        (5, enhanced) => match enhanced {
            // Policy, relaying and credentials; and our own address, not the customer's.
            Some((7, _) | (1, 7 | 8)) => SendError::Misconfigured,
            _ if is_before_the_recipient(stage) => SendError::Misconfigured,
            // There is no such mailbox, it is closed for good, or it may not be written like that.
            Some((1, _) | (2, 1) | (6, 7)) => SendError::AddressRefused,
            None if stage == Stage::To => without_reason(reply),
            _ => SendError::Failed,
        },
        _ => SendError::Failed,
    }
}

/// Whatever is refused then has nothing to do with the message.
const fn is_before_the_recipient(stage: Stage) -> bool {
    matches!(stage, Stage::Greeting | Stage::Hello | Stage::StartTls | Stage::LogIn | Stage::From)
}

/// A refusal of a recipient by its code alone. Who does not relay for us says that with the same code.
fn without_reason(reply: &Reply) -> fn(Reason) -> SendError {
    match reply.code() {
        530 | 535 | 538 => SendError::Misconfigured,
        550..=554 if reply.mentions("relay") || reply.mentions("authenticat") => SendError::Misconfigured,
        550 | 551 | 553 => SendError::AddressRefused,
        _ => SendError::Failed,
    }
}

impl fmt::Display for Trouble {
    /// Before blotting.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.stage)?;
        match &self.cause {
            // What was said before it holds the password.
            Cause::Said(reply) if self.stage == Stage::LogIn => write!(out, "it said {}", reply.code()),
            Cause::Said(reply) => write!(out, "it said: {}", reply.text()),
            Cause::Broken(error) if error.kind() == io::ErrorKind::UnexpectedEof => out.write_str("it hung up"),
            Cause::Broken(error) => error.fmt(out),
            Cause::NotTrusted(why) => out.write_str(why),
            Cause::TimedOut => out.write_str("it took too long"),
            Cause::OutOfTurn => out.write_str("it spoke before it was asked"),
            Cause::NotSmtp => out.write_str("it does not answer as a mail server does"),
            Cause::TooMuch => out.write_str("its reply has no end"),
            Cause::Lacks(what) => out.write_str(what),
            Cause::AsciiAlone => out.write_str("it takes no mailboxes beyond ASCII (SMTPUTF8)"),
        }
    }
}

#[cfg(test)]
mod tests;
