//! Notices that are not sent yet.

use std::collections::BTreeMap;

use tokio_postgres::Row;
use uuid::Uuid;

use super::{columns, datastore::Datastore, error::StoreError, moment::Moment, seal::Column, sql};
use crate::domain::{
    channel::Channel,
    id::{AccountId, TransmissionId},
    language::Language,
    notice::{Notice, NoticeKind, PostedNotice, Reference},
    time::Timestamp,
    username::Username,
};

/// What was claimed in one go.
pub struct ClaimedNotices {
    /// How many, with those that cannot be read.
    pub found: usize,
    /// Those that can.
    pub read: Vec<ClaimedNotice>,
}

/// A notice whose sending was begun, and whose it is.
pub struct ClaimedNotice {
    /// Whose.
    pub account: AccountId,
    /// His name.
    pub username: Username,
    /// The notice.
    pub posted: PostedNotice,
}

impl Datastore {
    /// Begins the sending of up to `limit` notices of a channel that are due at `now`, the longest due first: nobody else sends
    /// them until `until`. One that this release cannot read is logged and left: a newer one may.
    pub async fn claim_notices(
        &self,
        channel: Channel,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<ClaimedNotices, StoreError> {
        let rows = self.query(sql::NOTICE_CLAIM, &[&Moment(now), &Moment(until), &limit, &channel.name()]).await?;
        let mut read = Vec::new();
        for row in &rows {
            match self.read_notice(row) {
                Ok(notice) => read.push(notice),
                Err(error) => tracing::error!(%error, "a notice cannot be read; it is left"),
            }
        }
        Ok(ClaimedNotices { found: rows.len(), read })
    }

    fn read_notice(&self, row: &Row) -> Result<ClaimedNotice, StoreError> {
        let (account, id): (Uuid, Uuid) = (row.try_get("account_id")?, row.try_get("notice_id")?);
        let kind = NoticeKind::named(row.try_get("kind")?).ok_or(StoreError::Corrupt("unknown kind of notice"))?;
        let channel = columns::channel(row.try_get("channel")?)?;
        let address =
            self.sealer().open_address(Column::NoticeAddress(account, id), channel, row.try_get("address")?)?;
        Ok(ClaimedNotice {
            account: AccountId::from_uuid(account),
            username: Username::stored(row.try_get("username")?),
            posted: PostedNotice {
                id: TransmissionId::from_uuid(id),
                notice: Notice { kind, address },
                reference: Reference::stored(row.try_get("reference")?),
                language: row.try_get::<_, Option<&str>>("language")?.and_then(Language::parse),
                made_at: row.try_get::<_, Moment>("made_at")?.0,
                due_at: row.try_get::<_, Moment>("due_at")?.0,
                tries: columns::natural(row.try_get("tries")?)?,
            },
        })
    }

    /// Puts a notice off until `due_at`, unless its sending was begun again meanwhile.
    pub async fn put_off_notice(
        &self,
        account: AccountId,
        posted: &PostedNotice,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        let tries = i16::try_from(posted.tries).unwrap_or(i16::MAX);
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [&account.as_uuid(), &posted.id.as_uuid(), &tries, &Moment(due_at)];
        self.query(sql::NOTICE_PUT_OFF, &parameters).await.map(drop)
    }

    /// Forgets a notice of an account that is gone.
    pub async fn drop_notice(&self, account: AccountId, id: TransmissionId) -> Result<(), StoreError> {
        self.query(sql::NOTICE_DROP, &[&account.as_uuid(), &id.as_uuid()]).await.map(drop)
    }

    /// How many notices are not sent yet, by channel; those without any are left out.
    pub async fn notices_waiting(&self) -> Result<BTreeMap<Channel, i64>, StoreError> {
        let rows = self.query(sql::NOTICE_WAITING, &[]).await?;
        rows.iter().map(|row| Ok((columns::channel(row.try_get("channel")?)?, row.try_get("waiting")?))).collect()
    }
}
