//! What a customer is shown of what is to be approved (PSD2 RTS art. 5(1)(a)). Strangers write parts of it: the name of
//! a payee can be anything, and stands in a message of the bank.
//!
//! So a text is brought to what can be seen and cannot pass for something else, or it is refused. It is never cut:
//! what cannot be shown whole cannot be approved. What a text says is not judged here: a sentence that lies is the
//! work of whoever wrote it, and the amount and the payee beside it are the customer's help.

mod account;
mod approval;
mod characters;
mod short;
#[cfg(test)]
mod tests;

use std::fmt;

use self::characters::Cleaner;
pub use self::{
    account::by_account,
    approval::Approval,
    short::{SHORTEST, is_payto, shortened},
};

/// The longest summary, in characters (`api.md` section 6).
pub const LONGEST: usize = 140;

/// A text that may be shown to a customer: one line of 1 to [`LONGEST`] characters, each of which can be seen, with
/// single blanks between and none around them, and nothing in it that reads as an origin-bound line.
#[derive(Clone, PartialEq, Eq)]
pub struct Summary(String);

/// Why a text is no summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SummaryError {
    /// More than [`LONGEST`] characters, once it is clean.
    #[error("What is to be approved is too long to be shown whole to the customer.")]
    TooLong,
    /// Nothing in it can be seen: nobody approves nothing.
    #[error("What is to be approved has nothing in it that could be shown to the customer.")]
    Empty,
}

impl Summary {
    /// Brings `raw` to what may be shown, as [`cleaned`] says, and refuses what is too long or empty then.
    pub fn of(raw: &str) -> Result<Self, SummaryError> {
        let clean = cleaned(raw);
        match clean.chars().count() {
            0 => Err(SummaryError::Empty),
            1..=LONGEST => Ok(Self(clean)),
            _ => Err(SummaryError::TooLong),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, for a ticket.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// It says whom a customer pays: nothing for a log.
impl fmt::Debug for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Summary({} characters)", self.0.chars().count())
    }
}

/// `raw` with a single blank for each run of what cannot be seen (control, format and direction characters, line
/// breaks, blanks of every kind and width, private and unassigned characters, marks without a letter), and none at
/// the ends; pure, and the same again when done twice.
///
/// An SMS ends with `@host #TAN`, which browsers read (origin-bound one-time codes, WICG). They read the last line, but
/// some look for it anywhere, and gateways join lines. So behind an `@` every `#` becomes a blank; one without an `@`
/// before it (`Invoice #5`) stays, and so do mailboxes. The characters that look like either become blanks.
#[must_use]
pub fn cleaned(raw: &str) -> String {
    let mut cleaner = Cleaner::default();
    raw.chars().for_each(|c| cleaner.push(c));
    cleaner.finish()
}
