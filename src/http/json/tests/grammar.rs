//! What a body is, told a second time (RFC 8259, and no member twice), so that the reader can be held against it.

use std::collections::BTreeSet;

/// Whether `bytes` are one JSON object in UTF-8, in which no member stands twice at any depth and no number is beyond
/// what a double can hold.
pub(super) fn is_object(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut rest = Rest(text.trim_start_matches(BLANKS));
    let object = rest.0.starts_with('{') && rest.value().is_some();
    object && rest.0.trim_start_matches(BLANKS).is_empty()
}

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// What is still to be read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn blanks(&mut self) {
        self.0 = self.0.trim_start_matches(BLANKS);
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(word)?;
        Some(())
    }

    fn value(&mut self) -> Option<()> {
        self.blanks();
        match self.0.chars().next()? {
            '{' => self.object(),
            '[' => self.list(),
            '"' => self.text().map(drop),
            't' => self.word("true"),
            'f' => self.word("false"),
            'n' => self.word("null"),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Option<()> {
        self.word("{")?;
        self.blanks();
        let mut names = BTreeSet::new();
        if self.word("}").is_some() {
            return Some(());
        }
        loop {
            self.blanks();
            if !names.insert(self.text()?) {
                return None;
            }
            self.blanks();
            self.word(":")?;
            self.value()?;
            self.blanks();
            if self.word("}").is_some() {
                return Some(());
            }
            self.word(",")?;
        }
    }

    fn list(&mut self) -> Option<()> {
        self.word("[")?;
        self.blanks();
        if self.word("]").is_some() {
            return Some(());
        }
        loop {
            self.value()?;
            self.blanks();
            if self.word("]").is_some() {
                return Some(());
            }
            self.word(",")?;
        }
    }

    fn text(&mut self) -> Option<String> {
        self.word("\"")?;
        let mut units: Vec<u16> = Vec::new();
        loop {
            let c = self.0.chars().next()?;
            self.0 = &self.0[c.len_utf8()..];
            match c {
                '"' => return String::from_utf16(&units).ok(),
                '\\' => units.push(self.escape()?),
                '\0'..='\x1f' => return None,
                _ => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let c = self.0.chars().next()?;
        self.0 = &self.0[c.len_utf8()..];
        if c == 'u' {
            let digits = self.0.get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
            self.0 = &self.0[4..];
            return u16::from_str_radix(digits, 16).ok();
        }
        let plain =
            [('"', '"'), ('\\', '\\'), ('/', '/'), ('b', '\x08'), ('f', '\x0c'), ('n', '\n'), ('r', '\r'), ('t', '\t')];
        plain.into_iter().find(|(written, _)| *written == c).and_then(|(_, meant)| u16::try_from(u32::from(meant)).ok())
    }

    fn number(&mut self) -> Option<()> {
        let form = regex::Regex::new(r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?").unwrap();
        let found = form.find(self.0)?;
        let finite = found.as_str().parse::<f64>().is_ok_and(f64::is_finite);
        self.0 = &self.0[found.end()..];
        finite.then_some(())
    }
}
