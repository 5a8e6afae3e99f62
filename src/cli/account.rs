//! `tanager account import`: customers out of a CSV file.

use std::{io, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, value_parser};

use super::{
    actor,
    import::{
        reading::{self, Batch, Line, Source},
        rows::ReadError,
    },
    progress::Progress,
    say,
    stopping::Stopping,
};
use crate::{
    app::{Overrides, parts},
    service::{Failure, Import, ImportMode, ImportTally, Imported},
    settings::Settings,
    telemetry,
};

#[derive(Subcommand)]
pub(super) enum AccountCommand {
    /// Make the accounts of a CSV file (header: `username,phone,email,tan_channels,language`). Bad rows are named on standard
    /// error, the others are imported. The same file can be imported again.
    Import(ImportArguments),
}

#[derive(Args)]
pub(super) struct ImportArguments {
    /// The file; '-' is standard input.
    file: PathBuf,
    /// Check every row, against the database too, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// How many rows are written in one transaction.
    #[arg(long, value_name = "ROWS", default_value_t = 5_000, value_parser = value_parser!(u32).range(1..=50_000))]
    batch: u32,
}

/// How the reading of a file came to its end.
enum Ended {
    /// All rows were done.
    Whole,
    /// Somebody wanted it to end before.
    Stopped,
    /// The file cannot be read, or not further.
    Unreadable(ReadError),
    /// The database.
    Failed(Failure),
}

/// An import with what is shown of it.
struct Run {
    import: Import,
    progress: Progress,
    tally: ImportTally,
    /// The last line of the file that is done with.
    line: u64,
}

pub(super) async fn account(settings: &Settings, command: &AccountCommand) -> anyhow::Result<ExitCode> {
    let AccountCommand::Import(arguments) = command;
    telemetry::start(settings.log)?;
    let mut stopping = Stopping::listen()?;
    let source = Source::open(&arguments.file, arguments.batch)?;
    let service = parts::service(settings, &Overrides::default()).await?;
    let mode = if arguments.dry_run { ImportMode::Rehearse } else { ImportMode::Write };
    let (name, size) = (source.name.clone(), source.size);
    let mut run = Run {
        import: service.begin_import(&actor(), mode),
        progress: Progress::begin(size),
        tally: ImportTally::default(),
        line: 1,
    };
    let ended = run.go_on(source, &mut stopping).await;
    run.progress.end();
    let Run { import, tally, line, .. } = run;
    if !matches!(ended, Ended::Failed(_)) && tally.rows() > 0 {
        import.finish(&name, &tally).await.context("the trail could not be told of this import; all else is done")?;
    }
    say(&summary(&name, mode, &tally))?;
    conclude(ended, line)?;
    Ok(if tally.bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// An import that did not come to the end of its file is an error that says where to go on.
fn conclude(ended: Ended, line: u64) -> anyhow::Result<()> {
    match ended {
        Ended::Whole => Ok(()),
        Ended::Stopped => bail!("stopped behind line {line}; the same command goes on from there"),
        Ended::Unreadable(error) => Err(error.into()),
        Ended::Failed(failure) => {
            let told = "the rows behind this line may be missing; the same command goes on from there";
            Err(anyhow::Error::new(failure).context(format!("the import ended behind line {line}: {told}")))
        }
    }
}

impl Run {
    async fn go_on(&mut self, source: Source, stopping: &mut Stopping) -> Ended {
        let mut batches = reading::begin(source);
        loop {
            let batch = tokio::select! {
                biased;
                () = stopping.wanted() => return Ended::Stopped,
                batch = batches.recv() => batch,
            };
            match batch {
                Some(Ok(None)) => return Ended::Whole,
                Some(Err(error)) => return Ended::Unreadable(error),
                // The reader broke off without a word.
                None => return Ended::Unreadable(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Some(Ok(Some(batch))) => {
                    if let Err(failure) = self.take(batch).await {
                        return Ended::Failed(failure);
                    }
                }
            }
        }
    }

    /// Does one batch, and names its bad rows in the order of their lines.
    async fn take(&mut self, batch: Batch) -> Result<(), Failure> {
        let Batch { lines, rows, bytes } = batch;
        let mut outcomes = self.import.take(&rows).await?.into_iter();
        for line in lines {
            match line {
                Line::Bad(bad) => {
                    self.tally.bad += 1;
                    self.name_bad(bad.line, bad.username.as_ref().map(ToString::to_string), &bad.reason);
                    self.line = bad.line;
                }
                Line::Good { line, username } => {
                    let Some(outcome) = outcomes.next() else { continue };
                    self.tally.count(outcome);
                    if let Imported::Refused(refusal) = outcome {
                        self.name_bad(line, Some(username.to_string()), &refusal.to_string());
                    }
                    self.line = line;
                }
            }
        }
        let text = format!("so far: {}, up to line {}", counts(&self.tally), self.line);
        self.progress.show(bytes, &text);
        Ok(())
    }

    fn name_bad(&self, line: u64, username: Option<String>, reason: &str) {
        let username = username.map(|name| format!(" ({name})")).unwrap_or_default();
        self.progress.tell(&format!("line {line}{username}: {reason}"));
    }
}

fn counts(tally: &ImportTally) -> String {
    format!("{} created, {} unchanged, {} bad", tally.created, tally.unchanged, tally.bad)
}

fn summary(file: &str, mode: ImportMode, tally: &ImportTally) -> String {
    match mode {
        ImportMode::Write => format!("{file}: {}", counts(tally)),
        ImportMode::Rehearse => format!(
            "{file}: {} would be created, {} unchanged, {} bad; nothing was written",
            tally.created, tally.unchanged, tally.bad
        ),
    }
}
