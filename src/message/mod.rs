//! What a message says, in the customer's language: templates in, texts out. Templates are read once, at the start; it
//! sends nothing, and decides nothing.
//!
//! Whatever a template or a stranger's summary says, the TAN is the first and the last run of its length in a text, and
//! the line that binds an SMS to the bank's origin is its last, and the only one of its kind.

mod catalog;
mod check;
mod engine;
mod flaw;
mod gsm;
mod notice;
mod part;
mod phrase;
mod shipped;
mod source;
mod speech;
mod tan;
#[cfg(test)]
mod tests;
mod text;
mod typography;

pub use catalog::Catalog;
pub use check::{Examination, Figures};
pub use flaw::{CatalogError, Flaw, RenderError};
pub use gsm::{Alphabet, Measure};
pub use notice::NoticeMessage;
pub use phrase::Phrase;
pub use tan::{About, TanMessage};
pub use text::{Body, Letterhead, Text};
