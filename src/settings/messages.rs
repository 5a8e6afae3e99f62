//! `[message]`: what customers are told, and in which language.

use std::path::PathBuf;

use super::{
    raw::Raw,
    section::Section,
    value::{Value, plain_text, quoted},
};
use crate::domain::language::Language;

/// The longest contact, in characters: it stands in every notice.
const LONGEST_CONTACT: usize = 60;

/// `[message]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    /// The directory of an operator's own templates; `None`: the shipped ones alone.
    pub directory: Option<PathBuf>,
    /// The language of customers of whom none is known.
    pub language: Language,
    /// How customers reach the bank; 1 to 60 characters. `None`: messages do not say it.
    pub contact: Option<String>,
}

impl Messages {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let messages = Self {
            directory: section.optional_file("directory"),
            language: section.or("language", Language::english()),
            contact: section.optional("contact"),
        };
        if messages.contact.as_ref().is_some_and(|contact| contact.chars().count() > LONGEST_CONTACT) {
            section.trouble("contact", format!("is too long; write at most {LONGEST_CONTACT} characters"));
        }
        messages
    }
}

impl Value for Language {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"a language tag like "en" or "de-ch""#;
        let text = plain_text(raw, right)?;
        Self::parse(&text).ok_or_else(|| format!("is no language; write {right}"))
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}
