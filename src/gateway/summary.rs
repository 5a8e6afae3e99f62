//! What a customer is shown of a request to the bank core: the operation's template, filled in from the very bytes that
//! the token is bound to (PSD2 RTS art. 5(1)(a)).
//!
//! The bank core reads the same bytes with a parser of its own. Where two parsers could read different things, nothing is
//! shown, and what cannot be shown cannot be approved: the request is refused, and never shown in part.

mod fold;
mod json;
mod media_type;
mod query;
#[cfg(test)]
mod tests;
mod unshowable;
mod values;

use minijinja::{ErrorKind, Value};

pub use self::unshowable::Unshowable;
use crate::{
    domain::{
        summary::{Approval, Summary, SummaryError},
        username::Username,
    },
    settings::{Operation, SummaryTemplate},
};

/// A request to a protected route, as it was sent and will be passed on. No `Debug`: it is a customer's.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// Whose account the route names.
    pub username: &'a Username,
    /// The path as it was sent, without the query.
    pub path: &'a str,
    /// What the route's placeholders stand for, by name and as it was sent.
    pub params: &'a [(&'a str, &'a str)],
    /// What stands behind the `?`, as it was sent.
    pub query: Option<&'a str>,
    /// The one `Content-Type`; `None` when there is none, more than one, or one that is no text.
    pub content_type: Option<&'a str>,
    /// The whole body, without a content encoding: an encoded one is no JSON.
    pub body: &'a [u8],
}

/// What the customer is shown of `request`: what the operation's template makes of it. An operation without a template is
/// shown by its name, so that every message says what is approved, and none fails for want of a template.
pub fn approval_of(operation: &Operation, request: &Shown<'_>) -> Result<Approval, Unshowable> {
    match &operation.summary {
        Some(template) => template.render(request),
        None => Ok(Summary::of(&operation.name)?.into()),
    }
}

impl SummaryTemplate {
    /// Fills the template in. Only what it reads is looked at: a template that leaves the body alone lets any body pass.
    pub fn render(&self, request: &Shown<'_>) -> Result<Approval, Unshowable> {
        let mut values = vec![
            ("username", Value::from(request.username.as_str())),
            ("path", Value::from(request.path)),
            ("params", values::texts(request.params)),
        ];
        if self.reads("query") {
            values.push(("query", query::read(request.query.unwrap_or_default())?));
        }
        if self.reads("body") {
            values.push(("body", body(request)?));
        }
        let filling = Value::from_object(values::Members::from_iter(values));
        let whole = summary(self.fill(filling.clone()))?;
        let brief = self.fill_briefly(filling).map(summary).transpose()?;
        Ok(Approval::new(whole, brief))
    }
}

fn summary(filled: Result<String, minijinja::Error>) -> Result<Summary, Unshowable> {
    let text = filled.map_err(|error| reason(&error))?;
    if text.contains(values::NOT_TO_BE_SHOWN) {
        return Err(Unshowable::NotSimple);
    }
    Ok(Summary::of(&text)?)
}

fn body(request: &Shown<'_>) -> Result<Value, Unshowable> {
    if !request.content_type.is_some_and(media_type::is_json) {
        return Err(Unshowable::ContentType);
    }
    json::read(request.body).map(Value::from)
}

/// Why a template could not be filled in. Its syntax was checked at start, so this is the request's doing.
fn reason(error: &minijinja::Error) -> Unshowable {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    match (source, error.kind()) {
        (Some(unshowable), _) => *unshowable,
        (None, ErrorKind::UndefinedError) => Unshowable::Missing,
        (None, ErrorKind::OutOfFuel) => Unshowable::TooLong,
        (None, _) => Unshowable::NotSimple,
    }
}

impl From<SummaryError> for Unshowable {
    fn from(error: SummaryError) -> Self {
        match error {
            SummaryError::TooLong => Self::TooLong,
            SummaryError::Empty => Self::Empty,
        }
    }
}
