//! A challenge and an account as their customer sees them.

use super::{
    account::{Account, Terms},
    challenge::{Challenge, Phase},
    channel::Channel,
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
        let transmits = challenge.channel.transmits();
        let left = terms.limits.transmissions_per_challenge.saturating_sub(challenge.transmissions_begun());
        let busy = self.busy(challenge, terms);
        let own = challenge.cools_until(terms.limits).unwrap_or(challenge.requested_at);
        let earliest = if busy.is_zero() { own } else { terms.now.plus(busy) };
        ChallengeView {
            id: challenge.id,
            channel: challenge.channel,
            tan_info: challenge.address.masked(),
            solve_expiration: challenge.tan_expires_at,
            earliest_retransmission: transmits.then_some(earliest),
            attempts_left: challenge.attempts_left,
            transmissions_left: transmits.then_some(left),
            summary: challenge.summary.as_deref().map(|summary| self.masked_text(summary)),
            phase: challenge.phase(terms.now),
        }
    }
}
