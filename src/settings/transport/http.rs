//! The keys of a transport that calls a gateway over HTTP.

use super::super::section::Section;

/// A gateway that is called over HTTP.
pub struct Http {
    /// What is called: a template.
    pub url: String,
}

impl Http {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        Some(Self { url: section.required("url", r#"what is called, like "https://sms.example/v1/messages""#)? })
    }

    /// What is allowed but doubtful.
    pub(super) fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}
