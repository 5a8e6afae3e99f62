//! A challenge as its customer sees it, and as operators do who look into a complaint. Neither sees a TAN, a token or a
//! hash; an operator no address whole.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

use super::{
    account::{Account, Terms},
    address::{Address, Mailbox, PhoneNumber},
    challenge::{Challenge, ChallengeKind, Phase},
    channel::Channel,
    factor::Target,
    id::ChallengeId,
    time::Timestamp,
};

/// A challenge as its customer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeView {
    /// Its id.
    pub id: ChallengeId,
    /// Its channel.
    pub channel: Channel,
    /// The masked address.
    pub tan_info: String,
    /// When the TAN in force runs out.
    pub solve_expiration: Timestamp,
    /// When it may be sent again; `None` where nothing is transmitted.
    pub earliest_retransmission: Option<Timestamp>,
    /// Wrong tries that the TAN in force still stands.
    pub attempts_left: u16,
    /// Messages that may still be sent; `None` where nothing is transmitted.
    pub transmissions_left: Option<u16>,
    /// What is being approved.
    pub summary: Option<String>,
    /// Where it stands.
    pub phase: Phase,
}

/// A challenge as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeRecord {
    /// What its customer sees of it; in its summary every address is masked, whosever it is.
    pub shown: ChallengeView,
    /// What solving it yields.
    pub kind: ChallengeKind,
    /// When it was requested.
    pub requested_at: Timestamp,
}

/// What may be an address within a text: a number with its country code, or a name at a host.
static WRITTEN_ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the pattern is a constant, and a test reads it")]
    Regex::new(r"\+[1-9][0-9]{6,14}|[^\s@/:;,=&?<>()]+@[\p{L}\p{M}\p{N}.-]*[\p{L}\p{M}\p{N}]")
        .expect("the pattern of an address")
});

/// A text with every address masked. An account may have had more of them than it has now, and a summary names one that
/// is only proposed.
fn without_addresses(text: &str) -> Cow<'_, str> {
    WRITTEN_ADDRESS.replace_all(text, |found: &Captures<'_>| {
        let raw = found.get(0).map_or("", |whole| whole.as_str());
        // Whether it would be accepted today does not matter: it may have been once.
        let address = if raw.starts_with('+') && !raw.contains('@') {
            Address::Phone(PhoneNumber::stored(raw))
        } else {
            Address::Mailbox(Mailbox::stored(raw))
        };
        address.masked()
    })
}

impl Account {
    /// A text with the account's contact data masked, as its customer's clients see them; messages show them whole.
    #[must_use]
    pub fn masked_text(&self, text: &str) -> String {
        self.contact
            .addresses()
            .fold(text.to_owned(), |text, address| text.replace(address.reveal(), &address.masked()))
    }

    /// The customer's view of one of the account's challenges.
    #[must_use]
    pub fn view(&self, challenge: &Challenge, terms: &Terms<'_>) -> ChallengeView {
        let transmits = challenge.channel().transmits();
        let left = terms.limits.transmissions_per_challenge.saturating_sub(challenge.transmissions_begun());
        let busy = self.busy(challenge, terms);
        let own = challenge.cools_until(terms.limits).unwrap_or(challenge.requested_at);
        let earliest = if busy.is_zero() { own } else { terms.now.plus(busy) };
        ChallengeView {
            id: challenge.id,
            channel: challenge.channel(),
            tan_info: self.tan_info(challenge, terms),
            solve_expiration: challenge.tan_expires_at,
            earliest_retransmission: transmits.then_some(earliest),
            attempts_left: challenge.attempts_left,
            transmissions_left: transmits.then_some(left),
            summary: challenge.summary.as_ref().map(|summary| self.masked_text(summary.whole())),
            phase: challenge.phase(terms.now),
        }
    }

    /// What its customer knows by which it can be proven.
    fn tan_info(&self, challenge: &Challenge, terms: &Terms<'_>) -> String {
        match &challenge.target {
            Target::Address(address) => address.masked(),
            Target::NewDevice(device) => device.name.to_string(),
            Target::Devices | Target::RecoveryCodes => self.shown_of(challenge.channel(), &terms.policy),
        }
    }

    /// An operator's view of one of the account's challenges.
    #[must_use]
    pub fn operators_view(&self, challenge: &Challenge, terms: &Terms<'_>) -> ChallengeRecord {
        let mut shown = self.view(challenge, terms);
        shown.summary = shown.summary.map(|summary| without_addresses(&summary).into_owned());
        ChallengeRecord { shown, kind: challenge.kind, requested_at: challenge.requested_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_in_a_text_is_masked_and_nothing_else_is_touched() {
        for (text, masked) in [
            ("send TANs by SMS to +41791234567", "send TANs by SMS to +41*****4567"),
            ("send TANs by email to alice@example.com.", "send TANs by email to a***@example.com."),
            ("to tel:+41791234567, and mailto:bob@b.example", "to tel:+41*****4567, and mailto:b***@b.example"),
            (
                "Transfer EUR:120.00 to payto://iban/DE43999900000000001002",
                "Transfer EUR:120.00 to payto://iban/DE43999900000000001002",
            ),
            ("3 + 4 apples @ 2.50", "3 + 4 apples @ 2.50"),
            ("send TANs by SMS to +4179123", "send TANs by SMS to +41***23"),
            ("to zoë@münchen.example, a%b@relay", "to z***@münchen.example, a***@relay"),
            ("to +41791234567@sms.example", "to +41*****4567@sms.example"),
        ] {
            assert_eq!(without_addresses(text), masked);
        }
    }
}
