//! The trail held against its MACs and the checkpoints: for operators over HTTP, one at a time, and for the command line.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{CheckpointError, Failure, Service, checkpointing::blocking, known::Known};
use crate::{
    domain::{
        caller::{AccessToken, Deed},
        checkpoint::{End, Head, Line, Trouble},
        id::AccountId,
        time::Timestamp,
        username::Username,
    },
    service::permit,
    storage::{
        checkpoint_file::{CheckpointFile, FileError, LineNumber, Lines},
        trail::{self, Gainsaid},
    },
};

/// When it makes sense to ask again for a verification of the whole trail while one runs.
const ASK_AGAIN: Duration = Duration::from_mins(1);

/// What verifying found.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every event follows from the one before, up to each account's own word, and no checkpoint says otherwise.
    Whole {
        /// How many events there are.
        events: u64,
        /// How many lines of checkpoints they were held against; `None`: there is no such file.
        lines: Option<u64>,
        /// When the latest of them was written: what came after it could be cut off unseen.
        witnessed_until: Option<Timestamp>,
        /// Whether the file ends within a line, as a crash leaves it; the next checkpoint mends that.
        torn: bool,
    },
    /// The first event that does not, or that a checkpoint gainsays.
    Broken {
        /// Whose chain; the account's id where its row is gone.
        username: String,
        /// Its number in the chain.
        sequence: i64,
        /// What is wrong with it.
        trouble: &'static str,
    },
    /// The file of checkpoints is not what was written.
    BrokenFile {
        /// The first line that is wrong, from 1.
        line: u64,
        /// What is wrong with it.
        trouble: &'static str,
    },
}

/// The one place of an instance for a verification of the whole trail: it reads every event there is.
pub struct Verifying(Semaphore);

impl Default for Verifying {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

impl Verifying {
    /// The place, until what is returned is dropped; who asks while it is taken is told to come again.
    fn begin(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.0.try_acquire().map_err(|_| Failure::Busy { retry_after: ASK_AGAIN })
    }
}

/// The file that the trail is held against.
#[derive(Clone, Copy)]
enum Against<'a> {
    /// The one that the worker appends to: it has all that the trail knows of.
    Own(&'a CheckpointFile),
    /// A copy of it: it may be older.
    Copy(&'a CheckpointFile),
}

/// How far the lines were read, and what the trail knows of them.
struct Reading<'a> {
    service: &'a Service,
    only: Option<AccountId>,
    known: Option<Known>,
    end: End,
    latest: Option<Timestamp>,
}

impl Service {
    /// What [`Self::verify_trail`] finds, for operators. The whole trail is verified for one at a time; one account's
    /// chain for anyone who may.
    pub async fn show_verdict(&self, caller: &AccessToken, only: Option<&Username>) -> Result<Verdict, Failure> {
        permit(caller, Deed::Operate, &Username::system())?;
        let _place = if only.is_none() { Some(self.0.verifying.begin()?) } else { None };
        self.verify_trail(only).await
    }

    /// Follows every chain of the trail, or one account's, holds it against the configured checkpoints, and names the first
    /// place that does not fit.
    pub async fn verify_trail(&self, only: Option<&Username>) -> Result<Verdict, Failure> {
        let own = self.0.parts.checkpoints.as_ref().map(|checkpoints| Against::Own(&checkpoints.file));
        self.verify(only, own).await
    }

    /// The same with a copy of the file of checkpoints, which may be older than the trail.
    pub async fn verify_trail_with(&self, only: Option<&Username>, copy: &CheckpointFile) -> Result<Verdict, Failure> {
        self.verify(only, Some(Against::Copy(copy))).await
    }

    async fn verify(&self, only: Option<&Username>, against: Option<Against<'_>>) -> Result<Verdict, Failure> {
        let only = match only {
            Some(username) => Some(self.account_of_trail(username).await?),
            None => None,
        };
        let events = match self.store().verify_trail(only).await? {
            trail::Verdict::Whole { events } => events,
            trail::Verdict::Broken { username, sequence, trouble } => {
                return Ok(Verdict::Broken { username, sequence, trouble });
            }
        };
        match against {
            Some(against) => self.verify_checkpoints(only, events, against).await,
            None => Ok(Verdict::Whole { events, lines: None, witnessed_until: None, torn: false }),
        }
    }

    async fn verify_checkpoints(
        &self,
        only: Option<AccountId>,
        events: u64,
        against: Against<'_>,
    ) -> Result<Verdict, Failure> {
        let (Against::Own(file) | Against::Copy(file)) = against;
        let first = match read(file, CheckpointFile::first).await? {
            Ok(first) => first,
            Err(broken) => return Ok(broken),
        };
        // Asked before the lines are counted: what is appended meanwhile makes the file longer than the trail says, never
        // shorter.
        let known = self.known_of_file(first.as_ref().map(|line| &line.mac)).await?;
        let lines = match read(file, CheckpointFile::lines).await? {
            Ok(lines) => lines,
            Err(broken) => return Ok(broken),
        };
        let torn = lines.as_ref().is_some_and(Lines::is_torn);
        let mut reading = Reading { service: self, only, known, end: End::EMPTY, latest: None };
        if let Some(broken) = reading.read_on(lines).await? {
            return Ok(broken);
        }
        let read = reading.end.lines;
        match (against, known) {
            (Against::Own(_), Some(known)) if known.lines > read => {
                let trouble = "it is missing, and the trail knows of it: the file was cut off, or is gone";
                Ok(Verdict::BrokenFile { line: read.saturating_add(1), trouble })
            }
            _ => Ok(Verdict::Whole { events, lines: Some(read), witnessed_until: reading.latest, torn }),
        }
    }
}

impl Reading<'_> {
    /// Follows the lines to their end, and asks the trail for the events that they name.
    async fn read_on(&mut self, lines: Option<Lines>) -> Result<Option<Verdict>, Failure> {
        let Some(mut lines) = lines else { return Ok(None) };
        loop {
            let (rest, piece) = blocking(move || Ok((piece_of(&mut lines), lines)))
                .await
                .map(|(piece, lines)| (lines, piece))
                .map_err(unreadable)?;
            lines = rest;
            let piece = match judged(piece)? {
                Ok(piece) if piece.is_empty() => return Ok(None),
                Ok(piece) => piece,
                Err(broken) => return Ok(Some(broken)),
            };
            if let Some(broken) = self.follow(&piece) {
                return Ok(Some(broken));
            }
            let heads: Vec<Head> =
                piece.into_iter().flat_map(|line| line.heads).filter(|head| self.asks(head)).collect();
            if let Some(Gainsaid { username, sequence, trouble }) = self.service.store().gainsay(&heads).await? {
                return Ok(Some(Verdict::Broken { username, sequence, trouble }));
            }
        }
    }

    fn asks(&self, head: &Head) -> bool {
        self.only.is_none_or(|only| only == head.account)
    }

    fn follow(&mut self, lines: &[Line]) -> Option<Verdict> {
        for line in lines {
            match self.end.follow(self.service.ring(), line) {
                Ok(end) => (self.end, self.latest) = (end, Some(line.at)),
                Err(trouble) => {
                    return Some(Verdict::BrokenFile {
                        line: self.end.lines.saturating_add(1),
                        trouble: words(trouble),
                    });
                }
            }
            let other = self.known.is_some_and(|known| known.lines == line.number && known.mac != line.mac);
            if other {
                return Some(Verdict::BrokenFile { line: line.number, trouble: "it is another than the trail knows" });
            }
        }
        None
    }
}

fn piece_of(lines: &mut Lines) -> Result<Vec<Line>, FileError> {
    lines.piece()
}

const fn words(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Gap => "a line before it is missing, or was moved",
        Trouble::NotGenuine => "it was changed, or signed with another key",
    }
}

/// Something out of the file, where reading may block; what is no line is a verdict.
async fn read<T: Send + 'static>(
    file: &CheckpointFile,
    look: impl FnOnce(&CheckpointFile) -> Result<T, FileError> + Send + 'static,
) -> Result<Result<T, Verdict>, Failure> {
    let file = file.clone();
    judged(blocking(move || Ok(look(&file))).await.map_err(unreadable)?)
}

/// A line that is none is found; a disk that fails is no finding.
fn judged<T>(outcome: Result<T, FileError>) -> Result<Result<T, Verdict>, Failure> {
    match outcome {
        Ok(found) => Ok(Ok(found)),
        Err(FileError::Damaged(_, LineNumber::At(line))) => {
            Ok(Err(Verdict::BrokenFile { line, trouble: "it cannot be read" }))
        }
        Err(error) => Err(unreadable(error.into())),
    }
}

fn unreadable(error: CheckpointError) -> Failure {
    match error {
        CheckpointError::Failed(failure) => failure,
        error => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::error!(error = %error, cause, "the file of checkpoints could not be read; nothing is said of the trail");
            Failure::Unavailable
        }
    }
}
