//! A text of a call with values in it: a small part of minijinja's language, tried on every branch when it is compiled.
//!
//! A template can show values, join them with texts, and choose by channel, kind and language; it knows no filter, no loop
//! and no function, and how a value is escaped is not its choice.

mod tags;

use std::{collections::BTreeSet, fmt};

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use zeroize::Zeroizing;

use super::{
    Place, Values,
    values::{self, NAMES},
};

/// The one template of an environment.
const NAME: &str = "call";
/// The longest template, in bytes.
const LONGEST_TEMPLATE: usize = 16 * 1024;
/// The most steps of one rendering: more than a template of that length has without a loop.
const FUEL: u64 = 20_000;

/// Why a text is no template, in a sentence that needs no subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(pub(super) String);

/// Why a template cannot be filled in with these values. Says nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// A value for a header field has a line break or another control character.
    #[error("a value for a header field has a line break or another control character")]
    Control,
    /// A value for a URL is `.` or `..`.
    #[error("a value for the URL is \".\" or \"..\", which would lead elsewhere")]
    Dots,
    /// The URL is not one of the origin that was configured.
    #[error("the URL that comes of the values is not the one that was configured")]
    Elsewhere,
    /// The template cannot be filled in, though each of its branches was tried when it was compiled.
    #[error("the template cannot be filled in")]
    Template,
}

/// A template that was checked.
pub struct Template {
    names: BTreeSet<&'static str>,
    environment: Environment<'static>,
    languages: Vec<String>,
}

impl fmt::Debug for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Template of {:?}", self.names)
    }
}

impl Template {
    /// Checks `source`, a text for `place`: its syntax, every name in it, and, filled in with hostile samples on every branch,
    /// that nothing is in the way; that what comes of it is JSON, where that is its place.
    pub fn compile(source: &str, place: Place) -> Result<Self, TemplateError> {
        if source.len() > LONGEST_TEMPLATE {
            return Err(TemplateError(format!("is longer than {LONGEST_TEMPLATE} bytes")));
        }
        let tags = tags::read(source).map_err(TemplateError)?;
        let mut environment = environment(place);
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| wrong_syntax(&error))?;
        let template = Self { names: tags.names, environment, languages: tags.languages };
        for sample in template.samples() {
            let filled = template.fill(&sample).map_err(|error| TemplateError(misplaced(error)))?;
            if place == Place::Json {
                is_json(&filled)?;
            }
        }
        Ok(template)
    }

    /// Whether it reads that value anywhere.
    #[must_use]
    pub fn reads(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// What it is tried with: every branch is taken by one.
    pub(super) fn samples(&self) -> Vec<Values<'static>> {
        values::samples(&self.languages.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The text that comes of `values`. It holds what they hold.
    pub fn fill(&self, values: &Values<'_>) -> Result<Zeroizing<String>, FillError> {
        let filled = self.environment.get_template(NAME).and_then(|template| template.render(values.filling()));
        filled.map(Zeroizing::new).map_err(|error| reason(&error))
    }
}

/// Strict, with nothing that was not put in, and with the escapes of `place`.
fn environment(place: Place) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(move |out, _, value| {
        let text = value.as_str().ok_or_else(|| Error::from(ErrorKind::UndefinedError))?;
        let written = place.write(text).map(Zeroizing::new);
        let refused = |error| Error::new(ErrorKind::InvalidOperation, "may not stand here").with_source(error);
        Ok(out.write_str(&written.map_err(refused)?)?)
    });
    environment
}

fn reason(error: &Error) -> FillError {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    source.copied().unwrap_or(FillError::Template)
}

fn wrong_syntax(error: &Error) -> TemplateError {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let line = error.line().map_or(String::new(), |line| format!(" (line {line})"));
    TemplateError(format!("is no template: {what}{line}"))
}

fn misplaced(error: FillError) -> String {
    match error {
        FillError::Control => "puts a text with line breaks into a header field, which can hold none".to_owned(),
        FillError::Dots | FillError::Elsewhere | FillError::Template => format!("cannot be filled in: {error}"),
    }
}

fn is_json(filled: &str) -> Result<(), TemplateError> {
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_str(filled);
    let _ = read.map_err(|error| {
        let names = NAMES.map(|name| format!("{{{{ {name} }}}}")).join(", ");
        let (line, column) = (error.line(), error.column());
        TemplateError(format!(
            "is no JSON when it is filled in (line {line}, column {column}); each of {names} becomes a string with its \
             quotation marks: write none around it, and join texts as {{{{ \"00\" ~ digits }}}}"
        ))
    })?;
    Ok(())
}
