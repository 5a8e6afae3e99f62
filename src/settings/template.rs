//! The template of what a customer is shown of an operation: a small part of minijinja's language, checked whole at
//! start. What fills it in is the gateway's matter.
//!
//! A template can show values, choose and repeat; it cannot calculate. Numbers are texts there, as they were written, so
//! that an order or a sum of them would come out wrong in silence.

mod tags;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt, sync::Arc};

use minijinja::{
    Environment, Error, ErrorKind, UndefinedBehavior, Value as Filling,
    tests::{is_defined, is_undefined},
    value::ValueKind,
};

use super::{
    raw::Raw,
    value::{Value, quoted},
};
use crate::domain::summary::{self, LONGEST, SHORTEST};

/// The one template of an environment.
const NAME: &str = "summary";
/// The longest template, in bytes.
const LONGEST_TEMPLATE: usize = 4096;
/// The most steps of one rendering: a hundred times what a summary of [`LONGEST`] characters takes.
const FUEL: u64 = 2000;
/// The longest value that is looked at, in bytes: a summary has at most 560, and the rest is for what is blank in it. With
/// [`FUEL`] it bounds what a rendering costs.
const LONGEST_VALUE: usize = 4096;
/// How deep a template may nest.
const DEEPEST: usize = 32;
/// What a template may read, and a loop's own variable, which is no name outside one.
const NAMES: [&str; 5] = ["username", "path", "params", "query", "body"];
/// The filter that cuts a value.
const SHORTEN: &str = "shorten";
/// What it leaves when nobody says, in characters: enough for a payto URI of an IBAN.
const SHORT: usize = 24;

/// Why a text is no template, in a sentence that needs no subject; says on which line where it can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TemplateError {
    line: Option<usize>,
    trouble: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{} (line {line} of the template)", self.trouble),
            None => out.write_str(&self.trouble),
        }
    }
}

/// A template that was checked. Two are equal when they were written alike.
#[derive(Clone)]
pub struct SummaryTemplate {
    source: String,
    names: BTreeSet<String>,
    environment: Arc<Environment<'static>>,
    /// The same where whatever may be shortened is as short as it can be; `None`: nothing may.
    brief: Option<Arc<Environment<'static>>>,
}

impl SummaryTemplate {
    /// Checks `source`: its syntax, each variable, filter, test and operator in it, on every branch.
    pub fn compile(source: &str) -> Result<Self, TemplateError> {
        if source.len() > LONGEST_TEMPLATE {
            return Err(TemplateError {
                line: None,
                trouble: format!("is longer than {LONGEST_TEMPLATE} bytes, and a summary has {LONGEST} characters"),
            });
        }
        tags::check(source)?;
        let environment = environment(source, usize::MAX)?;
        let brief = source.contains(SHORTEN).then(|| self::environment(source, SHORTEST)).transpose()?;
        let roots = environment.get_template(NAME).map(|template| template.undeclared_variables(false));
        let names: BTreeSet<String> = roots.map_err(|error| wrong_syntax(&error))?.into_iter().collect();
        if let Some(unknown) = names.iter().find(|name| !NAMES.contains(&name.as_str())) {
            let trouble = format!("reads {unknown:?}, which there is not; there are {}", NAMES.join(", "));
            return Err(TemplateError { line: None, trouble });
        }
        Ok(Self { source: source.to_owned(), names, environment: Arc::new(environment), brief: brief.map(Arc::new) })
    }

    /// The template as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether it reads the variable `name` anywhere.
    #[must_use]
    pub fn reads(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The placeholders of the path that it reads by name.
    #[must_use]
    pub fn params(&self) -> BTreeSet<String> {
        let nested = self.environment.get_template(NAME).map(|template| template.undeclared_variables(true));
        let first =
            |name: &str| name.strip_prefix("params.").and_then(|rest| rest.split('.').next()).map(str::to_owned);
        nested.unwrap_or_default().iter().filter_map(|name| first(name)).collect()
    }

    /// The text that comes of `filling`, which holds a value for each name that it [reads](Self::reads); not yet fit to
    /// be shown. The error says why, never with a value in it.
    pub fn fill(&self, filling: Filling) -> Result<String, Error> {
        self.environment.get_template(NAME)?.render(filling)
    }

    /// The same with each value that the template shortens as short as it can be; `None`: it shortens none.
    #[must_use]
    pub fn fill_briefly(&self, filling: Filling) -> Option<Result<String, Error>> {
        let brief = self.brief.as_ref()?;
        Some(brief.get_template(NAME).and_then(|template| template.render(filling)))
    }
}

impl PartialEq for SummaryTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for SummaryTemplate {}

impl fmt::Debug for SummaryTemplate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SummaryTemplate({:?})", self.source)
    }
}

impl Value for SummaryTemplate {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"write one like "Transfer {{ body.amount }} to {{ body.payee }}""#;
        let text = raw.text().ok_or_else(|| format!("is no text; {right}"))?;
        if text.trim().is_empty() {
            return Err(format!("is empty; {right}"));
        }
        Self::compile(&text).map_err(|error| format!("{error}; {right}"))
    }

    fn show(&self) -> String {
        quoted(&self.source)
    }
}

fn wrong_syntax(error: &Error) -> TemplateError {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    TemplateError { line: error.line(), trouble: format!("is no template: {what}") }
}

/// Strict, without escapes (the text is no page), and with nothing that was not put in: `source`, whose shortened values have at
/// most `longest` characters.
fn environment(source: &str, longest: usize) -> Result<Environment<'static>, TemplateError> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEEPEST);
    environment.add_test("defined", |value: &Filling| is_defined(value));
    environment.add_test("undefined", |value: &Filling| is_undefined(value));
    environment.add_filter(SHORTEN, move |value: &Filling, most: Option<usize>| {
        let most = most.unwrap_or(SHORT);
        // Who is paid is cut no further than the template says.
        text(value)
            .map(|text| summary::shortened(&text, if summary::is_payto(&text) { most } else { most.min(longest) }))
    });
    // What is missing never comes here under strictness: only the `else` that a value with an `if` behind it does not have.
    environment.set_formatter(|out, _, value| match value.kind() {
        ValueKind::Undefined => Ok(()),
        _ => Ok(out.write_str(&text(value)?)?),
    });
    environment.add_template_owned(NAME, source.to_owned()).map_err(|error| wrong_syntax(&error))?;
    Ok(environment)
}

/// How `value` is shown: texts, numbers and truth values as they were written, and nothing else.
fn text(value: &Filling) -> Result<String, Error> {
    match value.kind() {
        ValueKind::String if value.as_str().is_some_and(|text| text.len() > LONGEST_VALUE) => {
            Err(Error::new(ErrorKind::OutOfFuel, "longer than any summary"))
        }
        ValueKind::String | ValueKind::Number => Ok(value.to_string()),
        ValueKind::Bool => Ok(value.is_true().to_string()),
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        _ => Err(Error::new(ErrorKind::NonPrimitive, "neither a text, nor a number, nor a truth value")),
    }
}
