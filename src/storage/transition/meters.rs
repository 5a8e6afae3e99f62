//! What a transition's transmission is counted by, over all accounts.

use super::Parameters;
use crate::{
    domain::{account::Account, keys::KeyRing, limits::Limits},
    storage::{error::StoreError, meters::key},
};

/// $77 to $79: what this transition's transmission is counted in; by key, so that two transitions cannot wait for each
/// other in a circle.
pub(super) struct MeterColumns {
    keys: Vec<Vec<u8>>,
    hour_most: Vec<i32>,
    day_most: Vec<i32>,
}

impl MeterColumns {
    pub(super) fn of(account: &Account, limits: &Limits, ring: &KeyRing) -> Result<Self, StoreError> {
        let mut rows = Vec::new();
        for meter in &account.allowance.metered {
            let most = |wanted: fn(&str) -> bool| {
                let cap = meter.caps(limits).into_iter().find(|cap| wanted(cap.limit));
                cap.map_or(i32::MAX, |cap| i32::try_from(cap.most).unwrap_or(i32::MAX))
            };
            rows.push((
                key(meter, ring)?,
                most(|limit| limit.ends_with("_hour")),
                most(|limit| limit.ends_with("_day")),
            ));
        }
        rows.sort_unstable();
        rows.dedup_by_key(|(key, ..)| *key);
        Ok(Self {
            keys: rows.iter().map(|(key, ..)| key.to_vec()).collect(),
            hour_most: rows.iter().map(|(_, hour, _)| *hour).collect(),
            day_most: rows.iter().map(|(.., day)| *day).collect(),
        })
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        parameters![self.keys, self.hour_most, self.day_most]
    }
}
