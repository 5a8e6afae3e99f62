//! What a transport said, made fit for the log: no TAN, no address, no control characters, and not too much of it.

use std::ops::Range;

use zeroize::Zeroizing;

/// How many bytes of a transport's output reach the log.
const SHOWN: usize = 4096;
/// How many more are kept while blotting, so that a secret across the bound is still seen whole. More than the
/// longest address; of a longer digit run the part that is seen is long enough to be known as one.
const MARGIN: usize = 1024;
/// What stands for each byte that is blotted out.
const BLOT: u8 = b'*';

/// The beginning of a transport's output. It may hold a TAN until [`Heard::blotted`]: it is neither printed nor
/// moved about in memory, and wiped when dropped.
pub(super) struct Heard(Zeroizing<Vec<u8>>);

impl Heard {
    /// Nothing yet.
    pub(super) fn nothing() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(SHOWN + MARGIN)))
    }

    /// Keeps what of `chunk` there is room for.
    pub(super) fn hear(&mut self, chunk: &[u8]) {
        let room = (SHOWN + MARGIN).saturating_sub(self.0.len());
        self.0.extend(chunk.iter().take(room));
    }

    /// What was heard, on one line, without `address`, any other mailbox, and runs of `digits` or more digits, also
    /// where single blanks or dashes group them.
    pub(super) fn blotted(mut self, address: &str, digits: u8) -> String {
        // All are found before any is blotted: one may be a part of another.
        let runs = long_runs(&self.0, usize::from(digits));
        let secrets = [addresses(&self.0, address), mailboxes(&self.0), runs].concat();
        for secret in secrets {
            self.0.get_mut(secret).unwrap_or_default().fill(BLOT);
        }
        self.0.truncate(SHOWN);
        let printable = |c: char| if c.is_control() || is_format(c) { ' ' } else { c };
        String::from_utf8_lossy(&self.0).chars().map(printable).collect::<String>().trim().to_owned()
    }
}

/// Characters that change the order or the look of their neighbours in a log.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Where the address stands, in either case, a number also without its `+`.
fn addresses(text: &[u8], address: &str) -> Vec<Range<usize>> {
    let sought = address.trim_start_matches('+').as_bytes();
    // No window is empty, and no address is.
    let windows = text.windows(sought.len().max(1)).enumerate();
    let found = windows.filter(|(_, window)| window.eq_ignore_ascii_case(sought));
    found.map(|(at, window)| at..at + window.len()).collect()
}

/// Where mailboxes stand: a transport that repeats its message repeats what that approves, which may name another
/// address than the one it went to.
fn mailboxes(text: &[u8]) -> Vec<Range<usize>> {
    let outside = |byte: &u8| byte.is_ascii_whitespace() || b"<>()[]\",;:".contains(byte);
    let around = |at: usize| {
        let start = text.get(..at).unwrap_or_default().iter().rposition(outside).map_or(0, |before| before + 1);
        let length = text.get(at..).unwrap_or_default().iter().position(outside).unwrap_or(text.len() - at);
        start..at + length
    };
    let ats = text.iter().enumerate().filter(|(_, byte)| **byte == b'@').map(|(at, _)| at);
    ats.filter(|at| around(*at).start < *at).map(around).collect()
}

/// Where runs of at least so many digits stand.
fn long_runs(text: &[u8], at_least: usize) -> Vec<Range<usize>> {
    let after = |(run, _): &(Range<usize>, usize)| next_run(text, run.end);
    let runs = std::iter::successors(next_run(text, 0), after);
    runs.filter(|(_, digits)| *digits >= at_least).map(|(run, _)| run).collect()
}

/// The next digits after `from`, grouped by single blanks or dashes, and how many digits they are.
fn next_run(text: &[u8], from: usize) -> Option<(Range<usize>, usize)> {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let start = from + text.get(from..)?.iter().position(u8::is_ascii_digit)?;
    let (mut end, mut digits) = (start, 0);
    loop {
        if is_digit(end) {
            digits += 1;
        } else if !(matches!(text.get(end), Some(b' ' | b'-')) && is_digit(end + 1)) {
            return Some((start..end, digits));
        }
        end += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(chunks: &[&str]) -> String {
        let mut heard = Heard::nothing();
        for chunk in chunks {
            heard.hear(chunk.as_bytes());
        }
        heard.blotted("+41791234567", 8)
    }

    #[test]
    fn digit_runs_of_tan_length_are_blotted_and_shorter_ones_stay() {
        assert_eq!(heard(&["error 1234567: code 12345678."]), "error 1234567: code ********.");
        assert_eq!(heard(&["123456789012"]), "************");
        assert_eq!(heard(&["HTTP 429 T-1234-5678 or 1234 5678"]), "HTTP 429 T-********* or *********");
        assert_eq!(heard(&["1234  5678"]), "1234  5678");
    }

    #[test]
    fn a_tan_across_two_chunks_is_blotted() {
        assert_eq!(heard(&["your code is 123", "45678!"]), "your code is ********!");
    }

    #[test]
    fn a_tan_across_the_bound_is_blotted() {
        let until_the_bound = "x".repeat(SHOWN - 4);
        assert_eq!(heard(&[&until_the_bound, "12345678"]), format!("{until_the_bound}****"));
        let until_the_end = "x".repeat(SHOWN + MARGIN - 4);
        assert_eq!(heard(&[&until_the_end, "12345678"]), "x".repeat(SHOWN));
    }

    #[test]
    fn the_address_is_blotted_in_every_spelling() {
        assert_eq!(heard(&["to +41791234567 or 0041791234567"]), "to +*********** or *************");
        let mut of_mail = Heard::nothing();
        of_mail.hear(b"<A12345678@Example.COM> a12345678@example.com.au");
        assert_eq!(of_mail.blotted("a12345678@example.com", 8), "<*********************> ************************");
    }

    #[test]
    fn another_mailbox_is_blotted_and_the_origin_line_stays() {
        let said = "approves: send TANs by email to bob@example.org. @bank.example #12345678";
        let shown = "approves: send TANs by email to **************** @bank.example #********";
        assert_eq!(heard(&[said]), shown);
    }

    #[test]
    fn what_is_logged_is_one_line() {
        assert_eq!(heard(&["one\r\ntwo\u{1b}[31m\u{202e}three\n"]), "one  two [31m three");
    }

    proptest! {
        #[test]
        fn no_cut_of_the_output_shows_a_tan(before in "[a-z \\-0-9]{0,5200}", cut in 0usize..5200, after in "[a-z0-9]{0,9}") {
            let whole = format!("{before}12345678{after}");
            let (first, second) = whole.split_at(cut.min(whole.len()));
            let shown = heard(&[first, second]);
            let digits: Vec<&str> = shown.split(|c: char| !c.is_ascii_digit()).collect();
            prop_assert!(digits.iter().all(|run| run.len() < 8), "{}", shown);
            prop_assert!(shown.len() <= SHOWN);
        }
    }
}
