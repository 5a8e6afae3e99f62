//! Where each sealed column stands, so that a value moved elsewhere does not open.

use uuid::Uuid;

use super::error::StoreError;
use crate::domain::{
    address::Address,
    chance::Chance,
    channel::Channel,
    keys::{KeyRing, Place},
};

/// Seals and opens what rows keep of addresses and summaries.
pub(super) struct Sealer<'a> {
    pub(super) ring: &'a KeyRing,
    pub(super) chance: &'a dyn Chance,
}

/// A sealed column of one row.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Contact(Uuid, Channel),
    ChannelAddress(Uuid, Channel),
    ChallengeAddress(Uuid, Uuid),
    ChallengeSummary(Uuid, Uuid),
}

impl Column {
    fn with_place<T>(self, run: impl FnOnce(&Place<'_>) -> T) -> T {
        let place = |column, account: Uuid, row: &[u8]| run(&Place { column, row: &[account.as_bytes(), row] });
        match self {
            Self::Contact(account, channel) => place("accounts.contact", account, channel.name().as_bytes()),
            Self::ChannelAddress(account, channel) => place("channels.address", account, channel.name().as_bytes()),
            Self::ChallengeAddress(account, challenge) => place("challenges.address", account, challenge.as_bytes()),
            Self::ChallengeSummary(account, challenge) => place("challenges.summary", account, challenge.as_bytes()),
        }
    }
}

impl Sealer<'_> {
    pub(super) fn seal(&self, column: Column, clear: &str) -> Result<Vec<u8>, StoreError> {
        Ok(column.with_place(|place| self.ring.seal(place, clear.as_bytes(), self.chance))?)
    }

    pub(super) fn open(&self, column: Column, sealed: &[u8]) -> Result<String, StoreError> {
        let clear = column.with_place(|place| self.ring.open(place, sealed))?;
        String::from_utf8(clear.to_vec()).map_err(|_| StoreError::Corrupt("a sealed text is not UTF-8"))
    }

    pub(super) fn open_address(&self, column: Column, channel: Channel, sealed: &[u8]) -> Result<Address, StoreError> {
        let clear = self.open(column, sealed)?;
        Address::parse(channel, &clear).map_err(|_| StoreError::Corrupt("a sealed address is none"))
    }
}
