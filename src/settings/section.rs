//! A section of the configuration while it is read: it hands out typed values and notes every trouble on the way,
//! so that one wrong value does not hide the next.

use std::{borrow::Cow, collections::BTreeMap, ops::RangeInclusive, path::PathBuf};

use toml::{Table, Value as Toml};

use super::{
    notes::{Notes, Source},
    raw::Raw,
    value::Value,
};

/// What stands at a key.
enum Found<T> {
    Absent,
    Wrong,
    Right(T),
}

/// One section. What has been read from it is known; what is left over at its end is not.
pub(super) struct Section<'n> {
    notes: &'n mut Notes,
    path: String,
    table: Table,
    known: Vec<&'static str>,
}

impl Section<'_> {
    /// Reads the whole of `table`.
    pub(super) fn root<T>(notes: &mut Notes, table: Table, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        inner(notes, String::new(), table, read)
    }

    /// The value at `key`, or `default`.
    pub(super) fn or<T: Value>(&mut self, key: &'static str, default: T) -> T {
        match self.value(key) {
            Found::Right(value) => value,
            Found::Absent => {
                self.notes.record::<T>(self.path(key), Some(&default), Source::Default);
                default
            }
            Found::Wrong => default,
        }
    }

    /// The value at `key`, or `default`; a value outside `range` is a trouble.
    pub(super) fn within<T>(&mut self, key: &'static str, default: T, range: RangeInclusive<T>) -> T
    where
        T: Value + PartialOrd,
    {
        let value = self.or(key, default);
        self.check(key, &value, &range);
        value
    }

    fn check<T: Value + PartialOrd>(&mut self, key: &'static str, value: &T, range: &RangeInclusive<T>) {
        if !range.contains(value) {
            let bounds = format!("write {} to {}", range.start().show(), range.end().show());
            self.trouble(key, format!("{} is out of range; {bounds}", value.show()));
        }
    }

    /// The value at `key`, if there is one; one outside `range` is a trouble.
    pub(super) fn optional_within<T>(&mut self, key: &'static str, range: RangeInclusive<T>) -> Option<T>
    where
        T: Value + PartialOrd,
    {
        let value = self.optional(key)?;
        self.check(key, &value, &range);
        Some(value)
    }

    /// The value at `key`, if there is one.
    pub(super) fn optional<T: Value>(&mut self, key: &'static str) -> Option<T> {
        match self.value(key) {
            Found::Right(value) => Some(value),
            Found::Absent => {
                self.notes.record::<T>(self.path(key), None, Source::Default);
                None
            }
            Found::Wrong => None,
        }
    }

    /// The value at `key`; its absence is a trouble. `right` says what to write.
    pub(super) fn required<T: Value>(&mut self, key: &'static str, right: &str) -> Option<T> {
        match self.value(key) {
            Found::Right(value) => Some(value),
            Found::Absent => {
                self.notes.record::<T>(self.path(key), None, Source::Default);
                self.trouble(key, format!("is missing; write {right}"));
                None
            }
            Found::Wrong => None,
        }
    }

    /// The file named at `key`, or `default`; relative to the directory of the configuration.
    pub(super) fn file(&mut self, key: &'static str, default: &str) -> PathBuf {
        let name = self.or(key, default.to_owned());
        self.notes.directory().join(name)
    }

    /// The file named at `key`, if there is one; relative to the directory of the configuration.
    pub(super) fn optional_file(&mut self, key: &'static str) -> Option<PathBuf> {
        let name: String = self.optional(key)?;
        Some(self.notes.directory().join(name))
    }

    /// The values of the list at `key`; none when it is absent.
    pub(super) fn list<T: Value>(&mut self, key: &'static str) -> Vec<T> {
        let (path, raw) = (self.path(key), self.take(key));
        let Some(raw) = raw else {
            self.notes.record_text(path, Some("[]".to_owned()), Source::Default);
            return Vec::new();
        };
        let Some(Toml::Array(elements)) = raw.toml().map(Cow::into_owned) else {
            self.trouble(key, format!(r#"{} is no list; write it like ["one", "two"]"#, raw.shown()));
            return Vec::new();
        };
        let elements: Vec<T> = elements
            .into_iter()
            .enumerate()
            .filter_map(|(at, element)| self.element(key, at, &Raw::File(element)))
            .collect();
        let shown: Vec<_> = elements.iter().map(Value::show).collect();
        self.notes.record_text(path, Some(format!("[{}]", shown.join(", "))), Source::Written);
        elements
    }

    /// The texts of the section at `key` by their free names. Their values are withheld from troubles and reports.
    pub(super) fn texts(&mut self, key: &'static str) -> BTreeMap<String, String> {
        let path = self.path(key);
        let table = self.table(key).unwrap_or_default();
        let source = if table.is_empty() { Source::Default } else { Source::Written };
        let mut texts = BTreeMap::new();
        for (name, value) in table {
            let raw = self.notes.raw(&format!("{path}.{name}"), value);
            match raw.text() {
                Some(text) => _ = texts.insert(name, text.into_owned()),
                None => self.notes.trouble(&format!("{path}.{name}"), "is no text; write it in quotes"),
            }
        }
        let names: Vec<_> = texts.keys().map(|name| format!("{name} = (withheld)")).collect();
        self.notes.record_text(path, Some(format!("{{{}}}", names.join(", "))), source);
        texts
    }

    /// Reads the section at `key`; an absent one as if it were empty.
    pub(super) fn section<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let (path, table) = (self.path(key), self.table(key).unwrap_or_default());
        inner(self.notes, path, table, read)
    }

    /// Reads the section at `key`, if there is one.
    pub(super) fn section_if_present<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> Option<T> {
        let (path, table) = (self.path(key), self.table(key)?);
        Some(inner(self.notes, path, table, read))
    }

    /// Reads each section below `key`, with the name that was chosen for it, in the order of their names.
    pub(super) fn named_sections<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&mut Section<'_>, &str) -> T,
    ) -> BTreeMap<String, T> {
        let path = self.path(key);
        let mut sections = BTreeMap::new();
        for (name, value) in self.table(key).unwrap_or_default() {
            let path = format!("{path}.{name}");
            let Toml::Table(table) = value else {
                let shown = self.notes.raw(&path, value).shown();
                self.notes.trouble(&path, format!("{shown} is no section; write [{path}] and its keys below"));
                continue;
            };
            let section = inner(self.notes, path, table, |section| read(section, &name));
            sections.insert(name, section);
        }
        sections
    }

    /// Reads each section of the list at `key`.
    pub(super) fn sections<T>(&mut self, key: &'static str, read: impl Fn(&mut Section<'_>) -> T) -> Vec<T> {
        let Some(raw) = self.take(key) else { return Vec::new() };
        let path = self.path(key);
        let sections = raw.toml().and_then(|value| value.into_owned().try_into::<Vec<Table>>().ok());
        let Some(sections) = sections else {
            self.notes.trouble(&path, format!("{} is no list of sections; write each as [[{path}]]", raw.shown()));
            return Vec::new();
        };
        let read_one = |(at, table)| inner(self.notes, format!("{path}[{at}]"), table, &read);
        sections.into_iter().enumerate().map(read_one).collect()
    }

    /// Whatever else stands here is no trouble: what it means is for a value to say that is wrong.
    pub(super) fn excuse_rest(&mut self) {
        self.table.clear();
    }

    /// Notes a trouble with the value at `key`.
    pub(super) fn trouble(&mut self, key: &str, text: impl Into<String>) {
        let path = self.path(key);
        self.notes.trouble(&path, text);
    }

    /// Notes a trouble with the section itself.
    pub(super) fn trouble_with_itself(&mut self, text: impl Into<String>) {
        let path = self.path.clone();
        self.notes.trouble(&path, text);
    }

    /// Notes a trouble at a path of another section.
    pub(super) fn trouble_elsewhere(&mut self, path: &str, text: impl Into<String>) {
        self.notes.trouble(path, text);
    }

    /// The value in force at `key`, as one would write it; of what has been read and is no secret.
    pub(super) fn shown(&self, key: &str) -> String {
        self.notes.shown(&self.path(key))
    }

    /// Whether `key`, which has been read, was written in the file or in a variable.
    pub(super) fn is_written(&self, key: &str) -> bool {
        self.notes.is_written(&self.path(key))
    }

    /// The directory of the configuration.
    pub(super) fn directory(&self) -> PathBuf {
        self.notes.directory().to_owned()
    }

    /// The whole path of `key`, as a configuration writes it.
    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn take(&mut self, key: &'static str) -> Option<Raw> {
        self.known.push(key);
        let value = self.table.remove(key)?;
        Some(self.notes.raw(&self.path(key), value))
    }

    fn table(&mut self, key: &'static str) -> Option<Table> {
        let raw = self.take(key)?;
        if let Some(Toml::Table(table)) = raw.toml().map(Cow::into_owned) {
            return Some(table);
        }
        let path = self.path(key);
        self.notes.trouble(&path, format!("{} is no section; write [{path}] and its keys below", raw.shown()));
        None
    }

    fn value<T: Value>(&mut self, key: &'static str) -> Found<T> {
        let Some(raw) = self.take(key) else { return Found::Absent };
        let path = self.path(key);
        match T::read(&raw) {
            Ok(value) => {
                self.notes.record(path, Some(&value), Source::Written);
                Found::Right(value)
            }
            Err(text) => {
                let shown = if T::SECRET { "the value".to_owned() } else { raw.shown() };
                self.notes.record::<T>(path.clone(), None, Source::Written);
                self.notes.trouble(&path, format!("{shown} {text}"));
                Found::Wrong
            }
        }
    }

    fn element<T: Value>(&mut self, key: &str, at: usize, raw: &Raw) -> Option<T> {
        T::read(raw).map_err(|text| self.trouble(&format!("{key}[{at}]"), format!("{} {text}", raw.shown()))).ok()
    }
}

fn inner<T>(notes: &mut Notes, path: String, table: Table, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
    let mut section = Section { notes, path, table, known: Vec::new() };
    let value = read(&mut section);
    let unknown: Vec<_> = section.table.keys().map(|key| (section.path(key), key.clone())).collect();
    for (path, key) in unknown {
        section.notes.unknown(path, key, section.known.clone());
    }
    value
}
