//! Quotes, dashes and blanks as GSM 7 bit has them. A letter is never another one, and an address never another one: what
//! has no counterpart but in its look stays, and the text is sent in UCS-2.

use unicode_normalization::UnicodeNormalization;

use super::{engine::SLOT, gsm};

/// What stands for `c`, where that is a matter of typography alone.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2039}' | '\u{203A}' => "'",
        '\u{201C}'..='\u{201F}' | '\u{2033}' | '«' | '»' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '…' => "...",
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => " ",
        _ => return None,
    })
}

/// `text` in GSM 7 bit, where nothing but typography keeps it from that; `None` where a letter does, or an address: a word
/// with an `@` in it is left as it is.
pub(super) fn in_gsm(text: &str) -> Option<String> {
    let mut written = String::with_capacity(text.len());
    for word in text.split_inclusive([' ', '\n']) {
        if word.contains('@') {
            written.push_str(word);
            continue;
        }
        for c in word.nfc() {
            match plain(c) {
                Some(plain) => written.push_str(plain),
                None => written.push(c),
            }
        }
    }
    written.split(SLOT).all(gsm::is_gsm).then_some(written)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn typography_is_brought_to_gsm() {
        for (text, plain) in [
            ("l’été à Zürich", "l'été à Zürich"),
            ("“ACME” – «Müller»… 1\u{202f}000", "\"ACME\" - \"Müller\"... 1 000"),
            ("cafe\u{301}", "café"),
            ("plain", "plain"),
        ] {
            assert_eq!(in_gsm(text).as_deref(), Some(plain), "{text}");
        }
    }

    #[test]
    fn letters_and_addresses_stay_as_they_are() {
        for text in ["São Paulo", "ça", "œuvre", "Łódź", "Перевод", "o’brien@mail.example", "`", "😀"]
        {
            assert_eq!(in_gsm(text), None, "{text}");
        }
        assert_eq!(in_gsm("to o'b@mail.example – now").as_deref(), Some("to o'b@mail.example - now"));
    }

    proptest! {
        #[test]
        fn what_comes_of_it_is_gsm_with_every_letter_and_digit_of_the_text(text in "[a-zäéß0-9 ’“–…«@\n\u{a0}\u{1}]{0,60}") {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric() || *c == SLOT).collect::<String>();
            if let Some(plain) = in_gsm(&text) {
                prop_assert!(plain.split(SLOT).all(gsm::is_gsm));
                prop_assert_eq!(letters(&plain), letters(&text));
                prop_assert_eq!(in_gsm(&plain), Some(plain.clone()), "once is enough");
            }
        }
    }
}
