//! Activating, replacing and removing what an account proves itself with.

use crate::domain::{
    account::{Account, EndedTokens},
    address::Address,
    challenge::{Challenge, ChallengeKind},
    channel::{BroughtBy, Channel},
    event::{Event, EventKind},
    factor::ActiveChannel,
    id::{AccessTokenId, ChallengeId},
    notice::{Notice, NoticeKind},
    time::Timestamp,
};

impl Account {
    /// Puts a proven address in force. Another one before it: every other open challenge and unspent token is void.
    /// Returns whom to tell.
    pub(super) fn activate(
        &mut self,
        now: Timestamp,
        address: &Address,
        brought_by: BroughtBy,
        session: Option<AccessTokenId>,
    ) -> Vec<Notice> {
        let channel = address.channel();
        let before = self.active(channel).map(|active| active.address.clone());
        self.begin_protection(session);
        self.channels.retain(|active| active.address.channel() != channel);
        self.contact.put(address);
        self.channels.push(ActiveChannel { address: address.clone(), since: now, brought_by });
        self.note(activated(address));
        match before {
            None => self.notices_to_others(NoticeKind::AddressAdded, channel),
            Some(before) if before == *address => Vec::new(),
            Some(before) => {
                self.void_all("another address was activated", None);
                let replaced = Notice { kind: NoticeKind::AddressReplaced, address: before };
                [vec![replaced], self.notices_to_others(NoticeKind::AddressChanged, channel)].concat()
            }
        }
    }

    /// What ends when the first of all factors is about to be in force: what other sessions than the one that proved it
    /// began when no proof was asked for. Whoever that was would otherwise add a factor to a protected account that
    /// nobody approved, or stay stepped up by nothing.
    pub(super) fn begin_protection(&mut self, session: Option<AccessTokenId>) {
        if self.is_protected() {
            return;
        }
        self.step_ups.clear();
        let foreign = |challenge: &Challenge| challenge.access_token.is_some() && challenge.access_token != session;
        self.void_where("another session proved the account's first channel", |challenge| {
            challenge.kind == ChallengeKind::Address && challenge.paid_by.is_none() && foreign(challenge)
        });
    }

    /// Puts an address in force without a proof: an operator's. One that is in force already only counts for everything
    /// from now on, where it had to wait. Returns whom to tell.
    pub fn set_address(&mut self, now: Timestamp, address: Address) -> Vec<Notice> {
        if self.active(address.channel()).is_some_and(|active| active.address == address) {
            self.vouch_for(&address);
            return Vec::new();
        }
        let mut notices = self.activate(now, &address, BroughtBy::Operator, None);
        self.void_all("an operator changed a factor", None);
        notices.push(Notice { kind: NoticeKind::AddressSet, address });
        notices
    }

    /// An operator stands for an address that the customer brought.
    fn vouch_for(&mut self, address: &Address) {
        let brought =
            |active: &&mut ActiveChannel| active.brought_by == BroughtBy::Customer && active.address == *address;
        let Some(active) = self.channels.iter_mut().find(brought) else { return };
        active.brought_by = BroughtBy::Operator;
        self.note(activated(address));
    }

    /// Removes a channel with all that is in force of it; every other open challenge and unspent token but the one that
    /// pays for the removal is void. Returns whom to tell: the removed address, or those that remain.
    pub fn remove_channel(&mut self, channel: Channel, paid_by: Option<ChallengeId>) -> Vec<Notice> {
        if !self.has(channel) {
            return Vec::new();
        }
        let address = self.active(channel).map(|active| active.address.clone());
        self.channels.retain(|active| active.address.channel() != channel);
        match channel {
            Channel::Totp => self.devices.clear(),
            Channel::Recovery => self.recovery = None,
            Channel::Sms | Channel::Email => {}
        }
        self.note_removal(channel, address.as_ref());
        self.void_all("a channel was removed", paid_by);
        match address {
            Some(address) => {
                let removed = Notice { kind: NoticeKind::ChannelRemoved, address };
                [vec![removed], self.notices_to_others(NoticeKind::AddressRemoved, channel)].concat()
            }
            None if channel == Channel::Recovery => self.notices_to_all(NoticeKind::RecoveryCodesRemoved),
            None => self.notices_to_all(NoticeKind::DeviceRemoved),
        }
    }

    /// Tells the trail what was removed. What a customer calls a device is not ours to keep for ever.
    pub(super) fn note_removal(&mut self, channel: Channel, address: Option<&Address>) {
        let removed = Event::of(EventKind::ChannelRemoved).with("channel", channel.name());
        self.note(match address {
            Some(address) => removed.with("tan_info", address.masked()),
            None => removed,
        });
    }

    /// Drops the new address that a channel waits for, if there is one.
    pub fn drop_pending(&mut self, channel: Channel, now: Timestamp, reason: &'static str) -> bool {
        let pending = self.pending(channel, now).is_some();
        self.void_where(reason, |challenge| {
            challenge.kind == ChallengeKind::Address && challenge.channel() == channel && challenge.is_alive(now)
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
        self.devices.clear();
        self.recovery = None;
        self.contact = crate::domain::account::Contact::default();
        self.language = None;
        self.deleted_at = Some(now);
        self.ended_tokens = EndedTokens::All;
        self.tell_repeats(Timestamp::NEVER); // nobody comes back to tell them later
        self.note(Event::of(EventKind::AccountDeleted));
        notices
    }

    /// The notices that go to the active addresses of other channels than the one where something changed.
    fn notices_to_others(&self, kind: NoticeKind, changed: Channel) -> Vec<Notice> {
        let others = self.channels.iter().filter(|active| active.address.channel() != changed);
        others.map(|active| Notice { kind, address: active.address.clone() }).collect()
    }

    /// The notices that go to every active address.
    #[must_use]
    pub fn notices_to_all(&self, kind: NoticeKind) -> Vec<Notice> {
        self.channels.iter().map(|active| Notice { kind, address: active.address.clone() }).collect()
    }
}

fn activated(address: &Address) -> Event {
    Event::of(EventKind::ChannelActivated).with("channel", address.channel().name()).with("tan_info", address.masked())
}
