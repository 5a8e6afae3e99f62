//! The customer's language.

use std::fmt;

/// The longest tag that is kept; BCP 47 asks implementations for at least 35 characters.
const LONGEST: usize = 35;

/// A language tag (BCP 47) in lower case: `en`, `de-ch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language(String);

impl Language {
    /// Reads a tag: subtags of 1 to 8 ASCII letters and digits, the first of 2 or 3 letters; `None` otherwise.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let mut subtags = raw.split('-');
        let primary = subtags.next()?;
        let well_formed = (2..=3).contains(&primary.len())
            && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
            && subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        (raw.len() <= LONGEST && well_formed).then(|| Self(raw.to_ascii_lowercase()))
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_are_languages() {
        assert_eq!(Language::parse("de-CH").unwrap().as_str(), "de-ch");
        for raw in ["", "d", "german", "de_CH", "de-", "../en", "e1", "de-toolongsubtag"] {
            assert_eq!(Language::parse(raw), None, "{raw}");
        }
    }
}
