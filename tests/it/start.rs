//! Starting and ending: what `serve` refuses, what the other commands do, and how a running one ends.

mod commands;
mod refusals;
mod serving;

use std::process::Output;

use crate::app::{Database, Installation};

/// Standard output of a command that did what it was asked.
fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error of a command that refused.
fn refused(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty(), "who refuses prints no result");
    said
}

/// An installation on an empty database.
async fn empty() -> Installation {
    Installation::bare(Database::bare().await)
}
