//! How far a long command has come, on standard error: a bar on a terminal, a plain line now and then elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

/// How often a plain line is written at the most.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// What is shown of a command's progress.
pub(super) enum Progress {
    /// On a terminal.
    Bar(ProgressBar),
    /// Elsewhere; when the last line was written.
    Lines(Instant),
}

impl Progress {
    /// Begins. `total` is how much there is to do, in whatever unit [`Self::show`] is told, where that is known.
    pub(super) fn begin(total: Option<u64>) -> Self {
        if !io::stderr().is_terminal() {
            return Self::Lines(Instant::now());
        }
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{bar:30} {percent:>3} %  {elapsed}  {msg}"),
            None => (ProgressBar::new_spinner(), "{spinner}  {elapsed}  {msg}"),
        };
        // A template that cannot be read leaves the bar as it is.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self::Bar(bar.with_style(style))
    }

    /// Shows how far it has come.
    pub(super) fn show(&mut self, done: u64, text: &str) {
        match self {
            Self::Bar(bar) => {
                bar.set_position(done);
                bar.set_message(text.to_owned());
            }
            Self::Lines(last) if last.elapsed() >= LINE_EVERY => {
                *last = Instant::now();
                complain(text);
            }
            Self::Lines(_) => {}
        }
    }

    /// Writes a line that stays.
    pub(super) fn tell(&self, line: &str) {
        match self {
            Self::Bar(bar) => bar.suspend(|| complain(line)),
            Self::Lines(_) => complain(line),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// Writes a line to standard error. Nobody is left to be told when that is closed.
fn complain(line: &str) {
    let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}
