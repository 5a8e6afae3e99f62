//! What is written down while a configuration is read: the values in force, where each came from, and the troubles.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use toml::Value as Toml;

use super::{raw::Raw, trouble::Trouble, value::Value};

/// The most edits between two keys that are taken for a slip of the pen.
const MOST_EDITS: usize = 3;

/// Where a value in force came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Default,
    /// In the file or in a variable; which of them is found out when it is noted.
    Written,
    Variable(String),
}

/// A key, its value in force as one would write it (`None`: it has none), and where that came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effective {
    pub(super) path: String,
    pub(super) shown: Option<String>,
    pub(super) source: Source,
}

struct Unknown {
    path: String,
    key: String,
    siblings: Vec<&'static str>,
}

/// The notes of one reading.
pub(super) struct Notes {
    directory: PathBuf,
    variables: BTreeMap<String, String>,
    troubles: Vec<Trouble>,
    unknown: Vec<Unknown>,
    effective: Vec<Effective>,
}

impl Notes {
    /// Notes of a configuration that stands in `directory`.
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            variables: BTreeMap::new(),
            troubles: Vec::new(),
            unknown: Vec::new(),
            effective: Vec::new(),
        }
    }

    /// Where relative files are looked for.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// That the value at `path` stands in the variable `name`; the other variable when there is one already.
    pub(super) fn variable(&mut self, path: String, name: String) -> Option<String> {
        self.variables.insert(path, name)
    }

    /// `value` as it was written at `path`.
    pub(super) fn raw(&self, path: &str, value: Toml) -> Raw {
        match value {
            Toml::String(text) if self.variables.contains_key(path) => Raw::Variable(text),
            value => Raw::File(value),
        }
    }

    /// Notes the value in force at `path`.
    pub(super) fn record<T: Value>(&mut self, path: String, value: Option<&T>, source: Source) {
        let shown = value.map(|value| if T::SECRET { "(withheld)".to_owned() } else { value.show() });
        self.record_text(path, shown, source);
    }

    /// Notes the value in force at `path`, as one would write it.
    pub(super) fn record_text(&mut self, path: String, shown: Option<String>, source: Source) {
        let source = match (source, self.variable_of(&path)) {
            (Source::Written, Some(name)) => Source::Variable(name.to_owned()),
            (source, _) => source,
        };
        self.effective.push(Effective { path, shown, source });
    }

    /// Notes a trouble with the value at `path`.
    pub(super) fn trouble(&mut self, path: &str, text: impl Into<String>) {
        let place = self.place(path);
        self.troubles.push(Trouble::new(place, text));
    }

    /// Notes a trouble that is not about one key.
    pub(super) fn trouble_of(&mut self, trouble: Trouble) {
        self.troubles.push(trouble);
    }

    /// Notes that nothing is known of `path`, whose section knows `siblings`.
    pub(super) fn unknown(&mut self, path: String, key: String, siblings: Vec<&'static str>) {
        self.unknown.push(Unknown { path, key, siblings });
    }

    /// The value in force at `path`, as one would write it.
    pub(super) fn shown(&self, path: &str) -> String {
        let noted = self.effective.iter().rev().find(|effective| effective.path == path);
        noted.and_then(|effective| effective.shown.clone()).unwrap_or_else(|| "(not set)".to_owned())
    }

    /// Whether the value at `path` was written, in the file or in a variable.
    pub(super) fn is_written(&self, path: &str) -> bool {
        self.effective.iter().any(|effective| effective.path == path && effective.source != Source::Default)
    }

    /// The end of the reading: every trouble, and every value in force.
    pub(super) fn close(mut self) -> (Vec<Trouble>, Vec<Effective>) {
        for unknown in std::mem::take(&mut self.unknown) {
            let hint = self.meant(&unknown).map_or_else(String::new, |path| format!("; did you mean {path}?"));
            self.trouble(&unknown.path, format!("there is no such key{hint}"));
        }
        (self.troubles, self.effective)
    }

    /// The path, with the variable that set it.
    fn place(&self, path: &str) -> String {
        let within = || self.variables.iter().find(|(at, _)| leads_to(path, at)).map(|(_, name)| name.as_str());
        match self.variable_of(path).or_else(within) {
            Some(name) => format!("{path} (from {name})"),
            None => path.to_owned(),
        }
    }

    /// The variable that holds the value at `path`, or a list or section around it.
    fn variable_of(&self, path: &str) -> Option<&str> {
        self.variables.iter().find(|(at, _)| *at == path || leads_to(at, path)).map(|(_, name)| name.as_str())
    }

    /// The known key that was meant: a near one of the same section, or one of this name in another.
    fn meant(&self, unknown: &Unknown) -> Option<String> {
        let section = unknown.path.strip_suffix(&unknown.key).unwrap_or_default();
        let key = unknown.key.to_lowercase();
        let edits = |known: &&str| strsim::damerau_levenshtein(known, &key);
        let near = |known: &&'static str| edits(known) <= MOST_EDITS.min(known.len() / 2);
        let sibling = unknown.siblings.iter().copied().filter(|known| near(known)).min_by_key(edits);
        let elsewhere = || self.effective.iter().find(|effective| effective.path.ends_with(&format!(".{key}")));
        sibling.map(|known| format!("{section}{known}")).or_else(|| elsewhere().map(|effective| effective.path.clone()))
    }
}

/// Whether `path` stands within the list or section at `around`.
fn leads_to(around: &str, path: &str) -> bool {
    path.strip_prefix(around).is_some_and(|rest| rest.starts_with(['.', '[']))
}
