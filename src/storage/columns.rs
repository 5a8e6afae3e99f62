//! Columns of more than one kind of row, read into what the domain calls them.

use tokio_postgres::Row;

use super::{error::StoreError, moment::Moment};
use crate::domain::{channel::Channel, time::Timestamp};

pub(super) fn moment(row: &Row, column: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.try_get::<_, Option<Moment>>(column)?.map(|moment| moment.0))
}

pub(super) fn moments(row: &Row, column: &str) -> Result<Vec<Timestamp>, StoreError> {
    Ok(row.try_get::<_, Vec<Moment>>(column)?.into_iter().map(|moment| moment.0).collect())
}

pub(super) fn channel(name: &str) -> Result<Channel, StoreError> {
    Channel::named(name).ok_or(StoreError::Corrupt("unknown channel"))
}

pub(super) fn natural(number: i16) -> Result<u16, StoreError> {
    u16::try_from(number).map_err(|_| StoreError::Corrupt("a count below zero"))
}

pub(super) fn bytes32(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt("a digest has not 32 bytes"))
}

pub(super) fn optional_bytes32(bytes: Option<&[u8]>) -> Result<Option<[u8; 32]>, StoreError> {
    bytes.map(bytes32).transpose()
}
