//! Where each sealed column stands, so that a value moved elsewhere does not open.

use uuid::Uuid;

use super::error::StoreError;
use crate::domain::{
    address::Address,
    chance::Chance,
    channel::Channel,
    keys::{KeyRing, Place},
    totp::TotpSecret,
};

/// Seals and opens what rows keep of addresses and summaries.
pub(super) struct Sealer<'a> {
    pub(super) ring: &'a KeyRing,
    pub(super) chance: &'a dyn Chance,
}

/// A sealed column of one row.
#[derive(Clone, Copy)]
pub(super) enum Column<'a> {
    Contact(Uuid, Channel),
    ChannelAddress(Uuid, Channel),
    ChallengeAddress(Uuid, Uuid),
    ChallengeSummary(Uuid, Uuid),
    DeviceSecret(Uuid, &'a str),
    ChallengeSecret(Uuid, Uuid),
    NoticeAddress(Uuid, Uuid),
}

impl Column<'_> {
    fn with_place<T>(self, run: impl FnOnce(&Place<'_>) -> T) -> T {
        let place = |column, account: Uuid, row: &[u8]| run(&Place { column, row: &[account.as_bytes(), row] });
        match self {
            Self::Contact(account, channel) => place("accounts.contact", account, channel.name().as_bytes()),
            Self::ChannelAddress(account, channel) => place("channels.address", account, channel.name().as_bytes()),
            Self::ChallengeAddress(account, challenge) => place("challenges.address", account, challenge.as_bytes()),
            Self::DeviceSecret(account, name) => place("channels.secret", account, name.as_bytes()),
            Self::ChallengeSecret(account, challenge) => place("challenges.secret", account, challenge.as_bytes()),
            Self::NoticeAddress(account, notice) => place("notices.address", account, notice.as_bytes()),
            Self::ChallengeSummary(account, challenge) => place("challenges.summary", account, challenge.as_bytes()),
        }
    }
}

impl Sealer<'_> {
    pub(super) fn seal(&self, column: Column<'_>, clear: &str) -> Result<Vec<u8>, StoreError> {
        Ok(column.with_place(|place| self.ring.seal(place, clear.as_bytes(), self.chance))?)
    }

    pub(super) fn open(&self, column: Column<'_>, sealed: &[u8]) -> Result<String, StoreError> {
        let clear = column.with_place(|place| self.ring.open(place, sealed))?;
        String::from_utf8(clear.to_vec()).map_err(|_| StoreError::Corrupt("a sealed text is not UTF-8"))
    }

    pub(super) fn open_address(
        &self,
        column: Column<'_>,
        channel: Channel,
        sealed: &[u8],
    ) -> Result<Address, StoreError> {
        let clear = self.open(column, sealed)?;
        Address::stored(channel, &clear).map_err(|_| StoreError::Corrupt("a channel without addresses has one"))
    }

    pub(super) fn seal_secret(&self, column: Column<'_>, secret: &TotpSecret) -> Result<Vec<u8>, StoreError> {
        Ok(column.with_place(|place| self.ring.seal(place, secret.reveal(), self.chance))?)
    }

    pub(super) fn open_secret(&self, column: Column<'_>, sealed: &[u8]) -> Result<TotpSecret, StoreError> {
        let clear = column.with_place(|place| self.ring.open(place, sealed))?;
        let bytes = clear.first_chunk().filter(|bytes| bytes.len() == clear.len());
        bytes
            .map(|bytes| TotpSecret::from_bytes(*bytes))
            .ok_or(StoreError::Corrupt("a sealed secret has another length"))
    }
}
