//! Members of these bodies that are one of a few words: how they are read, and how the document says so.

use serde_json::Value;
use utoipa::openapi::{
    RefOr, Schema,
    schema::{ObjectBuilder, SchemaType, Type},
};

use crate::{
    domain::{assurance::Assurance, channel::Strength},
    http::{error::ApiError, json::Body},
};

/// A session is not what a bank core asks about; and what asks for nothing needs no token.
pub(super) fn assurance(body: &Body, name: &str) -> Result<Assurance, ApiError> {
    Assurance::named(name)
        .filter(|assurance| *assurance >= Assurance::Token)
        .ok_or_else(|| body.malformed("assurance", "must be \"token\" or \"bound\""))
}

pub(super) fn strength(body: &Body, name: &str) -> Result<Strength, ApiError> {
    Strength::named(name).ok_or_else(|| body.malformed("strength", "must be \"inform\" or \"possession\""))
}

pub(super) fn token_or_bound() -> RefOr<Schema> {
    word_or_null(["token", "bound"], "`token` unless told, or `bound`.")
}

pub(super) fn inform_or_possession() -> RefOr<Schema> {
    word_or_null(["inform", "possession"], "`inform` unless told, or `possession`.")
}

fn word_or_null(words: [&str; 2], description: &str) -> RefOr<Schema> {
    let kinds = SchemaType::from_iter([Type::String, Type::Null]);
    let values = words.map(Value::from).into_iter().chain([Value::Null]);
    ObjectBuilder::new().schema_type(kinds).enum_values(Some(values)).description(Some(description)).into()
}

/// The one by which the two replies are told apart.
pub(super) fn always_true() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])).description(Some("True.")).into()
}

pub(super) fn always_false() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false])).description(Some("False.")).into()
}
