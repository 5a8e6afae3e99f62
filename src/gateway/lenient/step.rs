//! The single steps by which a lenient reader changes a path. Each gives `None` where it changes nothing.

/// A step of a lenient reader.
pub(super) type Step = fn(&[u8]) -> Option<Vec<u8>>;

/// All of them. They are tried in every order.
pub(super) const STEPS: [Step; 12] = [
    unescape,
    without_parameters,
    without_dot_segments,
    without_hidden_dot_segments,
    without_doubled_slashes,
    without_back_slashes,
    without_slash_at_end,
    without_blanks,
    without_nul,
    before_nul,
    before_query,
    without_authority,
];

/// What becomes of one segment when all that can be undone within it is undone.
pub(super) fn undone(segment: &[u8]) -> Vec<u8> {
    const WITHIN: [Step; 5] = [unescape, without_parameters, without_blanks, before_nul, before_query];
    let mut segment = segment.to_vec();
    // Each of these steps makes it shorter, so this comes to an end.
    while let Some(next) = WITHIN.iter().find_map(|step| step(&segment)) {
        segment = next;
    }
    segment
}

/// Percent-escapes, once.
fn unescape(path: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    plain.push(high << 4 | low);
                    rest = behind;
                }
                _ => plain.push(b'%'),
            },
            _ => plain.push(*first),
        }
    }
    changed(path, plain)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Path parameters: in each segment, what begins with a `;`.
fn without_parameters(path: &[u8]) -> Option<Vec<u8>> {
    path.contains(&b';').then(|| each_segment(path, |segment| before(segment, |byte| byte == b';')))
}

/// Dot segments as they are written (RFC 3986 section 5.2.4).
fn without_dot_segments(path: &[u8]) -> Option<Vec<u8>> {
    changed(path, resolved(path, |segment| segment))
}

/// Dot segments that are hidden behind escapes, parameters or blanks, while the rest of the path stays as it is.
fn without_hidden_dot_segments(path: &[u8]) -> Option<Vec<u8>> {
    let undone = |segment: &[u8]| undone(segment);
    changed(path, resolved(path, undone))
}

fn resolved<'a, T: AsRef<[u8]>>(path: &'a [u8], read: impl Fn(&'a [u8]) -> T) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut ends_in_dots = false;
    for segment in path.split(|byte| *byte == b'/').skip(usize::from(rooted)) {
        let read = read(segment);
        ends_in_dots = matches!(read.as_ref(), b"." | b"..");
        match read.as_ref() {
            b"." => {}
            b".." => _ = kept.pop(),
            _ => kept.push(segment),
        }
    }
    if ends_in_dots {
        kept.push(b"");
    }
    let mut path = if rooted { b"/".to_vec() } else { Vec::new() };
    path.extend(kept.join(&b'/'));
    path
}

fn without_doubled_slashes(path: &[u8]) -> Option<Vec<u8>> {
    let mut plain = path.to_vec();
    plain.dedup_by(|next, last| *next == b'/' && *last == b'/');
    changed(path, plain)
}

fn without_back_slashes(path: &[u8]) -> Option<Vec<u8>> {
    path.contains(&b'\\').then(|| path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect())
}

fn without_slash_at_end(path: &[u8]) -> Option<Vec<u8>> {
    path.strip_suffix(b"/").filter(|rest| !rest.is_empty()).map(<[u8]>::to_vec)
}

/// Blanks around each segment: spaces, tabs, line breaks and every other control character but NUL.
fn without_blanks(path: &[u8]) -> Option<Vec<u8>> {
    let is_blank = |byte: &u8| matches!(*byte, 1..=b' ' | 0x7f);
    path.iter().any(is_blank).then_some(())?;
    let trimmed = each_segment(path, |segment| {
        let from = segment.iter().position(|byte| !is_blank(byte)).unwrap_or(segment.len());
        let to = segment.iter().rposition(|byte| !is_blank(byte)).map_or(from, |last| last + 1);
        segment.get(from..to).unwrap_or_default()
    });
    changed(path, trimmed)
}

fn without_nul(path: &[u8]) -> Option<Vec<u8>> {
    path.contains(&0).then(|| path.iter().copied().filter(|byte| *byte != 0).collect())
}

fn before_nul(path: &[u8]) -> Option<Vec<u8>> {
    changed(path, before(path, |byte| byte == 0).to_vec())
}

/// A `?` or `#` stands in a path only where it was escaped.
fn before_query(path: &[u8]) -> Option<Vec<u8>> {
    changed(path, before(path, |byte| matches!(byte, b'?' | b'#')).to_vec())
}

/// `//authority/path`, `scheme://authority/path` and `/scheme://authority/path`.
fn without_authority(path: &[u8]) -> Option<Vec<u8>> {
    let start = path.iter().take_while(|byte| **byte == b'/').count();
    let inner = path.get(start..)?;
    let letters = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let scheme = inner.iter().take_while(|byte| letters(byte)).count();
    let after_scheme = inner.get(scheme..)?.strip_prefix(b":").filter(|_| scheme > 0);
    // Some readers are content with one slash behind the colon, and some proxies make one of two.
    let authority = match after_scheme {
        Some(after) if after.first() == Some(&b'/') => after,
        _ if start >= 2 => inner,
        _ => return None,
    };
    let slashes = authority.iter().take_while(|byte| **byte == b'/').count();
    let authority = authority.get(slashes..)?;
    let path = authority.iter().position(|byte| *byte == b'/').and_then(|at| authority.get(at..));
    Some(path.unwrap_or(b"/").to_vec())
}

fn each_segment<'a>(path: &'a [u8], step: impl Fn(&'a [u8]) -> &'a [u8]) -> Vec<u8> {
    path.split(|byte| *byte == b'/').map(step).collect::<Vec<_>>().join(&b'/')
}

fn before(text: &[u8], stop: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().position(|byte| stop(*byte)).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

fn changed(before: &[u8], after: Vec<u8>) -> Option<Vec<u8>> {
    (after != before).then_some(after)
}
