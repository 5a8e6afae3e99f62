//! What a persistent script says of a message.

use serde::Deserialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::super::{Envelope, Reason, SendError, blot::Heard};

/// A line that the program wrote. What it says in its own words may repeat the message: it is wiped when dropped.
#[derive(Deserialize)]
pub(super) struct Answer {
    /// Which sending it speaks of.
    pub(super) transmission: Uuid,
    outcome: Zeroizing<String>,
    reason: Option<Zeroizing<String>>,
}

impl Answer {
    /// Reads a line; `None`: it is no answer.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// What it means for the message of `envelope`, with its words for the log. Another outcome than those of the contract
    /// spoils this message alone.
    pub(super) fn verdict(self, envelope: &Envelope) -> Result<(), SendError> {
        let reason = self.reason.map_or_else(String::new, |reason| {
            let mut heard = Heard::nothing();
            heard.hear(reason.as_bytes());
            heard.blotted(envelope.address.reveal(), envelope.expected_digits)
        });
        Err(match self.outcome.as_str() {
            "sent" => return Ok(()),
            "address_refused" => SendError::AddressRefused(Reason::new(reason)),
            "try_later" => SendError::TryLater(Reason::new(reason)),
            "misconfigured" => SendError::Misconfigured(Reason::new(reason)),
            "failed" => SendError::Failed(Reason::new(reason)),
            _ => SendError::Failed(Reason::new("it said an outcome that the contract does not know")),
        })
    }
}
