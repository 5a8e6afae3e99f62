//! A finished text, and what every message names.

use zeroize::Zeroizing;

use super::{engine::SLOT, gsm::Measure};
use crate::domain::summary::cleaned;

/// The bank, as messages name it.
#[derive(Clone, Copy, Debug)]
pub struct Letterhead<'a> {
    /// Its name.
    pub bank: &'a str,
    /// The host that closes an SMS with a TAN, if there is one.
    pub host: Option<&'a str>,
    /// How the customer reaches it, in the operator's words, if he says so.
    pub contact: Option<&'a str>,
}

impl Letterhead<'_> {
    /// The name, as [`cleaned`]: an operator may have copied it from anywhere.
    pub(super) fn shown_bank(&self) -> String {
        cleaned(self.bank)
    }

    pub(super) fn shown_contact(&self) -> Option<String> {
        self.contact.map(cleaned)
    }
}

/// A text that may hold a TAN: it cannot be printed, cloned or compared, and is wiped when dropped.
pub struct Body(Zeroizing<String>);

impl Body {
    /// A text with the TAN in each place that was kept for it.
    pub(super) fn filled(slotted: &str, tan: &str) -> Self {
        let slots = slotted.matches(SLOT).count();
        // As large as it becomes, so that no copy is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(slotted.len() + slots * tan.len()));
        for (at, piece) in slotted.split(SLOT).enumerate() {
            if at > 0 {
                text.push_str(tan);
            }
            text.push_str(piece);
        }
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The text, for an envelope, which wipes it in its turn.
    #[must_use]
    pub fn into_string(mut self) -> String {
        std::mem::take(&mut *self.0)
    }
}

/// What a message says. No `Debug`: it may hold a TAN.
pub struct Text {
    /// The subject of a mail, without the TAN; empty for an SMS.
    pub subject: String,
    /// The text.
    pub plain: Body,
    /// The same as a page, for a mail.
    pub html: Option<Body>,
    /// What it takes as an SMS, where it is one.
    pub measure: Option<Measure>,
}

/// A subject is one line, of what can be seen.
pub(super) fn subject(rendered: &str) -> String {
    cleaned(rendered)
}

/// Whether another run of as many digits as the TAN has stands behind it: the TAN then stands at the end once more.
pub(super) fn runs_on(text: &str, digits: usize) -> bool {
    let behind = text.rsplit(SLOT).next().unwrap_or_default();
    has_run(behind, digits)
}

/// Whether there are exactly so many digits in a row somewhere in `text`.
pub(super) fn has_run(text: &str, digits: usize) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() == digits)
}

/// The last line of a text that [runs on](runs_on), in every language.
pub(super) fn last_line() -> String {
    format!("TAN: {SLOT}")
}

/// What stands in a text for `shown`, which a template shows.
pub(super) fn as_shown(name: &str, shown: &str) -> String {
    if super::engine::is_html(name) { super::engine::escaped(shown) } else { shown.to_owned() }
}
