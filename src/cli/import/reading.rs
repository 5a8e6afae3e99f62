//! The file, read ahead on a thread of its own, in batches: reading standard input may last, and nobody waits for that
//! thread at the end.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    thread,
};

use anyhow::Context;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::rows::{BadRow, ReadError, Rows};
use crate::{domain::username::Username, service::NewAccount};

/// What the reader hands over.
type Piece = Result<Option<Batch>, ReadError>;

/// Where rows come from.
pub(in crate::cli) struct Source {
    input: Box<dyn Read + Send>,
    /// The file's name without its folder.
    pub(in crate::cli) name: String,
    /// Its bytes; `None` where nobody knows.
    pub(in crate::cli) size: Option<u64>,
    /// Rows of a batch.
    batch: usize,
}

/// Rows that belong together.
#[derive(Default)]
pub(in crate::cli) struct Batch {
    /// The lines of all of them, in their order.
    pub(in crate::cli) lines: Vec<Line>,
    /// Those that can be looked at further: one for each good line.
    pub(in crate::cli) rows: Vec<NewAccount>,
    /// Bytes of the file up to here.
    pub(in crate::cli) bytes: u64,
}

/// A row of a batch.
pub(in crate::cli) enum Line {
    /// It can be looked at further.
    Good {
        line: u64,
        username: Username,
    },
    Bad(BadRow),
}

impl Source {
    /// Opens the file; `-` is standard input. `batch`: how many rows belong together.
    pub(in crate::cli) fn open(path: &Path, batch: u32) -> anyhow::Result<Self> {
        let batch = usize::try_from(batch).unwrap_or(usize::MAX);
        if path == Path::new("-") {
            return Ok(Self { input: Box::new(io::stdin()), name: "-".to_owned(), size: None, batch });
        }
        let file = File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { input: Box::new(file), name, size, batch })
    }
}

/// Begins to read. `None` is the end of the file.
pub(in crate::cli) fn begin(source: Source) -> Receiver<Piece> {
    let (sender, receiver) = channel(1);
    thread::spawn(move || {
        if let Err(error) = read(source, &sender) {
            // Who does not listen any more has ended.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

fn read(source: Source, sender: &Sender<Piece>) -> Result<(), ReadError> {
    let Source { input, batch: size, .. } = source;
    let mut rows = Rows::of(input)?;
    let mut batch = Batch::default();
    loop {
        let row = rows.read()?;
        let over = row.is_none();
        match row {
            Some(Ok(good)) => {
                batch.lines.push(Line::Good { line: good.line, username: good.account.username.clone() });
                batch.rows.push(good.account);
            }
            Some(Err(bad)) => batch.lines.push(Line::Bad(bad)),
            None => {}
        }
        if batch.lines.len() < size && !over {
            continue;
        }
        batch.bytes = rows.bytes();
        let full = Some(std::mem::take(&mut batch)).filter(|batch| !batch.lines.is_empty());
        for piece in full.map(Some).into_iter().chain(over.then_some(None)) {
            if sender.blocking_send(Ok(piece)).is_err() {
                return Ok(());
            }
        }
        if over {
            return Ok(());
        }
    }
}
