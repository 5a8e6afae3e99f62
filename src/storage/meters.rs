//! Windows over transmissions: found by keyed hash, so that the table is no phone book.

use tokio_postgres::Row;

use super::{
    account_rows::bytes32,
    error::StoreError,
    moment::Moment,
    transition::{Parameters, parameters},
};
use crate::domain::{
    account::{Account, ActiveChannel},
    address::Address,
    keys::KeyRing,
    limits::Limits,
    meter::{Meter, Window},
};

/// The key that a meter's window is found by.
fn key(meter: &Meter, ring: &KeyRing) -> Result<[u8; 32], StoreError> {
    Ok(ring.look_up("meter", meter.name().as_bytes())?)
}

/// The keys of the windows that messages to `address` are counted in.
pub(super) fn keys(address: &Address, ring: &KeyRing) -> Result<Vec<Vec<u8>>, StoreError> {
    Meter::of(address).iter().map(|meter| Ok(key(meter, ring)?.to_vec())).collect()
}

/// The windows of these addresses, as far as the row has them.
pub(super) fn read_windows<'a>(
    row: &Row,
    addresses: impl Iterator<Item = &'a Address>,
    ring: &KeyRing,
) -> Result<Vec<Window>, StoreError> {
    let keys: Vec<&[u8]> = row.try_get::<_, Option<_>>("meters")?.unwrap_or_default();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let times: Vec<Moment> = row.try_get::<_, Option<_>>("times")?.unwrap_or_default();
    let mut sends = Vec::new();
    for (key, at) in keys.into_iter().zip(times) {
        sends.push((bytes32(key)?, at.0));
    }
    let mut windows: Vec<Window> = Vec::new();
    for meter in addresses.flat_map(Meter::of) {
        let known = key(&meter, ring)?;
        let of_meter = sends.iter().filter(|(key, _)| *key == known).map(|(_, at)| *at);
        if !windows.iter().any(|window| window.meter == meter) {
            windows.push(Window { sends: of_meter.collect(), meter });
        }
    }
    Ok(windows)
}

/// $78 to $80: what this transition's transmission is counted in; by key, so that two transitions cannot wait for each
/// other in a circle.
pub(super) struct MeterColumns {
    keys: Vec<Vec<u8>>,
    hour_most: Vec<i32>,
    day_most: Vec<i32>,
}

impl MeterColumns {
    pub(super) fn of(account: &Account, limits: &Limits, ring: &KeyRing) -> Result<Self, StoreError> {
        let mut rows = Vec::new();
        for meter in &account.metered {
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

/// $81 and $82: by which keys messages to the channels that are put in force will be counted.
pub(super) struct ChannelMeters {
    channels: Vec<&'static str>,
    keys: Vec<Vec<u8>>,
}

impl ChannelMeters {
    pub(super) fn of<'a>(put: impl Iterator<Item = &'a ActiveChannel>, ring: &KeyRing) -> Result<Self, StoreError> {
        let mut columns = Self { channels: Vec::new(), keys: Vec::new() };
        for active in put {
            for key in keys(&active.address, ring)? {
                columns.channels.push(active.address.channel().name());
                columns.keys.push(key);
            }
        }
        Ok(columns)
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        parameters![self.channels, self.keys]
    }
}
