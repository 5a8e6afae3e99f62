//! What is wrong with a template.

use std::fmt;

use super::engine::Wrong;

/// One thing that is wrong with a template, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    file: String,
    line: Option<usize>,
    trouble: String,
}

impl Flaw {
    pub(super) fn new(file: &str, line: Option<usize>, trouble: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, trouble: trouble.into() }
    }

    pub(super) fn of(file: &str, wrong: Wrong) -> Self {
        Self::new(file, wrong.line, wrong.trouble)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, trouble } = self;
        match line {
            Some(line) => write!(out, "{file}, line {line}: {trouble}"),
            None => write!(out, "{file}: {trouble}"),
        }
    }
}

/// Why there is no catalog: everything that is wrong with the templates.
#[derive(Debug, PartialEq, Eq)]
pub struct CatalogError(pub(super) Vec<Flaw>);

impl CatalogError {
    /// Each trouble.
    #[must_use]
    pub fn flaws(&self) -> &[Flaw] {
        &self.0
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the messages' templates are not right:")?;
        self.0.iter().try_for_each(|flaw| write!(out, "\n  {flaw}"))
    }
}

impl std::error::Error for CatalogError {}

/// No template made a text, neither the operator's nor the shipped one. The causes were logged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no template makes a message of this")]
pub struct RenderError;
