//! The ledger's devices, and the steps about them.

use super::{
    ledger::{By, Entry, Ledger},
    play::{Named, Play},
    step::{Guess, Pick},
};
use crate::domain::{
    assurance::Assurance,
    challenge::ChallengeKind,
    channel::Channel,
    factor::NewDevice,
    id::ChallengeId,
    notice::{Notice, NoticeKind},
    refusal::Refusal,
    rules::protect::Clearance,
    testing::{proofs::device_name, wrong},
    time::Timestamp,
    totp::{
        TotpSecret,
        tests::{code, numbered},
    },
};

/// A device, and what it was believed. Names and secrets are few, so that two devices show the same codes.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    pub(super) name: u8,
    secret: u8,
    pub(super) counts: Option<Timestamp>,
    /// Codes that were taken, each at its step.
    taken: Vec<(i64, String)>,
    /// The step in which the latest was.
    latest: i64,
}

pub(super) fn secret(number: u8) -> TotpSecret {
    numbered(number.into())
}

fn present(now: Timestamp) -> i64 {
    now.as_seconds() / 30
}

/// The steps of the window that have this code.
fn steps(number: u8, text: &str, now: Timestamp) -> Vec<i64> {
    (-1..=1).map(|away| present(now) + away).filter(|step| code(&secret(number), *step) == text).collect()
}

impl Owned {
    fn take(&mut self, text: &str, now: Timestamp) {
        let steps = steps(self.secret, text, now);
        self.latest = present(now);
        self.taken.extend(steps.into_iter().map(|step| (step, text.to_owned())));
        self.taken.retain(|(step, _)| *step >= self.latest - 2);
    }
}

impl Ledger {
    /// Takes a code of any device. Returns from when on it counts, `None`: at once, and whom to tell: nobody.
    pub(super) fn take_code(&mut self, text: &str) -> Option<(Option<Timestamp>, Vec<Notice>)> {
        let now = self.now;
        if self.devices.iter().any(|device| device.taken.iter().any(|(_, taken)| taken == text)) {
            return None;
        }
        let showing: Vec<_> =
            self.devices.iter_mut().filter(|device| !steps(device.secret, text, now).is_empty()).collect();
        let mut counts = Vec::new();
        for device in showing {
            device.take(text, now);
            counts.push(device.counts);
        }
        let at_once = counts.contains(&None);
        let earliest = counts.iter().flatten().min().copied();
        (!counts.is_empty()).then_some((earliest.filter(|_| !at_once), Vec::new()))
    }

    /// What a new device shows puts it in force.
    pub(super) fn add_device(&mut self, (name, number): (u8, u8), text: &str, session: u8) -> Option<Vec<Notice>> {
        if steps(number, text, self.now).is_empty() {
            return None;
        }
        self.begin_protection(Some(session));
        let mut device = Owned { name, secret: number, counts: self.counting_from_now(), taken: Vec::new(), latest: 0 };
        device.take(text, self.now);
        self.devices.push(device);
        Some(self.told(NoticeKind::DeviceAdded))
    }

    fn enrol_device(&mut self, name: u8, payer: Option<ChallengeId>) -> Result<(), Refusal> {
        let now = self.now;
        let pending = |entry: &Entry| entry.is_pending(Channel::Totp, now);
        if !self.policy.totp {
            return Err(Refusal::ChannelNotSupported);
        }
        self.refuse_enrolment(Channel::Totp)?;
        if self.devices.iter().any(|device| device.name == name) {
            return Err(Refusal::ChannelExists);
        }
        if self.devices.len() >= usize::from(self.limits.totp_devices) {
            return Err(Refusal::RateLimited { limit: "totp_devices", retry_after: self.limits.block_max });
        }
        if let Some(payer) = payer {
            self.spend(payer);
        }
        self.void_where(pending);
        Ok(())
    }

    /// What a customer, or a thief, types where a device is asked for.
    pub(super) fn typed_code(&self, own: Option<u8>, guess: Guess) -> String {
        let numbers: Vec<u8> = match own {
            Some(number) => vec![number],
            None if self.devices.is_empty() => vec![0],
            None => self.devices.iter().map(|device| device.secret).collect(),
        };
        let shown = |away: i64, of: usize| code(&secret(numbers[of % numbers.len()]), present(self.now) + away);
        let taken = self.devices.iter().flat_map(|device| &device.taken).next_back();
        match guess {
            Guess::Right => shown(0, 0),
            Guess::Wrong => wrong(&shown(0, 0)),
            Guess::Old => taken.map_or_else(|| shown(-2, 0), |(_, text)| text.clone()),
            Guess::OfAnother(Pick(any)) => shown(i64::try_from(any % 7).unwrap() - 3, any / 7),
            Guess::NoCandidate => "1234567890".to_owned(),
        }
    }
}

impl Play {
    pub(super) fn enrol_device(&mut self, (name, number): (u8, u8), payer: Option<Pick>, session: u8) {
        let presented = payer.and_then(|payer| self.find(payer));
        self.transition(Named::default(), |play| {
            let Ok(cleared) = play.clear_own(presented, Assurance::Token, 1) else { return };
            let new = play.scene.unsent(session);
            let device = NewDevice { name: name_of(name), secret: secret(number) };
            let expected = play.ledger.enrol_device(name, cleared.paid_by());
            let answer = play.scene.ask(|account, terms| account.enrol_device(terms, &new, device, cleared));
            assert_eq!(answer, expected);
            if answer.is_ok() {
                play.write(&new, ChallengeKind::Address, By::NewDevice { name, number }, session);
                play.paid(cleared);
            }
        });
    }

    pub(super) fn set_up(&mut self, device: (u8, u8), payer: Option<Pick>, session: u8) {
        let before = self.ledger.entries.len();
        self.enrol_device(device, payer, session);
        if self.ledger.entries.len() > before {
            self.of(Pick(0), |play, id| play.attempt(id, Guess::Right));
        }
    }

    pub(super) fn remove_device(&mut self, name: u8, payer: Option<Pick>) {
        let presented = payer.and_then(|payer| self.find(payer));
        self.transition(Named::default(), |play| {
            let Ok(cleared) = play.clear_own(presented, Assurance::Token, 1) else { return };
            let before = play.ledger.devices.len();
            play.ledger.devices.retain(|device| device.name != name);
            let removed = play.ledger.devices.len() < before;
            let mut expected = Vec::new();
            if removed {
                play.ledger.void_all(cleared.paid_by());
                expected = play.ledger.told(NoticeKind::DeviceRemoved);
            }
            assert_eq!(play.scene.account.remove_device(&name_of(name), cleared.paid_by()), expected);
            if removed {
                play.witness.removed_devices();
                play.pay(cleared);
            }
        });
    }

    /// An operation of the service's own succeeded.
    pub(super) fn pay(&mut self, cleared: Clearance) {
        if let Some(payer) = cleared.paid_by() {
            self.ledger.spend(payer);
            self.scene.account.spend(payer);
        }
        self.paid(cleared);
    }

    pub(super) fn paid(&self, cleared: Clearance) {
        if let Some(payer) = cleared.paid_by() {
            self.witness.done(payer);
        }
    }

    /// The devices in force are those of the ledger.
    pub(super) fn check_devices(&self) {
        let in_force = self.scene.account.devices.iter().map(|device| (device.name.clone(), device.secret.clone()));
        let expected = self.ledger.devices.iter().map(|device| (name_of(device.name), secret(device.secret)));
        assert!(in_force.eq(expected));
    }
}

fn name_of(name: u8) -> crate::domain::totp::DeviceName {
    device_name(&format!("device {name}"))
}
