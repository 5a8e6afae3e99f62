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

#[test]
fn of_a_transport_that_is_of_no_kind_nothing_else_is_told() {
    for kind in ["kind = 'htttp'\n", "kind = 'smtp'\n", ""] {
        let text =
            format!("{LEAST}[channel.sms.transport.gateway]\n{kind}url = 'https://sms.example'\nsecret = 'open'\n");
        assert_troubles(&troubles(&text, &[]), &["channel.sms.transport.gateway.kind: "]);
    }
}
