//! What a transition puts in force or removes, and the sessions that are stepped up.

use uuid::Uuid;

use super::Parameters;
use crate::{
    domain::{
        account::Account,
        channel::{BroughtBy, Channel, Strength},
        factor::{ActiveChannel, Device},
        id::{AccessTokenId, RecoverySetId},
        recovery::RecoveryCodes,
        time::Timestamp,
    },
    storage::{
        error::StoreError,
        moment::Moment,
        seal::{Column, Sealer},
    },
};

/// What a channel is named of which an account has one.
const ONLY: &str = "default";

/// $60 to $63, and $95 to $101: rows of `channels` that are gone, and those that are new or other than before.
#[derive(Default)]
pub(super) struct ChannelColumns {
    gone: Vec<&'static str>,
    gone_names: Vec<String>,
    kinds: Vec<&'static str>,
    names: Vec<String>,
    addresses: Vec<Option<Vec<u8>>>,
    secrets: Vec<Option<Vec<u8>>>,
    used: Vec<String>,
    sets: Vec<Option<Uuid>>,
    set_keys: Vec<Option<i16>>,
    sinces: Vec<Moment>,
    bringers: Vec<&'static str>,
}

impl ChannelColumns {
    pub(super) fn between(before: &Account, after: &Account, sealer: &Sealer<'_>) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        let kept = names(after);
        for (channel, name) in names(before).into_iter().filter(|named| !kept.contains(named)) {
            columns.gone.push(channel.name());
            columns.gone_names.push(name);
        }
        for active in after.channels.iter().filter(|active| !before.channels.contains(active)) {
            columns.put_address(after, active, sealer)?;
        }
        for device in after.devices.iter().filter(|device| !before.devices.contains(device)) {
            columns.put_device(after, device, sealer)?;
        }
        if let Some(codes) = after.recovery.as_ref().filter(|codes| before.recovery.as_ref() != Some(codes)) {
            columns.put_codes(codes);
        }
        Ok(columns)
    }

    fn put_address(
        &mut self,
        account: &Account,
        active: &ActiveChannel,
        sealer: &Sealer<'_>,
    ) -> Result<(), StoreError> {
        let channel = active.address.channel();
        let address = sealer.seal(Column::ChannelAddress(account.id.as_uuid(), channel), active.address.reveal())?;
        self.put(channel, ONLY.to_owned(), active.since, active.brought_by);
        self.addresses.push(Some(address));
        self.secrets.push(None);
        self.put_uses(&[], None);
        Ok(())
    }

    fn put_device(&mut self, account: &Account, device: &Device, sealer: &Sealer<'_>) -> Result<(), StoreError> {
        let name = device.name.to_string();
        let secret = sealer.seal_secret(Column::DeviceSecret(account.id.as_uuid(), &name), &device.secret)?;
        self.put(Channel::Totp, name, device.since, device.brought_by);
        self.addresses.push(None);
        self.secrets.push(Some(secret));
        self.put_uses(&device.used, None);
        Ok(())
    }

    fn put_codes(&mut self, codes: &RecoveryCodes) {
        self.put(Channel::Recovery, ONLY.to_owned(), codes.since, codes.brought_by);
        self.addresses.push(None);
        self.secrets.push(None);
        self.put_uses(&codes.used, Some(codes));
    }

    fn put(&mut self, channel: Channel, name: String, since: Timestamp, brought_by: BroughtBy) {
        self.kinds.push(channel.name());
        self.names.push(name);
        self.sinces.push(Moment(since));
        self.bringers.push(brought_by.name());
    }

    fn put_uses(&mut self, used: &[i64], codes: Option<&RecoveryCodes>) {
        self.used.push(used.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        self.sets.push(codes.map(|codes| RecoverySetId::as_uuid(codes.set)));
        self.set_keys.push(codes.map(|codes| super::small(codes.key.0)));
    }

    /// $60 to $63.
    pub(super) fn parameters(&self) -> Parameters<'_> {
        parameters![self.gone, self.kinds, self.addresses, self.sinces]
    }

    /// $95 to $101.
    pub(super) fn more_parameters(&self) -> Parameters<'_> {
        parameters![self.gone_names, self.names, self.secrets, self.used, self.sets, self.set_keys, self.bringers]
    }
}

/// What names the rows of an account.
fn names(account: &Account) -> Vec<(Channel, String)> {
    let addresses = account.channels.iter().map(|active| (active.address.channel(), ONLY.to_owned()));
    let devices = account.devices.iter().map(|device| (Channel::Totp, device.name.to_string()));
    let codes = account.recovery.iter().map(|_| (Channel::Recovery, ONLY.to_owned()));
    addresses.chain(devices).chain(codes).collect()
}

/// $92 to $94: the sessions that are stepped up.
pub(super) struct StepUpColumns {
    sessions: Vec<Uuid>,
    untils: Vec<Moment>,
    strengths: Vec<&'static str>,
}

impl StepUpColumns {
    pub(super) fn of(after: &Account) -> Self {
        Self {
            sessions: after.step_ups.iter().map(|known| AccessTokenId::as_uuid(known.session)).collect(),
            untils: after.step_ups.iter().map(|known| Moment(known.until)).collect(),
            strengths: after.step_ups.iter().map(|known| Strength::name(known.strength)).collect(),
        }
    }

    pub(super) fn parameters(&self) -> Parameters<'_> {
        parameters![self.sessions, self.untils, self.strengths]
    }
}
