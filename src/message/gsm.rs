//! How many short messages a text takes, as networks count: septets of the GSM 7 bit default alphabet and its extension
//! table (3GPP TS 23.038 section 6.2.1) or, where a character is in neither, units of UCS-2 (UTF-16, as telephones read
//! it). National language tables are not used: not every gateway knows them. Counts, and changes nothing.

use std::fmt;

/// The basic character set, but for the escape to the extension table: a septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: two septets each, which are never torn apart.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// What a text is written in on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// The GSM 7 bit default alphabet with its extension table.
    Gsm7,
    /// UCS-2.
    Ucs2,
}

impl Alphabet {
    /// Units in a message that stands alone, and in each of several: the header of a part takes six octets.
    const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    /// How many units `c` takes; `None`: it cannot be written.
    fn width(self, c: char) -> Option<usize> {
        match self {
            Self::Gsm7 => septets(c),
            Self::Ucs2 => Some(c.len_utf16()),
        }
    }
}

impl fmt::Display for Alphabet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        })
    }
}

/// What a text takes as an SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// What it is written in.
    pub alphabet: Alphabet,
    /// Its length: septets, or units of UTF-16.
    pub units: usize,
    /// Short messages that it takes, each of which is paid for; 0 for an empty text.
    pub segments: usize,
}

impl Measure {
    /// Measures `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let alphabet = if is_gsm(text) { Alphabet::Gsm7 } else { Alphabet::Ucs2 };
        let widths = || text.chars().filter_map(|c| alphabet.width(c));
        let (units, (alone, part)) = (widths().sum::<usize>(), alphabet.room());
        let segments = if units <= alone { units.min(1) } else { parts(widths(), part) };
        Self { alphabet, units, segments }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { alphabet, units, segments } = self;
        let noun = if *segments == 1 { "segment" } else { "segments" };
        write!(out, "{segments} {noun}, {alphabet}, {units} units")
    }
}

/// Whether GSM 7 bit has every character of `text`.
pub(super) fn is_gsm(text: &str) -> bool {
    text.chars().all(|c| septets(c).is_some())
}

fn septets(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || c == ' ' || BASIC.contains(c) {
        return Some(1);
    }
    EXTENSION.contains(c).then_some(2)
}

/// Parts that are filled one after the other; what takes two units stands whole in one of them.
fn parts(widths: impl Iterator<Item = usize>, room: usize) -> usize {
    let fill = |(parts, used): (usize, usize), width| {
        if used + width > room { (parts + 1, width) } else { (parts, used + width) }
    };
    widths.fold((1, 0), fill).0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn measured(text: &str) -> (Alphabet, usize, usize) {
        let Measure { alphabet, units, segments } = Measure::of(text);
        (alphabet, units, segments)
    }

    #[test]
    fn the_basic_set_has_127_characters_beside_the_escape_and_the_extension_ten() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        let mut all: Vec<char> = BASIC.chars().chain(EXTENSION.chars()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 137, "each once");
        assert_eq!(all.iter().filter(|c| c.is_ascii() && !c.is_ascii_control()).count(), 95 - 1, "all of ASCII but `");
    }

    #[test]
    fn a_message_has_160_septets_and_each_part_of_several_153() {
        for (septets, segments) in
            [(0, 0), (1, 1), (159, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)]
        {
            assert_eq!(measured(&"x".repeat(septets)), (Alphabet::Gsm7, septets, segments));
        }
    }

    #[test]
    fn a_message_in_ucs_2_has_70_units_and_each_part_of_several_67() {
        for (units, segments) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)] {
            assert_eq!(measured(&"ç".repeat(units)), (Alphabet::Ucs2, units, segments));
        }
    }

    #[test]
    fn characters_of_the_extension_take_two_septets_and_are_never_torn_apart() {
        assert_eq!(measured(&"€".repeat(80)), (Alphabet::Gsm7, 160, 1));
        assert_eq!(measured(&"€".repeat(81)), (Alphabet::Gsm7, 162, 2));
        // 153 is odd: of 153 of them 76 stand in each part, and the last needs a third one.
        assert_eq!(measured(&"€".repeat(153)), (Alphabet::Gsm7, 306, 3));
        assert_eq!(measured(&"😀".repeat(35)), (Alphabet::Ucs2, 70, 1));
        assert_eq!(measured(&"😀".repeat(67)), (Alphabet::Ucs2, 134, 3), "33 in each part");
    }

    #[test]
    fn letters_that_look_alike_are_not_alike() {
        for (text, alphabet) in [
            ("éèùìòàÇñÑäöüÄÖÜßÅåÆæØøÉ", Alphabet::Gsm7),
            ("ΔΦΓΛΩΠΨΣΘΞ", Alphabet::Gsm7),
            ("á", Alphabet::Ucs2),
            ("í", Alphabet::Ucs2),
            ("ó", Alphabet::Ucs2),
            ("ú", Alphabet::Ucs2),
            ("ç", Alphabet::Ucs2),
            ("ê", Alphabet::Ucs2),
            ("Α", Alphabet::Ucs2), // the Greek capital alpha
            ("`", Alphabet::Ucs2),
            ("…", Alphabet::Ucs2),
            ("\t", Alphabet::Ucs2),
            ("\u{a0}", Alphabet::Ucs2),
        ] {
            assert_eq!(Measure::of(text).alphabet, alphabet, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parts_are_as_few_as_can_be(text in "[a-z€^çß😀]{0,400}") {
            let Measure { alphabet, units, segments } = Measure::of(&text);
            let (alone, part) = alphabet.room();
            prop_assert_eq!(units, text.chars().filter_map(|c| alphabet.width(c)).sum::<usize>());
            prop_assert_eq!(segments <= 1, units <= alone);
            prop_assert!(units <= segments * part || segments == 1);
            // A part loses at most the one unit that a character of two had no room for.
            prop_assert!(segments <= 1 || units > (segments - 1) * (part - 1));
        }

        #[test]
        fn more_text_takes_no_less(text in "[a-z€]{0,200}|\\PC{0,100}", more in "[a-zç€]{1,40}") {
            let longer = Measure::of(&format!("{text}{more}"));
            prop_assert!(longer.segments >= Measure::of(&text).segments);
        }
    }
}
