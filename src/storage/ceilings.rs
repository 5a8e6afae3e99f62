//! The places under each channel's ceiling (`limits.md`: `channel_per_minute`).

use super::{datastore::Datastore, error::StoreError, moment::Moment, sql, transition::places};
use crate::domain::{channel::Channel, time::Timestamp};

impl Datastore {
    /// Sees to it that the channel has `ceiling` places; those that are there stay as they are.
    pub async fn prepare_ceiling(&self, channel: Channel, ceiling: u32) -> Result<(), StoreError> {
        self.query(sql::CEILING_PREPARE, &[&channel.name(), &places(ceiling)]).await?;
        Ok(())
    }

    /// Takes a place for a message of the channel; `false` when none is free.
    pub async fn take_place(&self, channel: Channel, ceiling: u32, now: Timestamp) -> Result<bool, StoreError> {
        let taken = self.query(sql::CEILING_TAKE, &[&channel.name(), &places(ceiling), &Moment(now)]).await?;
        Ok(!taken.is_empty())
    }

    /// When the next place of the channel is free; `None`: it has none at all.
    pub async fn place_free_at(&self, channel: Channel, ceiling: u32) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.query(sql::CEILING_FREE_AT, &[&channel.name(), &places(ceiling)]).await?;
        rows.first().map(|row| Ok(row.try_get::<_, Moment>("free_at")?.0)).transpose()
    }
}
