//! Bodies, read to the letter of the contract (`api.md` section 1): what is no JSON object is 400/22, a member that is
//! needed and absent 400/25, one of the wrong type or form 400/26; members that nobody asks for are ignored.
//!
//! What a member means is not decided here.

mod tree;

use std::{sync::Arc, time::Duration};

use self::tree::{Json, Members};
use super::{code::Code, error::ApiError};

/// A JSON object that was sent. No `Debug`: it may carry a TAN.
#[derive(Clone)]
pub struct Body {
    members: Arc<Members>,
    /// The path of this object in the whole body with a dot at its end; empty for the body itself.
    within: String,
}

/// A member for which `null` says something else than absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nullable<T> {
    /// The member does not stand there.
    Absent,
    /// The member is `null`.
    Null,
    /// The member has a value.
    Value(T),
}

impl<T> Nullable<T> {
    /// Reads the value further; absence and `null` stay.
    pub fn try_map<U, E>(self, read: impl FnOnce(T) -> Result<U, E>) -> Result<Nullable<U>, E> {
        match self {
            Self::Absent => Ok(Nullable::Absent),
            Self::Null => Ok(Nullable::Null),
            Self::Value(value) => read(value).map(Nullable::Value),
        }
    }
}

/// A duration as it is written: `{"d_us": 300000000}` or `{"d_us": "forever"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// An end.
    Finite(Duration),
    /// No end.
    Forever,
}

impl Body {
    /// Reads `bytes` as one JSON object in UTF-8; 400/22 otherwise.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        // The message names a place and a fault of grammar, never a part of the body.
        match serde_json::from_slice(bytes) {
            Ok(Json::Object(members)) => Ok(Self { members, within: String::new() }),
            Ok(_) => Err(ApiError::new(Code::JsonInvalid).detail("this is no object")),
            Err(trouble) => Err(ApiError::new(Code::JsonInvalid).detail(trouble.to_string())),
        }
    }

    /// An object without members: what an empty body means where every member is optional.
    #[must_use]
    pub fn empty() -> Self {
        Self { members: Arc::default(), within: String::new() }
    }

    /// The text `name`; 400/25 when absent or `null`, 400/26 when it is no text.
    pub fn required_text(&self, name: &str) -> Result<&str, ApiError> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    /// The text `name`; `None` when absent or `null`. No text of this API holds U+0000, which no database stores.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        self.present(name).map(|value| self.text(name, value)).transpose()
    }

    /// The text `name`, where `null` is not absence.
    pub fn nullable_text(&self, name: &str) -> Result<Nullable<&str>, ApiError> {
        match self.members.get(name) {
            None => Ok(Nullable::Absent),
            Some(Json::Null) => Ok(Nullable::Null),
            Some(value) => self.text(name, value).map(Nullable::Value),
        }
    }

    /// The list of texts `name`; `None` when absent or `null`.
    pub fn optional_texts(&self, name: &str) -> Result<Option<Vec<&str>>, ApiError> {
        match self.present(name) {
            None => Ok(None),
            Some(Json::List(values)) => {
                let texts: Option<Vec<&str>> = values.iter().map(clean_text).collect();
                texts.map(Some).ok_or_else(|| self.malformed(name, "must be a list of texts"))
            }
            Some(_) => Err(self.malformed(name, "must be a list of texts")),
        }
    }

    /// The object `name`; 400/25 when absent or `null`.
    pub fn required_object(&self, name: &str) -> Result<Self, ApiError> {
        self.optional_object(name)?.ok_or_else(|| self.missing(name))
    }

    /// The object `name`; `None` when absent or `null`. Its own members are named with this name before them.
    pub fn optional_object(&self, name: &str) -> Result<Option<Self>, ApiError> {
        match self.present(name) {
            None => Ok(None),
            Some(Json::Object(members)) => {
                Ok(Some(Self { members: Arc::clone(members), within: format!("{}{name}.", self.within) }))
            }
            Some(_) => Err(self.malformed(name, "must be an object")),
        }
    }

    /// The truth value `name`; `None` when absent or `null`.
    pub fn optional_flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.present(name) {
            None => Ok(None),
            Some(Json::Flag(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.malformed(name, "must be true or false")),
        }
    }

    /// The duration `name`, `{"d_us": <microseconds> | "forever"}`; `None` when absent or `null`.
    pub fn optional_span(&self, name: &str) -> Result<Option<Span>, ApiError> {
        self.optional_object(name)?.map(|duration| duration.span()).transpose()
    }

    /// 400/26 for the member `name` of this object; `trouble` says what would be right, `must be …`.
    #[must_use]
    pub fn malformed(&self, name: &str, trouble: &str) -> ApiError {
        ApiError::malformed(&self.path(name), trouble)
    }

    fn span(&self) -> Result<Span, ApiError> {
        match self.present("d_us") {
            None => Err(self.missing("d_us")),
            Some(Json::Whole(micros)) => Ok(Span::Finite(Duration::from_micros(*micros))),
            Some(Json::Text(text)) if text == "forever" => Ok(Span::Forever),
            Some(_) => Err(self.malformed("d_us", "must be a whole number of microseconds, or \"forever\"")),
        }
    }

    fn present(&self, name: &str) -> Option<&Json> {
        self.members.get(name).filter(|value| !matches!(value, Json::Null))
    }

    fn text<'a>(&self, name: &str, value: &'a Json) -> Result<&'a str, ApiError> {
        clean_text(value).ok_or_else(|| self.malformed(name, "must be a text (without the character U+0000)"))
    }

    fn missing(&self, name: &str) -> ApiError {
        ApiError::missing(&self.path(name))
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.within)
    }
}

fn clean_text(value: &Json) -> Option<&str> {
    match value {
        Json::Text(text) if !text.contains('\0') => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
