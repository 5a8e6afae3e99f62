//! JSON read so strictly that no other reader can see something else in it: one value in UTF-8, no member twice in any
//! case at any depth, numbers as they were written.
//!
//! The tree of the service's own bodies (`http::json`) cannot serve here, nor this one there: that one wants numbers
//! that fit and looks names up exactly; this one must keep `120.00` and `1e2` apart. `serde_json`'s `arbitrary_precision`
//! would do that, but for every use of `serde_json` in the program, as features add up; its raw values are asked for one
//! by one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Unshowable, fold::folded};

/// How deep a body may nest. Each level is read once more, so that this also bounds the work.
const DEEPEST: usize = 32;

/// A value as it was sent. No `Debug`: it is a customer's.
#[derive(Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Flag(bool),
    /// As it was written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// Reads the whole of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Result<Json, Unshowable> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unshowable::Json)?;
    value(parsed(text)?, DEEPEST)
}

fn value(raw: &RawValue, levels: usize) -> Result<Json, Unshowable> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'{' | b'[') if levels == 0 => return Err(Unshowable::Json),
        Some(b'{') => Json::Object(object(parsed(text)?, levels - 1)?),
        Some(b'[') => {
            let elements: Vec<&RawValue> = parsed(text)?;
            Json::List(elements.into_iter().map(|element| value(element, levels - 1)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Json::Text(parsed(text)?),
        Some(b't' | b'f') => Json::Flag(parsed(text)?),
        Some(b'n') => Json::Null,
        _ => Json::Number(text.to_owned()),
    })
}

fn object(Pairs(pairs): Pairs<'_>, levels: usize) -> Result<BTreeMap<String, Json>, Unshowable> {
    let mut known = BTreeSet::new();
    let mut members = BTreeMap::new();
    for (name, raw) in pairs {
        if !known.insert(folded(&name)) {
            return Err(Unshowable::MemberTwice);
        }
        members.insert(name, value(raw, levels)?);
    }
    Ok(members)
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unshowable> {
    serde_json::from_str(text).map_err(|_| Unshowable::Json)
}

/// The members of an object in their order, each as often as it stands there.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(PairsReader).map(Self)
    }
}

struct PairsReader;

impl<'de> Visitor<'de> for PairsReader {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = object.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests;
