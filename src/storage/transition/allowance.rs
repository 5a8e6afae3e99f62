//! What a limit refused, and what a transition's transmission takes: a place under its channel's ceiling, a prefix's probe.

use super::Parameters;
use crate::{
    domain::{account::Account, channel::Channel, keys::KeyRing, rules::refusals::Refused},
    storage::{error::StoreError, meters::key, moment::Moment, transition::Writing},
};

/// $88 to $91: what limits refused lately.
pub(super) struct RefusalColumns {
    limits: Vec<String>,
    since: Vec<Moment>,
    times: Vec<i32>,
    due: Option<Moment>,
}

impl RefusalColumns {
    pub(super) fn of(account: &Account) -> Self {
        let refused = &account.refused;
        Self {
            limits: refused.iter().map(|known| known.limit.clone()).collect(),
            since: refused.iter().map(|known| Moment(known.since)).collect(),
            times: refused.iter().map(|known| i32::try_from(known.times).unwrap_or(i32::MAX)).collect(),
            due: refused.iter().filter_map(Refused::due).min().map(Moment),
        }
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        parameters![self.limits, self.since, self.times, self.due]
    }
}

/// $108 to $111: the place and the probe that are taken.
pub(super) struct Taken {
    channel: Option<&'static str>,
    places: i32,
    probed: Option<Vec<u8>>,
    next_probe: Moment,
}

impl Taken {
    pub(super) fn of(account: &Account, writing: &Writing<'_>, ring: &KeyRing) -> Result<Self, StoreError> {
        let probed = account.allowance.probe.as_ref().map(|meter| key(meter, ring)).transpose()?;
        Ok(Self {
            channel: account.allowance.place.map(Channel::name),
            places: places(writing.limits.channel_per_minute),
            probed: probed.map(|key| key.to_vec()),
            next_probe: Moment(writing.now.plus(writing.limits.prefix_probe_period)),
        })
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        parameters![self.channel, self.places, self.probed, self.next_probe]
    }
}

/// A ceiling as the database counts it.
pub(in crate::storage) fn places(ceiling: u32) -> i32 {
    i32::try_from(ceiling).unwrap_or(i32::MAX)
}
