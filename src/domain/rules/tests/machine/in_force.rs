//! What is in force by the ledger, what it serves for, and what ends when that changes.

use super::ledger::{By, Ledger};
use crate::domain::{
    address::Address,
    assurance::{Assurance, Demand},
    challenge::ChallengeKind,
    channel::Channel,
    notice::{Notice, NoticeKind},
    policy::FirstChannel,
    refusal::Refusal,
    time::Timestamp,
};

impl Ledger {
    /// Nothing protects the account.
    pub(super) fn is_bare(&self) -> bool {
        Channel::ALL.into_iter().all(|channel| !self.has(channel))
    }

    pub(super) fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms | Channel::Email => self.channels.contains_key(&channel),
            Channel::Totp => !self.devices.is_empty(),
            Channel::Recovery => self.sheet.is_some(),
        }
    }

    /// A challenge of this channel can be had.
    pub(super) fn serves(&self, channel: Channel) -> bool {
        self.has(channel)
            && match channel {
                Channel::Sms | Channel::Email => true,
                Channel::Totp => self.policy.totp,
                Channel::Recovery => self.policy.recovery && self.sheet.as_ref().is_some_and(|sheet| sheet.left() > 0),
            }
    }

    /// What would answer a challenge of a channel that serves.
    pub(super) fn by(&self, channel: Channel) -> By {
        match channel {
            Channel::Sms | Channel::Email => By::Message(self.channels.get(&channel).unwrap().clone()),
            Channel::Totp => By::Devices,
            Channel::Recovery => By::Codes,
        }
    }

    /// From when on something counts for bound operations that the customer brings now.
    pub(super) fn counting_from_now(&self) -> Option<Timestamp> {
        (self.policy.waiting > std::time::Duration::ZERO).then(|| self.now.plus(self.policy.waiting))
    }

    fn is_old_enough(&self, channel: Channel) -> bool {
        let old = |from: Option<Timestamp>| from.is_none_or(|from| self.now >= from);
        match channel {
            Channel::Sms | Channel::Email => old(self.young.get(&channel).copied()),
            Channel::Totp => self.devices.iter().any(|device| old(device.counts)),
            Channel::Recovery => self.sheet.as_ref().is_some_and(|sheet| old(sheet.counts)),
        }
    }

    /// The channels that an operation may be offered, in the bank's order.
    pub(super) fn offered(&self, demand: Demand) -> Vec<Channel> {
        let old = |channel| demand.assurance != Assurance::Bound || self.is_old_enough(channel);
        let fits = |channel: &Channel| {
            self.serves(*channel) && self.strengths.of(*channel) >= demand.strength && old(*channel)
        };
        self.policy.preference.into_iter().filter(fits).collect()
    }

    pub(super) fn refuse_enrolment(&self, channel: Channel) -> Result<(), Refusal> {
        self.refuse_blocked()?;
        if self.is_bare() && self.policy.first == FirstChannel::Operator {
            return Err(Refusal::FirstByOperator);
        }
        self.refuse_hot(channel, |entry| entry.is_pending(channel, self.now))
    }

    /// Everyone who has an address is told, the earlier one first.
    pub(super) fn told(&self, kind: NoticeKind) -> Vec<Notice> {
        self.order
            .iter()
            .filter_map(|channel| self.channels.get(channel))
            .cloned()
            .map(|address| Notice { kind, address })
            .collect()
    }

    /// The first factor: whatever others began, or showed, on the bare account is over.
    pub(super) fn begin_protection(&mut self, session: Option<u8>) {
        if self.is_bare() {
            self.raised.clear();
            self.void_where(|entry| {
                entry.kind == ChallengeKind::Address && entry.payer.is_none() && Some(entry.session) != session
            });
        }
    }

    /// A right answer of a session about an address, or an operator's word. Returns whom to tell.
    pub(super) fn put_in_force(&mut self, address: &Address, by: Option<u8>) -> Vec<Notice> {
        let channel = address.channel();
        self.begin_protection(by);
        self.young.remove(&channel);
        if let Some(from) = self.counting_from_now().filter(|_| by.is_some()) {
            self.young.insert(channel, from);
        }
        self.order.retain(|known| *known != channel);
        self.order.push(channel);
        let before = self.channels.insert(channel, address.clone());
        let same = before.as_ref() == Some(address);
        let before = before.filter(|_| !same);
        if before.is_some() || by.is_none() {
            self.void_all(None);
        }
        let kind = if before.is_some() { NoticeKind::AddressChanged } else { NoticeKind::AddressAdded };
        let replaced = before.map(|before| Notice { kind: NoticeKind::AddressReplaced, address: before });
        let others = self.told(kind).into_iter().filter(|notice| !same && notice.address != *address);
        replaced.into_iter().chain(others).collect()
    }

    /// Removes a channel. Returns whom to tell.
    pub(super) fn remove(&mut self, channel: Channel) -> Vec<Notice> {
        match channel {
            Channel::Sms | Channel::Email => {
                let address = self.channels.remove(&channel).unwrap();
                let others = self.told(NoticeKind::AddressRemoved);
                [vec![Notice { kind: NoticeKind::ChannelRemoved, address }], others].concat()
            }
            Channel::Totp => {
                self.devices.clear();
                self.told(NoticeKind::DeviceRemoved)
            }
            Channel::Recovery => {
                self.sheet = None;
                self.told(NoticeKind::RecoveryCodesRemoved)
            }
        }
    }
}
