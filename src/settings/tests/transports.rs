//! The kinds of transports: what of each is taken, and that each key is documented.

mod smtp;

use super::*;

const PAGE: &str = include_str!("../../../config/transports.toml");

/// The part of the page that begins with `# --- {heading} -`, with every key that stands behind a '#'.
fn part(heading: &str) -> String {
    let start = PAGE.find(&format!("# --- {heading} -")).unwrap_or_else(|| panic!("no part {heading:?}"));
    let part = &PAGE[start..];
    let end = part[1..].find("\n# --- ").map_or(part.len(), |end| end + 1);
    let key = |line: &str| {
        line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())).map(str::to_owned)
    };
    part[..end].lines().map(|line| key(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}
