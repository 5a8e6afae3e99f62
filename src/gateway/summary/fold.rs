//! Which names are one to a reader that does not mind case.

use unicode_normalization::UnicodeNormalization as _;

/// The dot that İ leaves behind in lower case: some readers drop it.
const DOT_ABOVE: char = '\u{0307}';

/// `name` up to its first U+0000, where readers written in C see its end, with all its spellings brought to one: upper and
/// lower case by Unicode (`ß` as `SS`, `ſ` as `s`, `İ` and `ı` as `i`), and letters that only look otherwise (NFKC: the
/// Kelvin sign, full width). Wider than any one reader's rule, as it is only asked whether two names could be taken for one.
pub(super) fn folded(name: &str) -> String {
    let name = name.split('\0').next().unwrap_or_default();
    let one_case = name.nfkc().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    one_case.nfkc().flat_map(char::to_lowercase).filter(|c| *c != DOT_ABOVE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_reader_could_take_for_one_are_one() {
        for (one, other) in [
            ("amount", "AMOUNT"),
            ("kind", "\u{212A}ind"),
            ("status", "ſtatus"),
            ("straße", "STRASSE"),
            ("straße", "STRAẞE"),
            ("id", "İD"),
            ("id", "ıd"),
            ("σ", "ς"),
            ("amount", "ａｍｏｕｎｔ"),
            ("ﬁat", "FIAT"),
            ("é", "E\u{301}"),
            ("dž", "ǅ"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        assert_ne!(folded("amount"), folded("amounts"));
        assert_ne!(folded("a"), folded("ä"));
    }
}
