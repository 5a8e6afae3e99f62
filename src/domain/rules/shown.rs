//! What a candidate shows of what a challenge is proven with, and that it shows it once.

use crate::domain::{
    account::{Account, Terms},
    challenge::Challenge,
    event::{Event, EventKind},
    factor::{Target, counts_from},
    id::ChallengeId,
    keys::{KeyError, KeyRing},
    notice::{Notice, NoticeKind},
    tan::Candidate,
    time::Timestamp,
    totp::{DeviceName, step_of},
};

/// What was right about a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It is the TAN in force.
    Tan,
    /// These devices show it, at these steps.
    Codes(Vec<(DeviceName, Vec<i64>)>),
    /// The device that is being enrolled shows it, at these steps.
    NewDevice(Vec<i64>),
    /// It is the recovery code of that number.
    RecoveryCode(i64),
}

/// What follows from its use.
#[derive(Default)]
pub(super) struct Used {
    /// From when on it counts for what is `bound`; `None`: at once.
    pub(super) counts_from: Option<Timestamp>,
    /// Whom to tell what.
    pub(super) notices: Vec<Notice>,
}

impl Account {
    /// What the candidate shows; `None`: nothing. Whatever could be right is compared, in constant time, wherever the
    /// first is found.
    pub(super) fn shown(
        &self,
        terms: &Terms<'_>,
        ring: &KeyRing,
        challenge: &Challenge,
        candidate: &Candidate,
    ) -> Result<Option<Shown>, KeyError> {
        Ok(match &challenge.target {
            Target::Address(_) => challenge.tan(self.id, ring)?.is(candidate).then_some(Shown::Tan),
            Target::NewDevice(device) => {
                let steps = device.secret.matching_steps(candidate, terms.now);
                (!steps.is_empty()).then_some(Shown::NewDevice(steps))
            }
            Target::Devices => self.fresh_codes(candidate, terms.now),
            Target::RecoveryCodes => match &self.recovery {
                Some(codes) => codes.matching(self.id, ring, candidate)?.map(Shown::RecoveryCode),
                None => None,
            },
        })
    }

    /// The devices that show the candidate, and at which steps. None where it is a code that was accepted: two devices
    /// can show one code, and two steps can have one, and whoever saw it typed could type it again.
    fn fresh_codes(&self, candidate: &Candidate, now: Timestamp) -> Option<Shown> {
        let accepted = self.devices.iter().filter(|device| device.secret.is_code_of(&device.used, candidate)).count();
        let shown =
            self.devices.iter().map(|device| (device.name.clone(), device.secret.matching_steps(candidate, now)));
        let codes: Vec<_> = shown.filter(|(_, steps)| !steps.is_empty()).collect();
        (accepted == 0 && !codes.is_empty()).then_some(Shown::Codes(codes))
    }

    /// Sees to it that what was shown for this challenge shows nothing again.
    pub(super) fn use_up(&mut self, terms: &Terms<'_>, id: ChallengeId, shown: &Shown) -> Used {
        match shown {
            Shown::Tan => {
                let active = self.challenge(id).ok().and_then(|challenge| self.active(challenge.channel()));
                let counts = active.and_then(|active| counts_from(active.since, active.brought_by, &terms.policy));
                Used { counts_from: counts, notices: Vec::new() }
            }
            Shown::Codes(codes) => self.use_up_steps(terms, codes),
            Shown::RecoveryCode(number) => self.use_up_code(terms, id, *number),
            Shown::NewDevice(_) => Used::default(),
        }
    }

    fn use_up_steps(&mut self, terms: &Terms<'_>, codes: &[(DeviceName, Vec<i64>)]) -> Used {
        // No step before the last but one comes back: a decision's time does not run back past the account's last event,
        // and what this accepts is one.
        let oldest = step_of(terms.now).saturating_sub(2);
        let mut counts = Vec::new();
        for (name, steps) in codes {
            let Some(device) = self.devices.iter_mut().find(|device| device.name == *name) else { continue };
            device.used.retain(|step| *step >= oldest);
            device.used.extend(steps);
            counts.push(counts_from(device.since, device.brought_by, &terms.policy));
        }
        // `None` is the least: it counts at once when one of the devices does.
        Used { counts_from: counts.into_iter().min().flatten(), notices: Vec::new() }
    }

    fn use_up_code(&mut self, terms: &Terms<'_>, id: ChallengeId, number: i64) -> Used {
        let Some(codes) = self.recovery.as_mut() else { return Used::default() };
        codes.used.push(number);
        codes.used.sort_unstable();
        let (left, counts_from) = (codes.left(), counts_from(codes.since, codes.brought_by, &terms.policy));
        self.note(Event::of(EventKind::RecoveryCodeUsed).about(id).with("left", left.to_string()));
        Used { counts_from, notices: self.notices_to_all(NoticeKind::RecoveryCodeUsed) }
    }

    /// How many recovery codes are unused; `None`: the account has none.
    #[must_use]
    pub fn recovery_codes_left(&self) -> Option<usize> {
        self.recovery.as_ref().map(crate::domain::recovery::RecoveryCodes::left)
    }
}
