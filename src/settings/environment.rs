//! Variables of the environment over the keys of the file: `TANAGER_<SECTION>__<KEY>`.

use std::collections::BTreeMap;

use toml::{Table, Value as Toml};

use super::{notes::Notes, trouble::Trouble};

const PREFIX: &str = "TANAGER_";
const SEPARATOR: &str = "__";

/// The variables of this process that can be settings. One that is not Unicode has its stray bytes replaced, so that
/// it is found wrong rather than overlooked.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
        Some((name, value.to_string_lossy().into_owned()))
    })
}

/// Puts the value of every `TANAGER_<SECTION>__<KEY>` at its place in `table`. Other variables are not looked at.
pub(super) fn overlay(table: &mut Table, environment: impl Iterator<Item = (String, String)>, notes: &mut Notes) {
    let ours: BTreeMap<_, _> = environment.filter(|(name, _)| segments(name).is_some()).collect();
    for (name, raw) in ours {
        let segments = segments(&name).unwrap_or_default();
        let path = segments.join(".");
        if let Err(around) = place(table, &segments, raw) {
            let text = format!("{around} is no section, so that nothing within it can be set; set it whole");
            notes.trouble_of(Trouble::new(name, text));
        } else if let Some(other) = notes.variable(path.clone(), name.clone()) {
            notes.trouble_of(Trouble::new(name, format!("{path} is set by {other} too; keep one of them")));
        }
    }
}

/// The keys that lead to what `name` sets, in lower case; what stands below a channel's `env` is a name of its own,
/// and stays as it is written.
fn segments(name: &str) -> Option<Vec<String>> {
    let rest = name.strip_prefix(PREFIX).filter(|rest| rest.contains(SEPARATOR))?;
    let keys: Vec<_> = rest.split(SEPARATOR).collect();
    let mut segments: Vec<_> = keys.iter().map(|key| key.to_lowercase()).collect();
    let free = free_from(&segments);
    segments.truncate(free);
    let name = keys.get(free..).unwrap_or_default().join(SEPARATOR);
    if !name.is_empty() {
        segments.push(name);
    }
    Some(segments)
}

/// Where the name begins that is free: below the `env` of a channel, or of one of its transports.
fn free_from(segments: &[String]) -> usize {
    let words: Vec<_> = segments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["channel", _, "env", _, ..] => 3,
        ["channel", _, "transport", _, "env", _, ..] => 5,
        words => words.len(),
    }
}

fn place(table: &mut Table, segments: &[String], raw: String) -> Result<(), String> {
    let Some((key, way)) = segments.split_last() else { return Ok(()) };
    let mut here = table;
    for (at, section) in way.iter().enumerate() {
        let below = here.entry(section).or_insert_with(|| Toml::Table(Table::new()));
        let Toml::Table(below) = below else {
            return Err(segments.iter().take(at + 1).cloned().collect::<Vec<_>>().join("."));
        };
        here = below;
    }
    here.insert(key.clone(), Toml::String(raw));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_variable_are_in_lower_case_but_for_the_names_below_env() {
        for (name, keys) in [
            ("TANAGER_SERVER__LISTEN", Some("server listen")),
            ("TANAGER_LIMITS__Tan_Digits", Some("limits tan_digits")),
            ("TANAGER_CHANNEL__SMS__SCRIPT", Some("channel sms script")),
            ("TANAGER_CHANNEL__SMS__ENV__SPOOL_DIR", Some("channel sms env SPOOL_DIR")),
            ("TANAGER_CHANNEL__SMS__ENV__A__b", Some("channel sms env A__b")),
            ("TANAGER_A__B__C__D__E", Some("a b c d e")),
            ("TANAGER_CONFIG", None),
            ("TANAGER__X", None),
            ("OTHER_SERVER__LISTEN", None),
        ] {
            assert_eq!(segments(name).map(|keys| keys.join(" ")).as_deref(), keys, "{name}");
        }
    }
}
