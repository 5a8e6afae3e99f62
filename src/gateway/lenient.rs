//! What a lenient reader could make of a path: every reading that comes of undoing escapes, dot segments, doubled and
//! back slashes, path parameters, blanks, an escaped `?` or `#`, NUL and the absolute form, in any order and repeatedly.
//!
//! Reads nothing into a path; says only whether one of its readings is of a wanted shape. Where a path is so contrived
//! that its readings are not all found within bounds, it is taken for the worst.

mod step;

use std::collections::HashSet;

use step::STEPS;

/// Readings of one path that are looked at.
const MOST_READINGS: usize = 512;
/// Bytes that are read and written for one path, over all its readings.
const MOST_WORK: usize = 1024 * 1024;

/// Whether every reader takes `path` for the same but for the case of its letters: plain segments, one slash before
/// each, none at the end.
#[must_use]
pub fn is_plain(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(|segment| is_plain_segment(segment.as_bytes())))
}

/// A segment out of letters, digits and `-._~`, not empty, and neither `.` nor `..`.
#[must_use]
pub fn is_plain_segment(segment: &[u8]) -> bool {
    !matches!(segment, b"" | b"." | b"..") && segment.iter().all(|byte| is_plain_byte(*byte))
}

/// Of what never stands for anything else, or as anything else, in a path (RFC 3986 section 2.3, unreserved).
const fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether `wanted` holds for the segments of any reading of `path`, the path itself among them. Also `true` when the
/// readings are too many to be found.
pub fn any_reading(path: &str, wanted: impl Fn(&[&[u8]]) -> bool) -> bool {
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut open = vec![path.as_bytes().to_vec()];
    let mut work = 0;
    while let Some(reading) = open.pop() {
        work += reading.len() * (STEPS.len() + 1);
        if seen.len() >= MOST_READINGS || work > MOST_WORK || wanted(&segments(&reading)) {
            return true;
        }
        let next = STEPS.iter().filter_map(|step| step(&reading)).filter(|next| !seen.contains(next));
        let next: Vec<_> = next.collect();
        open.extend(next);
        seen.insert(reading);
        open.retain(|next| !seen.contains(next));
    }
    false
}

/// Whether a lenient reader could take `segment` for `literal`: undone within itself, in any case of letters.
#[must_use]
pub fn could_be(segment: &[u8], literal: &str) -> bool {
    if segment.iter().all(|byte| is_plain_byte(*byte)) {
        return segment.eq_ignore_ascii_case(literal.as_bytes());
    }
    let literal = literal.to_ascii_lowercase();
    folded(segment) == literal.as_bytes() || folded(&step::undone(segment)) == literal.as_bytes()
}

/// The same for the name of a parameter, which PHP makes a variable's: what cannot stand in one becomes a `_`.
#[must_use]
pub fn could_be_parameter(name: &[u8], literal: &str) -> bool {
    let of_variable = |byte: u8| if matches!(byte, b' ' | b'.' | b'[') { b'_' } else { byte };
    let variable: Vec<u8> = step::undone(name).into_iter().map(of_variable).collect();
    could_be(name, literal) || could_be(&variable, literal)
}

/// In lower case; of the letters beyond ASCII, those two that case-insensitive readers take for one of ASCII's (ſ, K).
fn folded(segment: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(segment);
    if text.is_ascii() {
        return segment.to_ascii_lowercase();
    }
    text.replace('\u{17f}', "s").replace('\u{212a}', "k").to_ascii_lowercase().into_bytes()
}

fn segments(reading: &[u8]) -> Vec<&[u8]> {
    let rest = reading.strip_prefix(b"/").unwrap_or(reading);
    rest.split(|byte| *byte == b'/').collect()
}

#[cfg(test)]
mod tests;
