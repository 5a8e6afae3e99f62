//! JSON of somebody else, read strictly: a member that stands twice, at any depth, makes it none.
//!
//! Of two members that say different things one reader keeps the first and another the last; whoever can put one into a
//! reply would be who he wants to be.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// The document; `None` when it is none.
pub(super) fn parse(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().map(|Strict(value)| value)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let Strict(value) = object.next_value()?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_stands_twice_makes_it_no_json() {
        for twice in [
            r#"{"a":1,"a":1}"#,
            r#"{"active":false,"active":true}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"user":{"name":"alice","name":"bob"}}"#,
            r#"[{"a":null,"a":null}]"#,
        ] {
            assert_eq!(parse(twice.as_bytes()), None, "{twice}");
        }
        for none in ["", "{", "{} {}", "\u{0}", "<html></html>", &"[".repeat(100_000), "\"\\ud800\""] {
            assert_eq!(parse(none.as_bytes()), None);
        }
        assert_eq!(parse(b"{\"a\":\"\xff\"}"), None);
    }

    proptest::proptest! {
        #[test]
        fn all_else_is_read_as_it_is_written(name in "[a-c]{0,2}", text in ".*", number: i64, flag: bool) {
            let written = serde_json::json!({ "n": [number, flag, null, 1.5], "t": { name: text, "x y": {} } });
            proptest::prop_assert_eq!(parse(written.to_string().as_bytes()), Some(written));
        }
    }
}
