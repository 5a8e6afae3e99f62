//! What a gateway's replies mean: `accepted`, `address_refused` and `try_later`.

use std::collections::BTreeSet;

use super::super::super::{
    pointer::Pointer,
    raw::Raw,
    section::Section,
    value::{Value, quoted},
};
use crate::call::{Pointed, Replies};

/// Statuses that pass by themselves: the gateway, or what stands before it, had no time for the call (408, 425), has too many of them (429),
/// or is away (502, 503, 504). Not 500: that one broke on this very call, and whether the message went out is not known.
const PASSING: [u16; 6] = [408, 425, 429, 502, 503, 504];

/// Statuses of a final reply.
struct Statuses(Vec<u16>);

impl Value for Statuses {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = "write statuses from 200 to 599, like [200, 202]";
        let list = raw.toml().and_then(|value| value.as_array().cloned());
        let list = list.ok_or_else(|| format!("is no list; {right}"))?;
        let status = |value: &toml::Value| value.as_integer().and_then(|status| u16::try_from(status).ok());
        let statuses = list.iter().map(|value| status(value).filter(|status| (200..600).contains(status)));
        statuses.collect::<Option<_>>().map(Self).ok_or_else(|| format!("has what is no status; {right}"))
    }

    fn show(&self) -> String {
        let statuses: Vec<_> = self.0.iter().map(u16::to_string).collect();
        format!("[{}]", statuses.join(", "))
    }
}

/// Something is wrong, and the trouble is noted.
struct Noted;

/// A text, number or truth value of a reply.
struct Word(String);

impl Value for Word {
    fn read(raw: &Raw) -> Result<Self, String> {
        let word = match raw.toml().as_deref() {
            Some(toml::Value::String(text)) => Some(text.clone()),
            Some(toml::Value::Integer(number)) => Some(number.to_string()),
            Some(toml::Value::Boolean(truth)) => Some(truth.to_string()),
            _ => None,
        };
        word.map(Self).ok_or_else(|| r#"is no text, whole number or truth value; write one like "queued""#.to_owned())
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// `None` when something is wrong; the trouble is noted then.
pub(super) fn read(section: &mut Section<'_>) -> Option<Replies> {
    let (none, passing) = (|| Statuses(Vec::new()), Statuses(PASSING.to_vec()));
    let (Statuses(accepted), Statuses(address_refused)) =
        (section.or("accepted", none()), section.or("address_refused", none()));
    let Statuses(mut try_later) = section.or("try_later", passing);
    if !section.is_written("try_later") {
        // What is said of a status by name goes before what is usual.
        try_later.retain(|status| !accepted.contains(status) && !address_refused.contains(status));
    }
    let mut known = BTreeSet::new();
    if let Some(twice) = [&accepted, &address_refused, &try_later].into_iter().flatten().find(|of| !known.insert(**of))
    {
        section.trouble_with_itself(format!("takes the status {twice} for two things; keep one of them"));
        return None;
    }
    let accepted_where = pointed(section, "accepted_pointer", "accepted_values");
    let address_refused_where = pointed(section, "address_refused_pointer", "address_refused_values");
    let try_later_where = pointed(section, "try_later_pointer", "try_later_values");
    Some(Replies {
        accepted,
        accepted_where: accepted_where.ok()?,
        address_refused,
        address_refused_where: address_refused_where.ok()?,
        try_later,
        try_later_where: try_later_where.ok()?,
    })
}

fn pointed(section: &mut Section<'_>, key: &'static str, values_key: &'static str) -> Result<Option<Pointed>, Noted> {
    let pointer: Option<Pointer> = section.optional(key);
    let values: Vec<Word> = section.list(values_key);
    match (pointer, values.is_empty()) {
        (Some(Pointer(pointer)), false) => {
            Ok(Some(Pointed { pointer, values: values.into_iter().map(|Word(word)| word).collect() }))
        }
        (None, true) if !section.is_written(key) => Ok(None),
        (Some(_), true) => {
            section.trouble(values_key, format!("is missing beside {key}; write what the reply says there"));
            Err(Noted)
        }
        (None, false) if !section.is_written(key) => {
            section.trouble(key, format!("is missing beside {values_key}; write one like \"/status\""));
            Err(Noted)
        }
        // The pointer is wrong, and that is a trouble already.
        (None, _) => Err(Noted),
    }
}
