//! Which characters of a stranger's text can be seen, and are what they seem.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Marks on one letter. Written languages need up to three; piles of them cover the lines around.
const MOST_MARKS: usize = 3;

/// What passes for an '@' or a '#'.
const LOOK_ALIKES: [char; 8] = ['＠', '﹫', '＃', '﹟', '♯', '⌗', '⋕', '⧣'];

/// Characters of other categories that show nothing (Unicode, `Default_Ignorable_Code_Point` and blank glyphs), and
/// marks that strike a character out or enclose it: a digit that is struck out is another amount.
const UNSEEN: [(char, char); 14] = [
    ('\u{034F}', '\u{034F}'),   // combining grapheme joiner
    ('\u{0334}', '\u{0338}'),   // overlays: tildes, strokes, solidi
    ('\u{115F}', '\u{1160}'),   // Hangul fillers
    ('\u{17B4}', '\u{17B5}'),   // Khmer inherent vowels
    ('\u{180B}', '\u{180F}'),   // Mongolian variation selectors
    ('\u{20D0}', '\u{20FF}'),   // marks for symbols: overlays, enclosures, keycaps
    ('\u{2800}', '\u{2800}'),   // the Braille pattern without dots
    ('\u{3164}', '\u{3164}'),   // Hangul filler
    ('\u{FE00}', '\u{FE0F}'),   // variation selectors
    ('\u{FFA0}', '\u{FFA0}'),   // halfwidth Hangul filler
    ('\u{FFFC}', '\u{FFFD}'),   // stand-ins for what is not there
    ('\u{1D159}', '\u{1D159}'), // the null note head
    ('\u{1DA00}', '\u{1DAAF}'), // marks of a sign-writing script, which lie on their neighbours
    ('\u{E0000}', '\u{E0FFF}'), // tags, variation selectors
];

/// A text while it is brought to what can be seen.
#[derive(Default)]
pub(super) struct Cleaner {
    clean: String,
    /// Marks since the last letter; `None` where a mark has nothing to stand on.
    marks: Option<usize>,
    /// Whether an '@' stands somewhere before.
    behind_at: bool,
}

impl Cleaner {
    /// Takes the next character.
    pub(super) fn push(&mut self, c: char) {
        if !self.keeps(c) {
            self.marks = None;
            if !self.clean.is_empty() && !self.clean.ends_with(' ') {
                self.clean.push(' ');
            }
            return;
        }
        self.behind_at |= c == '@';
        self.marks = if is_mark(c) { self.marks.map(|marks| marks + 1) } else { c.is_alphabetic().then_some(0) };
        self.clean.push(c);
    }

    /// The clean text.
    pub(super) fn finish(mut self) -> String {
        self.clean.truncate(self.clean.trim_end_matches(' ').len());
        self.clean
    }

    fn keeps(&self, c: char) -> bool {
        match c {
            '#' => !self.behind_at,
            _ if is_mark(c) => is_seen(c) && self.marks.is_some_and(|marks| marks < MOST_MARKS),
            _ => is_seen(c) && !LOOK_ALIKES.contains(&c),
        }
    }
}

fn is_mark(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Mark
}

fn is_seen(c: char) -> bool {
    let shown = match c.general_category_group() {
        // Controls, format and direction characters, private, unassigned.
        GeneralCategoryGroup::Other | GeneralCategoryGroup::Separator => false,
        _ => c.general_category() != GeneralCategory::EnclosingMark,
    };
    shown && !UNSEEN.iter().any(|(first, last)| (*first..=*last).contains(&c))
}
