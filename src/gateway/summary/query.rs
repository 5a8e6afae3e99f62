//! The query as a template sees it: the parameters by name. One that stands twice, in any case, is nobody's: which of
//! them a bank core takes is not known. (`http::query` reads the service's own; neither of the two layers may use the other.)

use std::collections::BTreeMap;

use minijinja::{Error, ErrorKind, Value};

use super::{Unshowable, fold::folded, values::Members};

/// Reads what stands behind the `?` (`application/x-www-form-urlencoded`). A parameter that stands twice is an error where
/// a template reads it, and passes otherwise: lists are written so.
pub(super) fn read(raw: &str) -> Result<Value, Unshowable> {
    let pairs: Option<Vec<_>> = raw.split('&').filter(|part| !part.is_empty()).map(decoded_pair).collect();
    let pairs = pairs.ok_or(Unshowable::Query)?;
    let mut standing: BTreeMap<String, usize> = BTreeMap::new();
    for (name, _) in &pairs {
        *standing.entry(one(name)).or_default() += 1;
    }
    let value = |(name, text): (String, String)| {
        let once = standing.get(&one(&name)) == Some(&1);
        (name, if once { Value::from(text) } else { Value::from(twice()) })
    };
    Ok(Value::from_object(pairs.into_iter().map(value).collect::<Members>()))
}

/// The parameter that a reader could take `name` for: to some, `a[]` and `a[x]` are `a`.
fn one(name: &str) -> String {
    folded(name.split('[').next().unwrap_or_default())
}

fn twice() -> Error {
    Error::new(ErrorKind::InvalidOperation, "a parameter stands twice").with_source(Unshowable::ParameterTwice)
}

fn decoded_pair(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    Some((decoded(name)?, decoded(value)?))
}

/// Undoes `+` and `%XX`; `None` when an escape is broken or the result is not UTF-8.
fn decoded(raw: &str) -> Option<String> {
    let mut bytes = raw.bytes();
    let mut text = Vec::with_capacity(raw.len());
    while let Some(byte) = bytes.next() {
        text.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(bytes.next()?)? * 16 + hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(text).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
