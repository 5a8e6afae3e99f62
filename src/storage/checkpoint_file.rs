//! The file of checkpoints: lines of JSON, outside of the database, appended to and never changed.
//!
//! Every call blocks on the disk: it is to be made where blocking is allowed. What a line proves is not decided here. A crash
//! while appending leaves at most one line without its line break, behind the last whole one: readers pass over it, and the next
//! one who appends removes it.

mod line;
mod reading;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

pub use reading::Lines;

use crate::domain::checkpoint::Line;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read or written.
    #[error("the file of checkpoints {0} cannot be used")]
    Io(PathBuf, #[source] io::Error),
    /// Another process appends to it at this moment.
    #[error("another process is writing to the file of checkpoints {0}")]
    Locked(PathBuf),
    /// One of its lines is none.
    #[error("line {1} of the file of checkpoints {0} cannot be read")]
    Damaged(PathBuf, LineNumber),
}

/// Which line of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineNumber {
    /// This one, from 1.
    At(u64),
    /// The last one.
    Last,
}

impl std::fmt::Display for LineNumber {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(number) => number.fmt(out),
            Self::Last => out.write_str("(the last)"),
        }
    }
}

/// Where checkpoints are kept.
#[derive(Clone, Debug)]
pub struct CheckpointFile {
    path: PathBuf,
}

/// The file, held against every other process that would append to it.
pub struct Appender {
    path: PathBuf,
    file: File,
}

impl CheckpointFile {
    /// The file at `path`, whether or not it is there.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its first line; `None` when there is no file, or no whole line in it.
    pub fn first(&self) -> Result<Option<Line>, FileError> {
        let Some(mut lines) = self.lines()? else { return Ok(None) };
        lines.line()
    }

    /// Its whole lines as of now, from the first on; `None` when there is no file.
    pub fn lines(&self) -> Result<Option<Lines>, FileError> {
        match File::open(&self.path) {
            Ok(file) => Lines::of(self.path.clone(), file).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FileError::Io(self.path.clone(), error)),
        }
    }

    /// Opens it to append, makes it where it is not there (mode 0600), and removes what a crash left behind its last whole
    /// line. No other process appends until this is dropped; where one does already, that is an error.
    pub fn append(&self) -> Result<Appender, FileError> {
        let trouble = |error| FileError::Io(self.path.clone(), error);
        let is_new = !self.path.exists();
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(0o600).open(&self.path).map_err(trouble)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FileError::Locked(self.path.clone())),
            Err(TryLockError::Error(error)) => return Err(trouble(error)),
        }
        if is_new {
            sync_directory(&self.path).map_err(trouble)?;
        }
        let whole = reading::whole_bytes(&file).map_err(trouble)?;
        if whole < file.metadata().map_err(trouble)?.len() {
            tracing::warn!(file = %self.path.display(), "a line that a crash left unfinished was removed from the file of checkpoints");
            file.set_len(whole).and_then(|()| file.sync_all()).map_err(trouble)?;
        }
        Ok(Appender { path: self.path.clone(), file })
    }
}

impl Appender {
    /// The first line and the last; `None` of an empty file.
    pub fn ends(&self) -> Result<Option<(Line, Line)>, FileError> {
        let last = reading::last_line(&self.file).map_err(|error| FileError::Io(self.path.clone(), error))?;
        let Some(last) = last else { return Ok(None) };
        let last = line::read(&last).ok_or_else(|| FileError::Damaged(self.path.clone(), LineNumber::Last))?;
        let first = CheckpointFile::new(self.path.clone()).first()?;
        Ok(first.map(|first| (first, last)))
    }

    /// Appends a line; when this returns, it is on the disk.
    pub fn write(&mut self, line: &Line) -> Result<(), FileError> {
        self.put(line).map_err(|error| FileError::Io(self.path.clone(), error))
    }

    /// The line break is written when all before it is on the disk: whole lines are whole, whatever a crash leaves.
    fn put(&mut self, line: &Line) -> io::Result<()> {
        self.file.write_all(line::written(line)?.as_bytes())?;
        self.file.sync_data()?;
        self.file.write_all(b"\n")?;
        self.file.sync_data()
    }
}

impl Drop for Appender {
    /// A script that is started at this moment holds a copy of the descriptor until it runs, and with it the lock: closing
    /// alone would not free it.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(file = %self.path.display(), error = %error, "the file of checkpoints stays locked until it is closed");
        }
    }
}

/// A new file's name is on the disk only when its directory is.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests;
