//! The keys of a transport that hands messages to a mail server.

use super::super::section::Section;

/// A mail server.
pub struct Smtp {
    /// Its host.
    pub host: String,
}

impl Smtp {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        Some(Self { host: section.required("host", r#"the mail server, like "mail.bank.example""#)? })
    }

    /// What is allowed but doubtful.
    pub(super) fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}
