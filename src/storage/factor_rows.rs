//! What an account proves itself with, as `account.load` reads it: rows of `channels`, and what a challenge is proven with.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    columns::{channel, moments, natural},
    error::StoreError,
    moment::Moment,
    seal::{Column, Sealer},
};
use crate::domain::{
    account::{Account, StepUp},
    channel::{BroughtBy, Channel, Strength},
    factor::{ActiveChannel, Device, NewDevice, Target},
    id::{AccessTokenId, RecoverySetId},
    keys::KeyId,
    recovery::RecoveryCodes,
    time::Timestamp,
    totp::DeviceName,
};

/// One row of `channels`.
struct FactorRow<'r> {
    channel: Channel,
    name: &'r str,
    address: Option<&'r [u8]>,
    secret: Option<&'r [u8]>,
    used: Vec<i64>,
    set: Option<Uuid>,
    set_key: Option<i16>,
    since: Timestamp,
    brought_by: BroughtBy,
}

/// Puts what is in force into the account.
pub(super) fn read_factors(account: &mut Account, row: &Row, sealer: &Sealer<'_>) -> Result<(), StoreError> {
    let owner = account.id.as_uuid();
    for row in rows(row)? {
        let FactorRow { since, brought_by, .. } = row;
        match row.channel {
            Channel::Sms | Channel::Email => {
                let place = Column::ChannelAddress(owner, row.channel);
                let address = sealer.open_address(place, row.channel, row.address.ok_or(HALF)?)?;
                account.channels.push(ActiveChannel { address, since, brought_by });
            }
            Channel::Totp => {
                let secret = sealer.open_secret(Column::DeviceSecret(owner, row.name), row.secret.ok_or(HALF)?)?;
                let device = NewDevice { name: device_name(row.name)?, secret };
                account.devices.push(Device::new(device, row.used, since, brought_by));
            }
            Channel::Recovery => {
                let set = RecoverySetId::from_uuid(row.set.ok_or(HALF)?);
                let key = KeyId(natural(row.set_key.ok_or(HALF)?)?);
                account.recovery = Some(RecoveryCodes { set, key, used: row.used, since, brought_by });
            }
        }
    }
    Ok(())
}

const HALF: StoreError = StoreError::Corrupt("a row of channels is not whole");

fn rows(row: &Row) -> Result<Vec<FactorRow<'_>>, StoreError> {
    let Some(kinds) = row.try_get::<_, Option<Vec<&str>>>("kinds")? else { return Ok(Vec::new()) };
    let names: Vec<&str> = row.try_get("names")?;
    let addresses: Vec<Option<&[u8]>> = row.try_get("addresses")?;
    let secrets: Vec<Option<&[u8]>> = row.try_get("secrets")?;
    let used: Vec<&str> = row.try_get("used")?;
    let sets: Vec<Option<Uuid>> = row.try_get("sets")?;
    let set_keys: Vec<Option<i16>> = row.try_get("set_keys")?;
    let sinces: Vec<Moment> = row.try_get("sinces")?;
    let bringers: Vec<&str> = row.try_get("bringers")?;
    let columns = kinds.into_iter().zip(names).zip(addresses).zip(secrets).zip(used);
    let columns = columns.zip(sets).zip(set_keys).zip(sinces).zip(bringers);
    columns
        .map(|((((((((kind, name), address), secret), used), set), set_key), since), bringer)| {
            let brought_by = BroughtBy::named(bringer).ok_or(StoreError::Corrupt("unknown bringer of a channel"))?;
            let (channel, used) = (channel(kind)?, numbers(used)?);
            Ok(FactorRow { channel, name, address, secret, used, set, set_key, since: since.0, brought_by })
        })
        .collect()
}

fn numbers(joined: &str) -> Result<Vec<i64>, StoreError> {
    let number = |text: &str| text.parse().map_err(|_| StoreError::Corrupt("what was used is no number"));
    joined.split_ascii_whitespace().map(number).collect()
}

fn device_name(name: &str) -> Result<DeviceName, StoreError> {
    DeviceName::parse(name).ok_or(StoreError::Corrupt("impossible name of a device"))
}

/// What the challenge of this row is proven with.
pub(super) fn read_target(
    row: &Row,
    channel: Channel,
    account: Uuid,
    id: Uuid,
    sealer: &Sealer<'_>,
) -> Result<Target, StoreError> {
    let device: Option<&str> = row.try_get("device")?;
    Ok(match (channel, device) {
        (Channel::Sms | Channel::Email, _) => {
            let address = row.try_get("address")?;
            Target::Address(sealer.open_address(Column::ChallengeAddress(account, id), channel, address)?)
        }
        (Channel::Totp, Some(name)) => {
            let secret = sealer.open_secret(Column::ChallengeSecret(account, id), row.try_get("secret")?)?;
            Target::NewDevice(NewDevice { name: device_name(name)?, secret })
        }
        (Channel::Totp, None) => Target::Devices,
        (Channel::Recovery, _) => Target::RecoveryCodes,
    })
}

/// The sessions that are stepped up.
pub(super) fn read_step_ups(row: &Row) -> Result<Vec<StepUp>, StoreError> {
    let sessions: Vec<Uuid> = row.try_get("step_up_sessions")?;
    let strengths: Vec<&str> = row.try_get("step_up_strengths")?;
    let rows = sessions.into_iter().zip(moments(row, "step_up_untils")?).zip(strengths);
    rows.map(|((session, until), strength)| {
        let strength = Strength::named(strength).ok_or(StoreError::Corrupt("unknown strength of a step-up"))?;
        Ok(StepUp { session: AccessTokenId::from_uuid(session), until, strength })
    })
    .collect()
}
