//! Devices, recovery codes and step-ups in a scene.

use super::{Scene, TICK};
use crate::domain::{
    channel::{BroughtBy, Channel},
    factor::{Device, NewDevice},
    id::{ChallengeId, RecoverySetId},
    keys::KeyId,
    notice::Notice,
    recovery::RecoveryCodes,
    refusal::Refusal,
    rules::{
        attempt::AttemptOutcome,
        protect::Clearance,
        request::{NewChallenge, Requested, Wish},
    },
    time::Timestamp,
    totp::{DeviceName, TotpSecret, step_of, tests},
};

pub(crate) fn device_name(name: &str) -> DeviceName {
    DeviceName::parse(name).unwrap()
}

/// A device whose secret follows from a number.
pub(crate) fn new_device(name: &str, number: u32) -> NewDevice {
    NewDevice { name: device_name(name), secret: tests::numbered(number) }
}

impl Scene {
    /// Puts a device in force without a proof.
    pub(crate) fn have_device(&mut self, name: &str, secret: &TotpSecret) {
        let device = NewDevice { name: device_name(name), secret: secret.clone() };
        self.account.devices.push(Device::new(device, Vec::new(), self.now, BroughtBy::Customer));
    }

    /// An account with one device and nothing else.
    pub(crate) fn with_device() -> Self {
        let mut scene = Self::bare();
        scene.have_device("default", &tests::numbered(1));
        scene
    }

    /// The code that a secret shows so many steps from now.
    pub(crate) fn code_of(&self, secret: &TotpSecret, steps_from_now: i64) -> String {
        tests::code(secret, step_of(self.now) + steps_from_now)
    }

    /// The code that the first device shows now.
    pub(crate) fn code(&self) -> String {
        self.code_of(&self.account.devices[0].secret, 0)
    }

    /// A challenge of a session, of which nothing is sent or whose message is under way.
    pub(crate) fn begin_by(&mut self, session: u8, channel: Channel) -> ChallengeId {
        let new = self.new_challenge(session);
        let requested = self.ask(|account, terms| account.request(terms, &new, channel, Wish::default()));
        assert_eq!(requested, Ok(Requested::New(new.id)));
        new.id
    }

    /// A challenge on a channel that sends nothing.
    pub(crate) fn unsent(&self, session: u8) -> NewChallenge {
        NewChallenge { sending: None, ..self.new_challenge(session) }
    }

    pub(crate) fn try_device(
        &mut self,
        session: u8,
        device: NewDevice,
        cleared: Clearance,
    ) -> Result<ChallengeId, Refusal> {
        let new = self.unsent(session);
        self.ask(|account, terms| account.enrol_device(terms, &new, device, cleared)).map(|()| new.id)
    }

    /// Proves what is being enrolled with a code. Returns whom to tell.
    pub(crate) fn activate_by(&mut self, id: ChallengeId, code: &str) -> Vec<Notice> {
        match self.attempt(id, code) {
            AttemptOutcome::Activated { notices, .. } => notices,
            other => panic!("{other:?}"),
        }
    }

    /// The next set of codes of this account.
    pub(crate) fn next_set(&self) -> RecoveryCodes {
        let set = RecoverySetId::new(self.now, &self.chance);
        RecoveryCodes { set, key: KeyId(1), used: Vec::new(), since: self.now, brought_by: BroughtBy::Customer }
    }

    /// All ten codes of a set.
    pub(crate) fn codes_of(&self, set: &RecoveryCodes) -> Vec<String> {
        set.codes(self.account.id, &self.ring).unwrap().iter().map(|code| (**code).clone()).collect()
    }

    /// Makes recovery codes. Returns them, and whom to tell.
    pub(crate) fn make_codes(&mut self, session: u8, cleared: Clearance) -> (Vec<String>, Vec<Notice>) {
        let set = self.next_set();
        let codes = self.codes_of(&set);
        (codes, self.account.make_recovery_codes(set, cleared, Some(Self::session(session))))
    }

    /// Steps a session up that has a day left. Returns until when.
    pub(crate) fn step_up(&mut self, session: u8, cleared: Clearance) -> Timestamp {
        let ends = self.now.plus(self.limits.session_lifetime);
        self.ask(|account, terms| account.step_up(terms, Self::session(session), ends, cleared))
    }

    pub(crate) fn is_stepped_up(&self, session: u8) -> bool {
        self.account.stepped_up(self.now, Some(Self::session(session))).is_some()
    }

    /// Goes to the first moment of a step.
    pub(crate) fn go_to(&mut self, step: i64) {
        self.now = Timestamp::from_seconds(step * 30);
    }

    /// Goes to the last moment of the present step.
    pub(crate) fn end_of_step(&mut self) {
        self.go_to(step_of(self.now) + 1);
        self.now = self.now.minus(TICK);
    }
}
