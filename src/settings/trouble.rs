//! What is wrong with a configuration, all of it at once.

use std::fmt;

/// One thing that is wrong: where, what, and what would be right. Never repeats a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    place: String,
    text: String,
}

impl Trouble {
    pub(super) fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.text)
    }
}

/// Every trouble of a configuration, one a line; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Troubles(Vec<Trouble>);

impl Troubles {
    pub(super) fn of(troubles: Vec<Trouble>) -> Result<(), Self> {
        if troubles.is_empty() { Ok(()) } else { Err(Self(troubles)) }
    }

    /// What `troubles` says, of which there is at least one.
    pub(super) fn all(troubles: impl Iterator<Item = Trouble>) -> Self {
        Self(troubles.collect())
    }

    /// The troubles in the order of the sections.
    pub fn iter(&self) -> impl Iterator<Item = &Trouble> {
        self.0.iter()
    }
}

impl From<Trouble> for Troubles {
    fn from(trouble: Trouble) -> Self {
        Self(vec![trouble])
    }
}

impl fmt::Display for Troubles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, trouble) in self.0.iter().enumerate() {
            let line_break = if at == 0 { "" } else { "\n" };
            write!(out, "{line_break}{trouble}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Troubles {}
