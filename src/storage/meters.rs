//! Windows over transmissions: found by keyed hash, so that the table is no phone book.

use tokio_postgres::Row;

use super::{
    columns::{bytes32, channel},
    error::StoreError,
    moment::Moment,
};
use crate::domain::{
    address::Address,
    allowance::Allowance,
    channel::Channel,
    keys::KeyRing,
    meter::{Meter, Window},
    prefix_guard::ClosedPrefix,
    time::Timestamp,
};

/// The key that a meter's window is found by.
pub(super) fn key(meter: &Meter, ring: &KeyRing) -> Result<[u8; 32], StoreError> {
    Ok(ring.look_up("meter", meter.name().as_bytes())?)
}

/// The keys of the windows that messages to `address` are counted in.
pub(super) fn keys(address: &Address, ring: &KeyRing) -> Result<Vec<Vec<u8>>, StoreError> {
    Meter::of(address).iter().map(|meter| Ok(key(meter, ring)?.to_vec())).collect()
}

/// The keys of the windows that messages to any of these addresses are counted in.
pub(super) fn keys_of(addresses: impl Iterator<Item = Address>, ring: &KeyRing) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut all = Vec::new();
    for address in addresses {
        all.extend(keys(&address, ring)?);
    }
    Ok(all)
}

/// What messages to these addresses are still allowed, as far as the row has it.
pub(super) fn read_allowance(
    row: &Row,
    addresses: impl Iterator<Item = Address>,
    ring: &KeyRing,
    guarded: bool,
) -> Result<Allowance, StoreError> {
    let meters: Vec<Meter> = addresses.flat_map(|address| Meter::of(&address)).collect();
    let mut allowance = Allowance { windows: read_windows(row, &meters, ring)?, ..Allowance::default() };
    if guarded {
        allowance.prefixes = read_prefixes(row, &meters, ring)?;
        allowance.places = read_places(row)?;
    }
    Ok(allowance)
}

fn read_prefixes(row: &Row, meters: &[Meter], ring: &KeyRing) -> Result<Vec<(Meter, ClosedPrefix)>, StoreError> {
    let keys: Vec<&[u8]> = row.try_get::<_, Option<_>>("closed_meters")?.unwrap_or_default();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let times = |column| Ok::<_, StoreError>(row.try_get::<_, Option<Vec<Moment>>>(column)?.unwrap_or_default());
    let opened: Vec<Option<Moment>> = row.try_get::<_, Option<_>>("opened_at")?.unwrap_or_default();
    let (closed, half_open, probe) = (times("closed_at")?, times("half_open_at")?, times("probe_at")?);
    let rows = keys.iter().zip(closed).zip(half_open).zip(probe).zip(opened);
    let mut prefixes = Vec::new();
    for ((((row_key, closed_at), half_open_at), probe_at), opened_at) in rows {
        let closed = ClosedPrefix {
            closed_at: closed_at.0,
            half_open_at: half_open_at.0,
            probe_at: probe_at.0,
            opened_at: opened_at.map(|opened| opened.0),
        };
        for meter in meters {
            if key(meter, ring)? == *row_key {
                prefixes.push((meter.clone(), closed));
            }
        }
    }
    Ok(prefixes)
}

/// A channel with a ceiling of which no place is there at all has none that is free.
fn read_places(row: &Row) -> Result<Vec<(Channel, Timestamp)>, StoreError> {
    let channels: Vec<&str> = row.try_get::<_, Option<_>>("ceiling_channels")?.unwrap_or_default();
    let free: Vec<Option<Moment>> = row.try_get::<_, Option<_>>("free_at")?.unwrap_or_default();
    let place = |(name, free_at): (&str, Option<Moment>)| {
        Ok((channel(name)?, free_at.map_or(Timestamp::NEVER, |free_at| free_at.0)))
    };
    channels.into_iter().zip(free).map(place).collect()
}

fn read_windows(row: &Row, meters: &[Meter], ring: &KeyRing) -> Result<Vec<Window>, StoreError> {
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
    for meter in meters {
        let known = key(meter, ring)?;
        let of_meter = sends.iter().filter(|(key, _)| *key == known).map(|(_, at)| *at);
        if !windows.iter().any(|window| window.meter == *meter) {
            windows.push(Window { sends: of_meter.collect(), meter: meter.clone() });
        }
    }
    Ok(windows)
}
