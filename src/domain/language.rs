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

    /// English, the language of those of whom none is known, unless the operator names another.
    #[must_use]
    pub fn english() -> Self {
        Self("en".to_owned())
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_tags_are_languages() {
        assert_eq!(Language::parse("de-CH").unwrap().as_str(), "de-ch");
        for raw in ["", "d", "german", "de_CH", "de-", "../en", "e1", "de-toolongsubtag"] {
            assert_eq!(Language::parse(raw), None, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_a_language_if_and_only_if_its_subtags_are(
            raw in prop_oneof!["\\PC*", any::<String>(), "[a-zA-Z]{1,4}(-[a-zA-Z0-9]{0,9}){0,5}[\n_]?", "[a-z]{2}(-[a-z]{8}){3,4}"],
        ) {
            let form = regex::Regex::new("^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*$").unwrap();
            let wanted = form.is_match(&raw) && raw.len() <= 35;
            let read = Language::parse(&raw);
            prop_assert_eq!(read.as_ref().map(ToString::to_string), wanted.then(|| raw.to_lowercase()));
            prop_assert_eq!(read.as_ref().and_then(|read| Language::parse(read.as_str())), read);
        }
    }
}
