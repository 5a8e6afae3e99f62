//! What may stand between a template's braces: so little that every branch can be tried.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::super::values::NAMES;

/// What a template can compare, and what can only be there or be empty.
const COMPARED: [&str; 3] = ["channel", "kind", "language"];
const THERE: [&str; 2] = ["subject", "html"];
const WORDS: [&str; 7] = ["if", "elif", "else", "endif", "and", "or", "not"];

fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and every test of a template reads them")]
    Regex::new(text).expect("a pattern of tags")
}

/// Values and texts, joined with `~`.
static SHOWN: LazyLock<Regex> = LazyLock::new(|| {
    let term = r#"(?:[a-z]+|"[^"\\{}%]*"|'[^'\\{}%]*')"#;
    pattern(&format!(r"^{term}(?:\s*~\s*{term})*$"))
});
/// A choice between texts.
static CHOICE: LazyLock<Regex> = LazyLock::new(|| {
    let asked = r#"(?:not\s+)?[a-z]+(?:\s*[=!]=\s*(?:"[A-Za-z-]*"|'[A-Za-z-]*'))?"#;
    pattern(&format!(r"^(?:else|endif|(?:if|elif)\s+{asked}(?:\s+(?:and|or)\s+{asked})*)$"))
});
static TEXT: LazyLock<Regex> = LazyLock::new(|| pattern(r#""[^"]*"|'[^']*'"#));
static WORD: LazyLock<Regex> = LazyLock::new(|| pattern("[a-z]+"));
static COMPARISON: LazyLock<Regex> = LazyLock::new(|| pattern(r#"([a-z]+)\s*[=!]=\s*["']([A-Za-z-]*)["']"#));

/// What a template reads, and which languages it asks about.
#[derive(Default)]
pub(super) struct Tags {
    pub(super) names: BTreeSet<&'static str>,
    pub(super) languages: Vec<String>,
}

/// Reads every tag of `source`, or says what of the first wrong one is wrong.
pub(super) fn read(source: &str) -> Result<Tags, String> {
    let mut tags = Tags::default();
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let (opening, inner) = (rest.get(at..at + 2).unwrap_or_default(), rest.get(at + 2..).unwrap_or_default());
        rest = match opening {
            "{{" => tags.tag(inner, "}}")?,
            "{%" => tags.tag(inner, "%}")?,
            "{#" => tag(inner, "#}")?.1,
            _ => rest.get(at + 1..).unwrap_or_default(),
        };
    }
    Ok(tags)
}

/// What stands in a tag, and behind it.
fn tag<'a>(inner: &'a str, closing: &str) -> Result<(&'a str, &'a str), String> {
    inner.split_once(closing).ok_or_else(|| format!("has a tag that is not closed with {closing:?}"))
}

impl Tags {
    fn tag<'a>(&mut self, inner: &'a str, closing: &str) -> Result<&'a str, String> {
        let (inner, behind) = tag(inner, closing)?;
        // Signs at the ends of a tag take blanks away.
        let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
        let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner).trim();
        if closing == "}}" {
            self.shown(inner)?;
        } else {
            self.choice(inner)?;
        }
        Ok(behind)
    }

    fn shown(&mut self, inner: &str) -> Result<(), String> {
        if !SHOWN.is_match(inner) {
            return Err("has a tag that is more than values and texts joined with '~', like {{ \"00\" ~ digits }}; \
                        there are no filters and no functions"
                .to_owned());
        }
        words(inner).try_for_each(|word| self.name(word.as_str()))
    }

    fn choice(&mut self, inner: &str) -> Result<(), String> {
        if !CHOICE.is_match(inner) {
            return Err("has a statement that is not known here; write it like {% if kind == \"tan\" %}, {% else %}, \
                        {% endif %}"
                .to_owned());
        }
        for asked in COMPARISON.captures_iter(inner) {
            let [name, text] = asked.extract().1;
            self.compared(name, text)?;
        }
        for word in words(inner).filter(|word| !WORDS.contains(&word.as_str())) {
            let word = word.as_str();
            self.name(word)?;
            if !COMPARED.contains(&word) && !THERE.contains(&word) {
                let asked = [COMPARED.as_slice(), &THERE].concat().join(", ");
                return Err(format!("chooses by {word:?}; a template can choose by {asked}"));
            }
        }
        Ok(())
    }

    fn compared(&mut self, name: &str, text: &str) -> Result<(), String> {
        let known: &[&str] = match name {
            "language" => {
                self.languages.push(text.to_owned());
                return Ok(());
            }
            "channel" => &["sms", "email"],
            "kind" => &["tan", "notice"],
            _ => return Err(format!("compares {name:?}; a template can compare {}", COMPARED.join(", "))),
        };
        let wrong = || format!("compares {name} with {text:?}, which it never is; it is {}", known.join(" or "));
        known.contains(&text).then_some(()).ok_or_else(wrong)
    }

    fn name(&mut self, word: &str) -> Result<(), String> {
        let unknown = || format!("reads {word:?}, which there is not; there are {}", NAMES.join(", "));
        let name = NAMES.into_iter().find(|name| *name == word).ok_or_else(unknown)?;
        self.names.insert(name);
        Ok(())
    }
}

/// The words of a tag that stand in no text.
fn words(inner: &str) -> impl Iterator<Item = String> {
    let bare = TEXT.replace_all(inner, " ").into_owned();
    WORD.find_iter(&bare).map(|word| word.as_str().to_owned()).collect::<Vec<_>>().into_iter()
}
