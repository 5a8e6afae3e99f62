//! What goes out and comes back, written and read. A transition counts in memory; what was counted is added to the table
//! every second or so, as a row that everyone touches would be everyone's lock. A crash loses what was counted since.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_postgres::{Row, types::ToSql};

use super::{columns, datastore::Datastore, error::StoreError, moment::Moment, sql};
use crate::domain::{
    account::Account,
    channel::Channel,
    limits::Limits,
    time::Timestamp,
    traffic::{Before, Carriage, Cell, Count, Counts, Figures, Milestone, Tally},
};

/// What this instance counted and has not written yet.
#[derive(Default)]
pub(super) struct Counter {
    tally: Mutex<Tally>,
    /// One writes at a time: who waits for a writing finds it written.
    writing: tokio::sync::Mutex<()>,
}

/// What a transition came to.
#[derive(Default)]
pub(super) struct Counted {
    cells: Vec<(Cell, Count)>,
    milestones: Vec<(Channel, Milestone)>,
    carriages: Vec<Carriage>,
}

impl Counter {
    /// Adds what a transition came to, once it is committed.
    pub(super) fn add(&self, counted: Counted) {
        for (channel, milestone) in counted.milestones {
            metrics::counter!("tanager_challenges_total", "channel" => channel.name(), "state" => milestone.name())
                .increment(1);
        }
        for carriage in counted.carriages {
            let (channel, state) = (carriage.channel.name(), carriage.state());
            metrics::counter!("tanager_carried_total", "channel" => channel, "transport" => carriage.transport, "state" => state)
                .increment(1);
        }
        if counted.cells.is_empty() {
            return;
        }
        let mut tally = self.tally();
        for (cell, count) in counted.cells {
            tally.add(cell, count);
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same decision; what the latest time that it was asked comes to stands in `counted`, to be added once it is
/// committed.
pub(super) fn counting<'a, T>(
    limits: &'a Limits,
    counted: &'a mut Counted,
    decide: &'a mut impl FnMut(&mut Account, Timestamp) -> T,
) -> impl FnMut(&mut Account, Timestamp) -> T + 'a {
    move |account, now| {
        let before = Before::of(account);
        let answer = decide(account, now);
        *counted = Counted {
            cells: before.counted(account, now, limits),
            milestones: Milestone::reached(account),
            carriages: Carriage::told(account),
        };
        answer
    }
}

/// The span that figures are read for: buckets that begin from these moments on.
#[derive(Clone, Copy)]
pub struct Since {
    /// The day's.
    pub day: Timestamp,
    /// The hour's.
    pub hour: Timestamp,
    /// Both end with this moment.
    pub now: Timestamp,
}

/// What one prefix came to on one channel.
pub struct PrefixTraffic {
    /// The channel.
    pub channel: Channel,
    /// The prefix.
    pub prefix: String,
    /// What it came to.
    pub figures: Figures,
}

/// One column for each of the parameters of `traffic.add`.
#[derive(Default)]
struct Columns {
    bucket: Vec<Moment>,
    channel: Vec<&'static str>,
    prefix: Vec<String>,
    counts: [Vec<i32>; 7],
}

impl Columns {
    fn of(tally: &Tally) -> Self {
        let mut columns = Self::default();
        for (cell, Count { counts, young }) in tally.cells() {
            columns.bucket.push(Moment(cell.bucket));
            columns.channel.push(cell.channel.name());
            columns.prefix.push(cell.prefix.clone());
            let Counts { sent, failed, solved, spent, blocked } = *counts;
            let row = [sent, failed, solved, spent, blocked, young.sent, young.solved];
            for (column, count) in columns.counts.iter_mut().zip(row) {
                column.push(i32::try_from(count).unwrap_or(i32::MAX));
            }
        }
        columns
    }
}

impl Datastore {
    /// Adds what this instance counted to the table. What could not be written is kept for the next time.
    pub async fn write_traffic(&self) -> Result<(), StoreError> {
        let counter = &self.counter;
        let _alone = counter.writing.lock().await;
        let tally = std::mem::take(&mut *counter.tally());
        if tally.is_empty() {
            return Ok(());
        }
        let columns = Columns::of(&tally);
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&columns.bucket, &columns.channel, &columns.prefix];
        parameters.extend(columns.counts.iter().map(|column| column as &(dyn ToSql + Sync)));
        let written = self.query(sql::TRAFFIC_ADD, &parameters).await;
        if written.is_err() {
            counter.tally().add_all(tally);
        }
        written.map(drop)
    }

    /// What each channel came to; those that came to nothing are left out.
    pub async fn channel_traffic(&self, since: Since) -> Result<Vec<(Channel, Figures)>, StoreError> {
        let rows =
            self.query(sql::TRAFFIC_CHANNELS, &[&Moment(since.day), &Moment(since.hour), &Moment(since.now)]).await?;
        rows.iter().map(|row| Ok((columns::channel(row.try_get("channel")?)?, figures(row)?))).collect()
    }

    /// What prefixes came to: up to `most`, those `wanted` first, then those with the most messages of the day.
    pub async fn prefix_traffic(
        &self,
        since: Since,
        wanted: &[&str],
        most: i64,
    ) -> Result<Vec<PrefixTraffic>, StoreError> {
        let (day, hour, now) = (Moment(since.day), Moment(since.hour), Moment(since.now));
        let rows = self.query(sql::TRAFFIC_PREFIXES, &[&day, &hour, &now, &wanted, &most]).await?;
        let read = |row: &Row| {
            let channel = columns::channel(row.try_get("channel")?)?;
            Ok(PrefixTraffic { channel, prefix: row.try_get("prefix")?, figures: figures(row)? })
        };
        rows.iter().map(read).collect()
    }

    /// Removes the buckets that begin before `before`, and the prefixes that were opened before it.
    pub async fn sweep_traffic(&self, before: Timestamp) -> Result<(), StoreError> {
        let (first, before) = (Moment(Timestamp::from_seconds(0)), Moment(before));
        self.query(sql::TRAFFIC_SWEEP, &[&first, &before]).await?;
        self.query(sql::PREFIX_SWEEP, &[&before]).await?;
        Ok(())
    }
}

fn figures(row: &Row) -> Result<Figures, StoreError> {
    let counts = |[sent, failed, solved, spent, blocked]: [&str; 5]| {
        Ok::<_, StoreError>(Counts {
            sent: natural(row, sent)?,
            failed: natural(row, failed)?,
            solved: natural(row, solved)?,
            spent: natural(row, spent)?,
            blocked: natural(row, blocked)?,
        })
    };
    Ok(Figures {
        hour: counts(["hour_sent", "hour_failed", "hour_solved", "hour_spent", "hour_blocked"])?,
        day: counts(["day_sent", "day_failed", "day_solved", "day_spent", "day_blocked"])?,
    })
}

/// A sum over counts.
pub(super) fn natural(row: &Row, column: &str) -> Result<u64, StoreError> {
    u64::try_from(row.try_get::<_, i64>(column)?).map_err(|_| StoreError::Corrupt("a count below zero"))
}
