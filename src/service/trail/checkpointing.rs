//! Where chains end, written to a file outside of the database from time to time: what the trail cannot say of itself, that it
//! was longer once.

use std::{collections::BTreeSet, time::Duration};

use data_encoding::HEXLOWER;

use super::{Failure, Service, known::Known};
use crate::{
    domain::{
        checkpoint::{End, Head, LONGEST_LINE, Line, Trouble},
        event::{Event, EventKind, SYSTEM},
        id::AccountId,
        time::Timestamp,
    },
    storage::checkpoint_file::{Appender, CheckpointFile, FileError},
};

/// An event's moment is that of its decision; it is there for others only when it is committed, no more than this later.
const LATE: Duration = Duration::from_mins(10);
/// How much of the trail is asked at once which accounts have changed.
const SLICE: Duration = Duration::from_hours(1);
/// After a longer pause it costs less to look at every account.
const LONGEST_PAUSE: Duration = Duration::from_hours(8 * 24);
/// The most accounts that one line names, as the database counts them.
#[expect(clippy::cast_possible_wrap, reason = "a thousand is no more than that")]
const LINE: i64 = LONGEST_LINE as i64;

/// Where checkpoints go, and how often.
#[derive(Clone)]
pub struct Checkpoints {
    /// The file.
    pub file: CheckpointFile,
    /// How often the worker appends to it.
    pub every: Duration,
}

/// How a checkpoint begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Behind the last one; a file that is gone or was cut off is not begun anew by itself, as that would hide it.
    Continue,
    /// In a new file, whatever the trail says of an earlier one. An operator said so.
    Anew,
}

/// A checkpoint that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpointed {
    /// How many ends of chains it names.
    pub heads: u64,
    /// How many lines the file has now.
    pub lines: u64,
}

/// Why there is no checkpoint. Nothing was hidden by it.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// No file is configured.
    #[error("audit.checkpoint_file is not set")]
    NotConfigured,
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line of the file is not what was written.
    #[error("the first or the last line of the file of checkpoints is not genuine: {0}")]
    Line(#[from] Trouble),
    /// The file is shorter than it was, or gone.
    #[error(
        "the file of checkpoints is gone or was cut off: the trail knows of {known} lines, {found} are there. Put the file back; or find out why, move what is left away and run 'tanager audit checkpoint --begin-anew'"
    )]
    Shortened {
        /// How many lines the trail knows of.
        known: u64,
        /// How many there are.
        found: u64,
    },
    /// It is the one who asks for a new file who has to move the old one.
    #[error("the file of checkpoints has lines: move it away first to begin anew")]
    NotEmpty,
    /// The database, or a key.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The thread that writes.
    #[error("the file of checkpoints was not written to its end")]
    Abandoned,
}

impl CheckpointError {
    /// Whether another process writes a checkpoint at this moment: what it does is done.
    #[must_use]
    pub const fn is_anothers_turn(&self) -> bool {
        matches!(self, Self::File(FileError::Locked(_)))
    }
}

/// A checkpoint that is being written.
struct Writing<'a> {
    service: &'a Service,
    appender: Option<Appender>,
    end: End,
    begun: Timestamp,
    heads: u64,
}

impl Service {
    /// How often checkpoints are to be written; `None` where no file is configured.
    #[must_use]
    pub fn checkpoint_every(&self) -> Option<Duration> {
        self.0.parts.checkpoints.as_ref().map(|checkpoints| checkpoints.every)
    }

    /// Appends a checkpoint to the configured file: the first one names the ends of all chains, a later one those of chains
    /// that have changed since. Then writes to the trail how far the file goes.
    pub async fn checkpoint_trail(&self, beginning: Beginning) -> Result<Checkpointed, CheckpointError> {
        let file = self.0.parts.checkpoints.as_ref().ok_or(CheckpointError::NotConfigured)?.file.clone();
        let (appender, ends) = blocking(move || {
            let appender = file.append()?;
            let ends = appender.ends()?;
            Ok((appender, ends))
        })
        .await?;
        let end = self.end_of_file(ends.as_ref(), beginning).await?;
        let begun = self.store().now().await.map_err(Failure::from)?;
        let mut writing = Writing { service: self, appender: Some(appender), end, begun, heads: 0 };
        match ends.map(|(_, last)| last).filter(|last| is_a_base(last, begun)) {
            Some(last) => writing.append_changed(last.at).await?,
            None => writing.append_all().await?,
        }
        let Writing { end, heads, .. } = writing;
        self.note_checkpoint(&end, heads).await?;
        Ok(Checkpointed { heads, lines: end.lines })
    }

    /// Where the file ends, by its own lines and by the trail's word.
    async fn end_of_file(&self, ends: Option<&(Line, Line)>, beginning: Beginning) -> Result<End, CheckpointError> {
        let end = match ends {
            Some((first, last)) => {
                first.prove(self.ring())?;
                last.prove(self.ring())?;
                End { first: first.mac, ..End::EMPTY }.behind(last)
            }
            None => End::EMPTY,
        };
        match (beginning, ends) {
            (Beginning::Anew, Some(_)) => return Err(CheckpointError::NotEmpty),
            (Beginning::Anew, None) => return Ok(end),
            (Beginning::Continue, _) => {}
        }
        let known = self.known_of_file(ends.map(|(first, _)| &first.mac)).await?;
        match known {
            Some(Known { lines, .. }) if lines > end.lines => {
                Err(CheckpointError::Shortened { known: lines, found: end.lines })
            }
            Some(Known { lines, mac }) if lines == end.lines && mac != end.mac => Err(Trouble::NotGenuine.into()),
            _ => Ok(end),
        }
    }

    async fn note_checkpoint(&self, end: &End, heads: u64) -> Result<(), Failure> {
        let event = Event::of(EventKind::TrailCheckpointed)
            .with("file", HEXLOWER.encode(&end.first))
            .with("lines", end.lines.to_string())
            .with("heads", heads.to_string())
            .with("mac", HEXLOWER.encode(&end.mac));
        self.note_event(&event).await
    }
}

/// Whether what has changed since that line is all that a new checkpoint has to name: its own was written to the end, and
/// the clock has not been put back since, nor has it been long.
fn is_a_base(last: &Line, now: Timestamp) -> bool {
    last.complete && last.at <= now && now.since(last.at) < LONGEST_PAUSE
}

impl Writing<'_> {
    async fn append_all(&mut self) -> Result<(), CheckpointError> {
        let store = self.service.store();
        let mut heads = store.heads_of(&[SYSTEM]).await.map_err(Failure::from)?;
        heads.extend(store.heads_behind(SYSTEM, LINE.saturating_sub(1)).await.map_err(Failure::from)?);
        loop {
            let behind = heads.last().map_or(SYSTEM, |last| last.account);
            let next = store.heads_behind(behind, LINE).await.map_err(Failure::from)?;
            let is_last = next.is_empty();
            self.append(std::mem::replace(&mut heads, next), is_last).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    async fn append_changed(&mut self, since: Timestamp) -> Result<(), CheckpointError> {
        let changed: Vec<AccountId> = self.changed(since.minus(LATE)).await?.into_iter().collect();
        let mut parts = changed.chunks(LONGEST_LINE).peekable();
        if parts.peek().is_none() {
            return self.append(Vec::new(), true).await;
        }
        while let Some(part) = parts.next() {
            let heads = self.service.store().heads_of(part).await.map_err(Failure::from)?;
            self.append(heads, parts.peek().is_none()).await?;
        }
        Ok(())
    }

    /// The accounts whose chains have changed, asked in slices: none is a long statement, however much happened.
    async fn changed(&self, since: Timestamp) -> Result<BTreeSet<AccountId>, Failure> {
        let (mut changed, mut from) = (BTreeSet::new(), since);
        loop {
            let to = from.plus(SLICE);
            let last = to > self.begun;
            let to = if last { Timestamp::NEVER } else { to };
            changed.extend(self.service.store().accounts_changed(from, to).await?);
            if last {
                return Ok(changed);
            }
            from = to;
        }
    }

    /// Signs and writes a line; the events that it names are on the database's disk before.
    async fn append(&mut self, heads: Vec<Head>, complete: bool) -> Result<(), CheckpointError> {
        self.service.store().settle().await.map_err(Failure::from)?;
        let named = u64::try_from(heads.len()).unwrap_or(u64::MAX);
        let line = self.end.sign(self.service.ring(), self.begun, heads, complete).map_err(Failure::from)?;
        self.end = self.end.behind(&line);
        self.heads = self.heads.saturating_add(named);
        let mut appender = self.appender.take().ok_or(CheckpointError::Abandoned)?;
        let appender = blocking(move || appender.write(&line).map(|()| appender)).await?;
        self.appender = Some(appender);
        Ok(())
    }
}

/// Runs what waits for the disk where that holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, CheckpointError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| CheckpointError::Abandoned)??)
}
