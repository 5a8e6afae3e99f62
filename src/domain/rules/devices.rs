//! The factors that need no message: devices and recovery codes, put in force and removed.

use crate::domain::{
    account::{Account, Terms},
    channel::{BroughtBy, Channel},
    event::{Event, EventKind},
    factor::{Device, NewDevice},
    id::{AccessTokenId, ChallengeId},
    notice::{Notice, NoticeKind},
    recovery::RecoveryCodes,
    refusal::Refusal,
    rules::protect::Clearance,
    time::Timestamp,
    totp::DeviceName,
};

impl Account {
    /// Puts a device in force that has shown a code, at these steps. Returns whom to tell.
    pub(super) fn add_device(
        &mut self,
        now: Timestamp,
        device: NewDevice,
        steps: Vec<i64>,
        session: Option<AccessTokenId>,
    ) -> Vec<Notice> {
        self.begin_protection(session);
        self.devices.push(Device::new(device, steps, now, BroughtBy::Customer));
        self.note(Event::of(EventKind::ChannelActivated).with("channel", Channel::Totp.name()));
        self.notices_to_all(NoticeKind::DeviceAdded)
    }

    /// Removes the device of that name, as [`Self::remove_channel`] does; nothing where there is none.
    pub fn remove_device(&mut self, name: &DeviceName, paid_by: Option<ChallengeId>) -> Vec<Notice> {
        let before = self.devices.len();
        self.devices.retain(|device| device.name != *name);
        if self.devices.len() == before {
            return Vec::new();
        }
        self.note_removal(Channel::Totp, None);
        self.void_all("a device was removed", paid_by);
        self.notices_to_all(NoticeKind::DeviceRemoved)
    }

    /// Refuses recovery codes that would be refused whatever the proof: they are off, a block, and where the first channel
    /// is an operator's to bring.
    pub fn refuse_recovery_codes(&self, terms: &Terms<'_>) -> Result<(), Refusal> {
        if !terms.policy.serves(Channel::Recovery) {
            return Err(Refusal::ChannelNotSupported);
        }
        self.refuse_bringing(terms)
    }

    /// Makes new recovery codes in the name of this session. Those before them are dead, with every other open challenge
    /// and unspent token but the one that pays; the first ones void nothing. Returns whom to tell.
    pub fn make_recovery_codes(
        &mut self,
        codes: RecoveryCodes,
        cleared: Clearance,
        session: Option<AccessTokenId>,
    ) -> Vec<Notice> {
        self.begin_protection(session);
        let replaced = self.recovery.replace(codes).is_some();
        self.note(Event::of(EventKind::RecoveryCodesMade));
        if replaced {
            self.void_all("the recovery codes were replaced", cleared.paid_by());
        }
        self.pay(cleared);
        self.notices_to_all(NoticeKind::RecoveryCodesMade)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{policy::FirstChannel, testing::Scene};

    /// What recovery codes are refused with where this policy is in force.
    fn refused(scene: &Scene, change: impl FnOnce(&mut Terms<'_>)) -> Option<Refusal> {
        let mut terms = scene.terms();
        change(&mut terms);
        scene.account.refuse_recovery_codes(&terms).err()
    }

    #[test]
    fn recovery_codes_are_refused_where_they_are_off_and_where_the_first_channel_is_an_operators_to_bring() {
        let by_operator = |terms: &mut Terms<'_>| terms.policy.first = FirstChannel::Operator;
        let (bare, enrolled) = (Scene::bare(), Scene::enrolled());
        assert_eq!(refused(&bare, |_| ()), None);
        assert_eq!(refused(&bare, by_operator), Some(Refusal::FirstByOperator));
        assert_eq!(refused(&enrolled, by_operator), None);
        assert_eq!(refused(&enrolled, |terms| terms.policy.recovery = false), Some(Refusal::ChannelNotSupported));
        assert_eq!(refused(&enrolled, |terms| terms.policy.totp = false), None);
    }
}
