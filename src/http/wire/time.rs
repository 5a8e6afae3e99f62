//! Moments and durations (`api.md` section 1).

use serde::{Serialize, Serializer};
use utoipa::{
    ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, OneOfBuilder, SchemaType, Type},
    },
};

use crate::{domain::time, http::json::Span};

/// A moment: whole seconds since 1970-01-01 UTC, or `"never"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(examples(json!({"t_s": 1_766_000_000}), json!({"t_s": "never"})))]
pub struct Timestamp {
    /// Seconds since 1970, rounded down, or `"never"`.
    #[schema(schema_with = seconds_or_never)]
    t_s: OrWord<i64>,
}

impl From<time::Timestamp> for Timestamp {
    fn from(moment: time::Timestamp) -> Self {
        let t_s = if moment.is_never() { OrWord::Word("never") } else { OrWord::Number(moment.as_seconds()) };
        Self { t_s }
    }
}

/// A duration: whole microseconds, or `"forever"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(examples(json!({"d_us": 300_000_000}), json!({"d_us": "forever"})))]
pub struct Duration {
    /// Microseconds, or `"forever"`.
    #[schema(schema_with = micros_or_forever)]
    d_us: OrWord<u64>,
}

impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self { d_us: OrWord::Number(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)) }
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        match span {
            Span::Finite(duration) => duration.into(),
            Span::Forever => Self { d_us: OrWord::Word("forever") },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OrWord<N> {
    Number(N),
    Word(&'static str),
}

impl<N: Serialize> Serialize for OrWord<N> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.serialize(out),
            Self::Word(word) => out.serialize_str(word),
        }
    }
}

fn seconds_or_never() -> RefOr<Schema> {
    number_or("never", "Seconds since 1970, or `\"never\"`.")
}

fn micros_or_forever() -> RefOr<Schema> {
    number_or("forever", "Microseconds, or `\"forever\"`.")
}

fn number_or(word: &'static str, description: &str) -> RefOr<Schema> {
    let number = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(0));
    let word = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some([word]));
    OneOfBuilder::new().item(number).item(word).description(Some(description)).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_and_durations_are_written_as_the_contract_says() {
        let moment = |micros| serde_json::to_value(Timestamp::from(time::Timestamp::from_micros(micros))).unwrap();
        assert_eq!(moment(1_766_000_000_999_999), json!({"t_s": 1_766_000_000}));
        assert_eq!(moment(i64::MAX), json!({"t_s": "never"}));
        let span = |span: Span| serde_json::to_value(Duration::from(span)).unwrap();
        assert_eq!(span(Span::Finite(std::time::Duration::from_mins(5))), json!({"d_us": 300_000_000}));
        assert_eq!(span(Span::Forever), json!({"d_us": "forever"}));
        assert_eq!(span(Span::Finite(std::time::Duration::MAX)), json!({"d_us": u64::MAX}));
    }
}
