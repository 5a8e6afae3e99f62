//! Activating, replacing and removing what an account proves itself with.

use crate::domain::{
    account::{Account, ActiveChannel, EndedTokens},
    address::Address,
    challenge::{Challenge, ChallengeKind},
    channel::Channel,
    event::{Event, EventKind},
    id::{AccessTokenId, ChallengeId},
    time::Timestamp,
};

/// What a customer is told of, beside what he asked for (OWASP ASVS 6.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Another address is in force.
    AddressReplaced,
    /// This address is no longer used.
    ChannelRemoved,
    /// An operator put this address in force.
    AddressSet,
    /// A block began that ends by itself.
    Blocked,
    /// A block began that only an operator ends.
    BlockedForGood,
    /// A block that only an operator ends is near.
    Warned,
}

/// A message without a TAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What about.
    pub kind: NoticeKind,
    /// Whereto.
    pub address: Address,
}

impl Account {
    /// Puts a proven address in force. Another one before it: every other open challenge and unspent token is void. The
    /// first channel of all: enrolments that other sessions than the one that proved it began without a proof are void.
    /// Returns whom to tell.
    pub(super) fn activate(
        &mut self,
        now: Timestamp,
        address: &Address,
        session: Option<AccessTokenId>,
    ) -> Vec<Notice> {
        let channel = address.channel();
        let before = self.active(channel).map(|active| active.address.clone());
        let first = self.channels.is_empty();
        self.channels.retain(|active| active.address.channel() != channel);
        self.contact.put(address);
        let activated =
            Event::of(EventKind::ChannelActivated).with("channel", channel.name()).with("tan_info", address.masked());
        self.channels.push(ActiveChannel { address: address.clone(), since: now });
        self.note(activated);
        if first {
            // Begun by another session when no proof was asked for: whoever that was would otherwise add a factor to a
            // protected account that nobody approved.
            let foreign = |challenge: &Challenge| challenge.access_token.is_some() && challenge.access_token != session;
            self.void_where("another session proved the account's first channel", |challenge| {
                challenge.kind == ChallengeKind::Address && challenge.paid_by.is_none() && foreign(challenge)
            });
        }
        let Some(before) = before.filter(|before| before != address) else { return Vec::new() };
        self.void_all("another address was activated", None);
        vec![Notice { kind: NoticeKind::AddressReplaced, address: before }]
    }

    /// Puts an address in force without a proof: an operator's doing, which voids like any change of a factor.
    pub fn set_address(&mut self, now: Timestamp, address: Address) -> Vec<Notice> {
        if self.active(address.channel()).is_some_and(|active| active.address == address) {
            return Vec::new();
        }
        let mut notices = self.activate(now, &address, None);
        self.void_all("an operator changed a factor", None);
        notices.push(Notice { kind: NoticeKind::AddressSet, address });
        notices
    }

    /// Removes an active channel, its pending new address with it: every open challenge and unspent token is void,
    /// but the one that pays for this. Returns whom to tell.
    pub fn remove_channel(&mut self, channel: Channel, paid_by: Option<ChallengeId>) -> Vec<Notice> {
        let Some(removed) = self.active(channel).map(|active| active.address.clone()) else { return Vec::new() };
        self.channels.retain(|active| active.address.channel() != channel);
        self.note(
            Event::of(EventKind::ChannelRemoved).with("channel", channel.name()).with("tan_info", removed.masked()),
        );
        self.void_all("a channel was removed", paid_by);
        vec![Notice { kind: NoticeKind::ChannelRemoved, address: removed }]
    }

    /// Drops the new address that a channel waits for, if there is one.
    pub fn drop_pending(&mut self, channel: Channel, now: Timestamp, reason: &'static str) -> bool {
        let pending = self.pending(channel, now).is_some();
        self.void_where(reason, |challenge| {
            challenge.kind == ChallengeKind::Address && challenge.channel == channel && challenge.is_alive(now)
        });
        pending
    }

    /// Ends the account: its channels, challenges, tokens and contact data go, its name and its trail stay.
    pub fn delete(&mut self, now: Timestamp, paid_by: Option<ChallengeId>) -> Vec<Notice> {
        let told =
            |active: &ActiveChannel| Notice { kind: NoticeKind::ChannelRemoved, address: active.address.clone() };
        let notices = self.channels.iter().map(told).collect();
        self.void_all("the account was deleted", paid_by);
        for challenge in &mut self.challenges {
            challenge.claim = None; // nobody takes a sending over for an account that is gone
        }
        self.channels.clear();
        self.contact = crate::domain::account::Contact::default();
        self.language = None;
        self.deleted_at = Some(now);
        self.ended_tokens = EndedTokens::All;
        self.tell_repeats(Timestamp::NEVER); // nobody comes back to tell them later
        self.note(Event::of(EventKind::AccountDeleted));
        notices
    }

    /// The notices that go to every active address.
    #[must_use]
    pub fn notices_to_all(&self, kind: NoticeKind) -> Vec<Notice> {
        self.channels.iter().map(|active| Notice { kind, address: active.address.clone() }).collect()
    }
}
