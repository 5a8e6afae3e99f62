//! The query as a template sees it: the parameters by name. One that stands twice, in any case, is nobody's: which of
//! them a bank core takes is not known.

use std::collections::BTreeMap;

use minijinja::{Error, ErrorKind, Value};

use super::{Unshowable, fold::folded, values::Members};
use crate::http::query::decoded_pairs;

/// Reads what stands behind the `?` (`application/x-www-form-urlencoded`). A parameter that stands twice is an error where
/// a template reads it, and passes otherwise: lists are written so.
pub(super) fn read(raw: &str) -> Result<Value, Unshowable> {
    let pairs = decoded_pairs(raw).ok_or(Unshowable::Query)?;
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
