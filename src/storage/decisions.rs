//! The two statements of every decision, as far as the configuration needs them: tables that nothing is asked of cost each
//! statement that names them the same.

use super::{
    sql,
    transition::{Parameters, Transition, places},
};
use crate::domain::limits::Limits;

/// The statements, and what the load is told of the limits.
pub(super) struct Decisions {
    /// `account.load`.
    pub(super) load: String,
    /// `account.transition` of one that tells nobody anything.
    transition: String,
    /// `account.transition`, whole.
    telling: String,
    /// Whether they look after ceilings and closed prefixes.
    pub(super) guarded: bool,
    /// The places under each channel's ceiling; zero: it has none.
    pub(super) places: i32,
    /// Whether prefixes can be closed.
    pub(super) closes_prefixes: bool,
}

impl Decisions {
    pub(super) fn under(limits: &Limits) -> Self {
        let (places, closes_prefixes) = (places(limits.channel_per_minute), limits.prefix_floor > 0);
        let guarded = places > 0 || closes_prefixes;
        let text = |statement: &str| if guarded { statement.to_owned() } else { without("guarded", statement) };
        Self {
            load: text(sql::ACCOUNT_LOAD),
            transition: text(&without("notices", sql::ACCOUNT_TRANSITION)),
            // Such a transition is rare: it may look after everything.
            telling: sql::ACCOUNT_TRANSITION.to_owned(),
            guarded,
            places,
            closes_prefixes,
        }
    }

    /// The statement that writes a transition, and its parameters.
    pub(super) fn writing<'t>(&self, transition: &'t Transition) -> (&str, Parameters<'t>) {
        if transition.tells() {
            (&self.telling, transition.parameters(true, true))
        } else {
            (&self.transition, transition.parameters(self.guarded, false))
        }
    }
}

/// The statement without what stands between `-- [part` and `-- part]`; what stands behind the latter on its line takes its
/// place.
fn without(part: &str, statement: &str) -> String {
    let (begin, end) = (format!("-- [{part}"), format!("-- {part}]"));
    let (mut kept, mut within) = (String::new(), false);
    for line in statement.lines() {
        let instead = line.trim_start().strip_prefix(end.as_str());
        within |= line.trim_start() == begin;
        if !within || instead.is_some() {
            kept.push_str(instead.unwrap_or(line));
            kept.push('\n');
        }
        within &= instead.is_none();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guarded_is_left_out_where_nothing_is() {
        let guarded = Limits { prefix_floor: 20, ..Limits::default() };
        let (without, with) = (Decisions::under(&Limits::default()), Decisions::under(&guarded));
        for table in ["ceilings", "prefixes"] {
            for (bare, whole) in [(&without.load, &with.load), (&without.transition, &with.transition)] {
                assert!(
                    !bare.contains(&format!("from {table}")) && whole.contains(&format!("from {table}")),
                    "{table}"
                );
            }
        }
        assert_eq!(
            (with.telling.as_str(), without.telling.as_str()),
            (sql::ACCOUNT_TRANSITION, sql::ACCOUNT_TRANSITION)
        );
        assert!(!with.transition.contains("into notices") && with.telling.contains("into notices"));
        let lines: Vec<&str> = without.transition.lines().filter(|line| !line.starts_with("--")).collect();
        assert!(lines.first().is_some_and(|line| line.ends_with(" acct as (")), "{}", without.transition);
        assert!(!without.transition.contains("$108") && without.transition.contains("$107"));
    }
}
