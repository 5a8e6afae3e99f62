//! A JSON pointer (RFC 6901), as a configuration names a place in a reply.

use super::{
    raw::Raw,
    value::{Value, plain_text, quoted},
};

/// A JSON pointer (RFC 6901) to something within a document.
pub(super) struct Pointer(pub(super) String);

impl Value for Pointer {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"one like "/username""#;
        let text = plain_text(raw, right)?;
        text.starts_with('/').then_some(Self(text)).ok_or_else(|| format!("is no JSON pointer; write {right}"))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}
