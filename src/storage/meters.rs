//! Windows over transmissions: found by keyed hash, so that the table is no phone book.

use tokio_postgres::Row;

use super::{columns::bytes32, error::StoreError, moment::Moment};
use crate::domain::{
    address::Address,
    keys::KeyRing,
    meter::{Meter, Window},
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

/// The windows of these addresses, as far as the row has them.
pub(super) fn read_windows(
    row: &Row,
    addresses: impl Iterator<Item = Address>,
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
    for meter in addresses.flat_map(|address| Meter::of(&address)) {
        let known = key(&meter, ring)?;
        let of_meter = sends.iter().filter(|(key, _)| *key == known).map(|(_, at)| *at);
        if !windows.iter().any(|window| window.meter == meter) {
            windows.push(Window { sends: of_meter.collect(), meter });
        }
    }
    Ok(windows)
}
