//! JSON as a template sees it: members by name, elements by number, and nothing else to be had of either.

use std::{collections::BTreeMap, fmt, sync::Arc};

use minijinja::{
    Value,
    value::{Enumerator, Object, ObjectRepr},
};

use super::json::Json;

/// What an object or a list becomes where a template makes a text of it whole (`~`): a character that no text is made
/// of (a noncharacter of Unicode). A text that holds it is not shown.
pub(super) const NOT_TO_BE_SHOWN: char = '\u{FDD0}';

/// An object. It cannot be gone through: which members it has, and in which order, is the sender's choice.
pub(super) struct Members(BTreeMap<String, Value>);

/// A list.
struct Elements(Vec<Value>);

impl<N: Into<String>> FromIterator<(N, Value)> for Members {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(members: I) -> Self {
        Self(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

/// Texts by their names.
pub(super) fn texts(pairs: &[(&str, &str)]) -> Value {
    Value::from_object(pairs.iter().map(|(name, text)| (*name, Value::from(*text))).collect::<Members>())
}

impl From<Json> for Value {
    /// `null` is absence, and numbers are texts: minijinja's own would be rounded and written anew.
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::UNDEFINED,
            Json::Flag(flag) => Self::from(flag),
            Json::Number(text) | Json::Text(text) => Self::from(text),
            Json::List(elements) => Self::from_object(Elements(elements.into_iter().map(Self::from).collect())),
            Json::Object(members) => {
                let members = members.into_iter().map(|(name, value)| (name, Self::from(value)));
                Self::from_object(members.collect::<Members>())
            }
        }
    }
}

impl Object for Members {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_empty()
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{NOT_TO_BE_SHOWN}")
    }
}

impl Object for Elements {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{NOT_TO_BE_SHOWN}")
    }
}

/// A customer's data: nothing for a log.
impl fmt::Debug for Members {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Members({})", self.0.len())
    }
}

/// A customer's data: nothing for a log.
impl fmt::Debug for Elements {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Elements({})", self.0.len())
    }
}
