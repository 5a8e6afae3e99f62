//! Prefixes that were closed against SMS pumping, and what they are judged by.

use deadpool_postgres::{GenericClient, Object};
use tokio::time::timeout;
use tokio_postgres::{Row, types::ToSql};

use super::{
    columns,
    datastore::{Author, Datastore, Wanted, settled},
    error::StoreError,
    meters,
    moment::Moment,
    sql,
    traffic::natural,
};
use crate::domain::{
    account::Account,
    meter::Meter,
    prefix_guard::{ClosedPrefix, Ripe, Span},
    time::Timestamp,
    traffic::Share,
    username::Username,
};

/// A prefix that is closed or half open, or was opened not long ago.
pub struct KnownPrefix {
    /// Country code and three digits.
    pub prefix: String,
    /// How it was closed and opened.
    pub closed: ClosedPrefix,
}

/// One that is closed or opened.
pub struct Turn<'a> {
    /// Country code and three digits.
    pub prefix: &'a str,
    /// How it stood when it was judged; `None` when it had never been closed.
    pub judged: Option<ClosedPrefix>,
    /// How it is to stand.
    pub turned: ClosedPrefix,
    /// The messages that it was judged by.
    pub share: Share,
}

impl Datastore {
    /// Every such prefix.
    pub async fn known_prefixes(&self) -> Result<Vec<KnownPrefix>, StoreError> {
        self.query(sql::PREFIX_LIST, &[]).await?.iter().map(read).collect()
    }

    /// The messages of each prefix that is to be judged: by `usual`, or by a span of its own. Those with too few are left
    /// out.
    pub async fn ripe_traffic(&self, usual: Span, own: &[(&str, Span)]) -> Result<Vec<(String, Ripe)>, StoreError> {
        let (day, hour, until) = (Moment(usual.day_from), Moment(usual.hour_from), Moment(usual.until));
        let prefixes: Vec<&str> = own.iter().map(|(prefix, _)| *prefix).collect();
        let hours: Vec<Moment> = own.iter().map(|(_, span)| Moment(span.hour_from)).collect();
        let days: Vec<Moment> = own.iter().map(|(_, span)| Moment(span.day_from)).collect();
        let least: Vec<i64> = own.iter().map(|(_, span)| i64::from(span.least)).collect();
        let parameters: [&(dyn ToSql + Sync); 8] =
            [&day, &hour, &until, &i64::from(usual.least), &prefixes, &hours, &days, &least];
        let rows = self.query(sql::TRAFFIC_RIPE, &parameters).await?;
        let read = |row: &Row| {
            let hour = Share { sent: natural(row, "hour_sent")?, solved: natural(row, "hour_solved")? };
            let day = Share { sent: natural(row, "day_sent")?, solved: natural(row, "day_solved")? };
            Ok((row.try_get("prefix")?, Ripe { hour, day }))
        };
        rows.iter().map(read).collect()
    }

    /// Closes or opens a prefix, and lets `note` say so to the service's own account: both or neither. `false` when it was
    /// closed or opened since it was judged: nothing was changed.
    pub async fn turn_prefix(
        &self,
        turn: &Turn<'_>,
        author: Author<'_>,
        note: impl FnMut(&mut Account, Timestamp),
    ) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let outcome = timeout(self.patience(), self.turn_noted(&mut connection, turn, author, note)).await;
        settled(connection, outcome)
    }

    async fn turn_noted(
        &self,
        connection: &mut Object,
        turn: &Turn<'_>,
        author: Author<'_>,
        mut note: impl FnMut(&mut Account, Timestamp),
    ) -> Result<bool, StoreError> {
        let transaction = connection.transaction().await?;
        let turned = self.turn_within(&transaction, turn).await?;
        if turned {
            let system = Username::system();
            let noted = self.decide_within(&transaction, Wanted::account(&system), author, &mut note).await?;
            noted.ok_or(StoreError::Corrupt("the service has no account of its own"))?;
        }
        transaction.commit().await?;
        Ok(turned)
    }

    async fn turn_within(&self, client: &impl GenericClient, turn: &Turn<'_>) -> Result<bool, StoreError> {
        let meter = meters::key(&Meter::Prefix(turn.prefix.to_owned()), self.ring())?.to_vec();
        let ClosedPrefix { closed_at, half_open_at, probe_at, opened_at } = turn.turned;
        let moment = |at: Option<Timestamp>| at.map(Moment);
        let judged = (
            moment(turn.judged.map(|judged| judged.closed_at)),
            moment(turn.judged.and_then(|judged| judged.opened_at)),
        );
        let count = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
        let parameters: [&(dyn ToSql + Sync); 10] = [
            &meter,
            &turn.prefix,
            &Moment(closed_at),
            &Moment(half_open_at),
            &Moment(probe_at),
            &moment(opened_at),
            &count(turn.share.sent),
            &count(turn.share.solved),
            &judged.0,
            &judged.1,
        ];
        let statement = client.prepare_cached(sql::PREFIX_TURN).await?;
        Ok(client.query_opt(&statement, &parameters).await?.is_some())
    }
}

fn read(row: &Row) -> Result<KnownPrefix, StoreError> {
    let closed = ClosedPrefix {
        closed_at: row.try_get::<_, Moment>("closed_at")?.0,
        half_open_at: row.try_get::<_, Moment>("half_open_at")?.0,
        probe_at: row.try_get::<_, Moment>("probe_at")?.0,
        opened_at: columns::moment(row, "opened_at")?,
    };
    Ok(KnownPrefix { prefix: row.try_get("prefix")?, closed })
}
