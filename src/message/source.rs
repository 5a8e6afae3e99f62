//! The templates of one language as they were written: which file has each, and on which line it begins.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::{
    engine::Engine,
    flaw::Flaw,
    part::{PHRASES, Part},
    phrase,
};

/// One template as it was written.
#[derive(Clone)]
struct Written {
    file: String,
    /// Lines of the file before it.
    before: usize,
    text: String,
}

/// The templates of one language by their names, with whatever lies over them.
#[derive(Clone, Default)]
pub(super) struct Sources(BTreeMap<String, Written>);

impl Sources {
    /// Lays a file of that name over what is there. `path` is what a flaw says.
    pub(super) fn lay(&mut self, name: &str, path: &str, text: &str) -> Result<(), Vec<Flaw>> {
        let text = text.replace("\r\n", "\n");
        if name == PHRASES {
            return self.lay_phrases(path, &text);
        }
        let Some(part) = Part::ALL.into_iter().find(|part| part.file() == name) else {
            let names: Vec<&str> = Part::ALL.into_iter().map(Part::file).chain([PHRASES]).collect();
            let trouble = format!("is no message's template; there are {}", names.join(", "));
            return Err(vec![Flaw::new(path, None, trouble)]);
        };
        self.0.insert(part.file().to_owned(), Written { file: path.to_owned(), before: 0, text });
        Ok(())
    }

    fn lay_phrases(&mut self, path: &str, text: &str) -> Result<(), Vec<Flaw>> {
        let before = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count();
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map(|span| before(span.start) + 1);
            vec![Flaw::new(path, line, format!("is no TOML: {}", error.message()))]
        })?;
        let mut flaws = Vec::new();
        for (section, entries) in table.get_ref() {
            let DeValue::Table(entries) = entries.get_ref() else {
                let line = Some(before(section.span().start) + 1);
                flaws.push(Flaw::new(path, line, format!("{:?} is no section", section.get_ref())));
                continue;
            };
            for (key, value) in entries {
                let (name, at) = (format!("{}.{}", section.get_ref(), key.get_ref()), key.span().start);
                match (phrase::variables(&name), value.get_ref()) {
                    (Some(_), DeValue::String(text)) => {
                        let written = Written { file: path.to_owned(), before: before(at), text: text.to_string() };
                        self.0.insert(name, written);
                    }
                    (Some(_), _) => flaws.push(Flaw::new(path, Some(before(at) + 1), format!("{name} is no text"))),
                    (None, _) => {
                        flaws.push(Flaw::new(path, Some(before(at) + 1), format!("{name} is not known here")));
                    }
                }
            }
        }
        if flaws.is_empty() { Ok(()) } else { Err(flaws) }
    }

    /// What is not there: files, or keys of the phrases.
    pub(super) fn missing(&self) -> Vec<String> {
        let files = Part::ALL.into_iter().map(|part| (part.file().to_owned(), part.file().to_owned()));
        let phrases = phrase::names().map(|name| (format!("{name} in {PHRASES}"), name));
        files.chain(phrases).filter(|(_, name)| !self.0.contains_key(name)).map(|(shown, _)| shown).collect()
    }

    /// The templates, checked one by one.
    pub(super) fn compile(&self) -> Result<Engine, Vec<Flaw>> {
        let (mut engine, mut flaws) = (Engine::new(), Vec::new());
        for (name, written) in &self.0 {
            if let Err(mut wrong) = engine.add(name, &written.text, variables(name)) {
                wrong.line = self.line(name, wrong.line);
                wrong.trouble =
                    if phrase::variables(name).is_some() { format!("{name} {}", wrong.trouble) } else { wrong.trouble };
                flaws.push(Flaw::of(&written.file, wrong));
            }
        }
        if flaws.is_empty() { Ok(engine) } else { Err(flaws) }
    }

    /// The line of the file, for one of the template of that name; of a phrase at least the line on which it stands.
    pub(super) fn line(&self, name: &str, line: Option<usize>) -> Option<usize> {
        let before = self.0.get(name).map_or(0, |written| written.before);
        line.map(|line| line + before).or_else(|| phrase::variables(name).map(|_| before + 1))
    }

    /// The file that has the template of that name.
    pub(super) fn file<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, |written| written.file.as_str())
    }
}

fn variables(name: &str) -> &'static [&'static str] {
    let part = Part::ALL.into_iter().find(|part| part.file() == name).map(Part::variables);
    part.or_else(|| phrase::variables(name)).unwrap_or_default()
}
