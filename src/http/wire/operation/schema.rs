//! Members of these bodies whose form the document could not say by their type.

use serde_json::Value;
use utoipa::openapi::{
    RefOr, Schema,
    schema::{ObjectBuilder, SchemaType, Type},
};

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
