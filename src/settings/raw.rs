//! A value as it was written: in the file, where TOML says what it is, or in a variable, where all is text.

use std::borrow::Cow;

use toml::Value as Toml;

/// The longest value that a trouble repeats, in characters.
const LONGEST_SHOWN: usize = 60;

/// A value before it is understood.
pub(super) enum Raw {
    /// From the file, or from within a variable that holds a TOML array or table.
    File(Toml),
    /// From a variable: a plain text, or any TOML value.
    Variable(String),
}

impl Raw {
    /// The TOML value, where there is one.
    pub(super) fn toml(&self) -> Option<Cow<'_, Toml>> {
        match self {
            Self::File(value) => Some(Cow::Borrowed(value)),
            Self::Variable(raw) => raw.trim().parse().ok().map(Cow::Owned),
        }
    }

    /// The text; a variable's is taken as it stands unless it is in quotes.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::File(Toml::String(text)) => Some(Cow::Borrowed(text)),
            Self::File(_) => None,
            Self::Variable(raw) if raw.starts_with(['"', '\'']) => match raw.parse() {
                Ok(Toml::String(text)) => Some(Cow::Owned(text)),
                _ => Some(Cow::Borrowed(raw)),
            },
            Self::Variable(raw) => Some(Cow::Borrowed(raw)),
        }
    }

    /// The value as a trouble repeats it: short, and not at all where it could hold a password.
    pub(super) fn shown(&self) -> String {
        let whole = match self {
            Self::File(Toml::Table(_)) => return "a section".to_owned(),
            Self::File(Toml::Array(values)) if values.iter().any(Toml::is_table) => return "a list".to_owned(),
            Self::File(value) => value.to_string(),
            Self::Variable(raw) => format!("{raw:?}"),
        };
        let could_hold_a_password = whole.contains('@') && whole.contains("://") || whole.contains("password");
        if could_hold_a_password || whole.contains('\n') {
            return "the value".to_owned();
        }
        if whole.chars().count() <= LONGEST_SHOWN {
            return whole;
        }
        whole.chars().take(LONGEST_SHOWN).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(raw: &str) -> Raw {
        Raw::Variable(raw.to_owned())
    }

    #[test]
    fn a_variable_needs_no_quotes_and_may_have_them() {
        for (raw, text) in [("123", "123"), ("\"a b\"", "a b"), ("'a'", "a"), ("\"half", "\"half"), ("[1]", "[1]")] {
            assert_eq!(variable(raw).text().as_deref(), Some(text), "{raw}");
        }
    }

    #[test]
    fn a_variable_can_hold_any_one_toml_value_and_no_more() {
        assert_eq!(variable(" 6 ").toml().as_deref(), Some(&Toml::Integer(6)));
        assert!(variable("[\"a\", \"b\"]").toml().is_some_and(|value| value.is_array()));
        assert!(variable("1\n[server]\nlisten = 2").toml().is_none());
    }

    #[test]
    fn what_could_hold_a_password_is_not_repeated() {
        for raw in ["postgres://u:hunter2@h", "host=h password=hunter2"] {
            assert!(!variable(raw).shown().contains("hunter2"));
            assert!(!Raw::File(Toml::String(raw.to_owned())).shown().contains("hunter2"));
        }
        assert_eq!(variable(&"x".repeat(99)).shown().chars().count(), LONGEST_SHOWN + 1);
    }
}
