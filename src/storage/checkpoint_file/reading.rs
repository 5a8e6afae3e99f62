//! Lines out of the file, while others may append to it: a whole line is never changed, so that no lock is needed.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Take},
    os::unix::fs::FileExt,
    path::PathBuf,
};

use super::{FileError, LineNumber, line};
use crate::domain::checkpoint::{LONGEST_LINE, Line};

/// Longer than any line that is written, in bytes.
const LONGEST_TEXT: u64 = 512 * 1024;
/// What is read at once on the way back from the end, in bytes.
const STEP: u64 = 64 * 1024;

/// The whole lines that the file had when it was opened.
pub struct Lines {
    path: PathBuf,
    reader: BufReader<Take<File>>,
    read: u64,
    is_torn: bool,
}

impl Lines {
    pub(super) fn of(path: PathBuf, file: File) -> Result<Self, FileError> {
        let trouble = |error| FileError::Io(path.clone(), error);
        let length = file.metadata().map_err(trouble)?.len();
        let whole = whole_bytes(&file).map_err(trouble)?;
        Ok(Self { reader: BufReader::new(file.take(whole)), read: 0, is_torn: whole < length, path })
    }

    /// Whether a line without its line break stood behind the last whole one: what a crash leaves, or a line that is being
    /// written.
    #[must_use]
    pub const fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// The next line; `None` behind the last.
    pub fn line(&mut self) -> Result<Option<Line>, FileError> {
        let mut text = Vec::new();
        let mut bounded = (&mut self.reader).take(LONGEST_TEXT);
        bounded.read_until(b'\n', &mut text).map_err(|error| FileError::Io(self.path.clone(), error))?;
        if text.is_empty() {
            return Ok(None);
        }
        self.read = self.read.saturating_add(1);
        let line = text.strip_suffix(b"\n").and_then(line::read);
        line.map(Some).ok_or_else(|| FileError::Damaged(self.path.clone(), LineNumber::At(self.read)))
    }

    /// The next lines that together name about as many ends as one can; none behind the last.
    pub fn piece(&mut self) -> Result<Vec<Line>, FileError> {
        let (mut lines, mut weight) = (Vec::new(), 0);
        while weight < LONGEST_LINE {
            let Some(line) = self.line()? else { break };
            // One that names none is not for nothing.
            weight = weight.saturating_add(line.heads.len()).saturating_add(1);
            lines.push(line);
        }
        Ok(lines)
    }
}

/// How many bytes the file's whole lines are: up to and with its last line break.
pub(super) fn whole_bytes(file: &File) -> io::Result<u64> {
    Ok(break_before(file, file.metadata()?.len())?.unwrap_or(0))
}

/// The text of the last whole line; `None` when there is none.
pub(super) fn last_line(file: &File) -> io::Result<Option<Vec<u8>>> {
    let Some(end) = whole_bytes(file)?.checked_sub(1) else { return Ok(None) };
    let begin = break_before(file, end)?.unwrap_or(0);
    let length = usize::try_from(end.saturating_sub(begin).min(LONGEST_TEXT)).unwrap_or(0);
    let mut text = vec![0; length];
    file.read_exact_at(&mut text, begin)?;
    Ok(Some(text))
}

/// The place behind the last line break before `end`.
fn break_before(file: &File, mut end: u64) -> io::Result<Option<u64>> {
    while end > 0 {
        let begin = end.saturating_sub(STEP);
        let mut bytes = vec![0; usize::try_from(end.saturating_sub(begin)).unwrap_or(0)];
        file.read_exact_at(&mut bytes, begin)?;
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            return Ok(Some(begin.saturating_add(u64::try_from(at).unwrap_or(u64::MAX)).saturating_add(1)));
        }
        end = begin;
    }
    Ok(None)
}
