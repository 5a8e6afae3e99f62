//! Every language, and the choice between them.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use super::{
    check,
    flaw::{CatalogError, Flaw, RenderError},
    notice::NoticeMessage,
    phrase::Phrase,
    shipped,
    source::Sources,
    speech::{Speech, Templates},
    tan::TanMessage,
    text::Text,
};
use crate::domain::{channel::Channel, language::Language};

/// How each language says things. A message comes in a language that the catalog [speaks](Self::speaks); any other is said
/// in the default one.
pub struct Catalog {
    speeches: BTreeMap<String, Speech>,
    default: Language,
}

impl Catalog {
    /// The shipped templates, over them the files of `directory`, which has a directory for each language that it changes or
    /// adds: `de/tan-sms.txt`. A region of a language (`de-ch`) has what the language has where it says nothing itself; a
    /// language that is not there has to be complete. The error has everything that is wrong.
    pub fn load(directory: Option<&Path>, default: &Language) -> Result<Self, CatalogError> {
        let (shipped, mut flaws) = (&SHIPPED.0, SHIPPED.1.clone());
        let operators = directory.map_or_else(BTreeMap::new, |directory| overlaid(shipped, directory, &mut flaws));
        let speeches = speeches(shipped, &compiled(operators, &mut flaws));
        let catalog = Self { speeches, default: default.clone() };
        let overlaid = catalog.speeches.values().filter(|speech| !speech.is_as_shipped());
        flaws.extend(overlaid.flat_map(check::usual_flaws));
        if catalog.speaks(default).is_none() {
            let known: Vec<&str> = catalog.languages().map(Language::as_str).collect();
            let trouble = format!("there is no such language; there are {}", known.join(", "));
            flaws.push(Flaw::new(&format!("message.language {default}"), None, trouble));
        }
        if flaws.is_empty() { Ok(catalog) } else { Err(CatalogError(flaws)) }
    }

    /// The language in which a customer of that language is told things: his own, or what it is a region of (`de` for
    /// `de-ch`); `None`: there is none.
    #[must_use]
    pub fn speaks(&self, language: &Language) -> Option<Language> {
        ancestry(language.as_str()).find_map(|tag| self.speeches.get(tag)).map(|speech| speech.language.clone())
    }

    /// The first of these languages that is [spoken](Self::speaks), or the default one.
    #[must_use]
    pub fn choose<'a>(&self, wanted: impl IntoIterator<Item = &'a Language>) -> Language {
        let spoken = wanted.into_iter().find_map(|language| self.speaks(language));
        spoken.or_else(|| self.speaks(&self.default)).unwrap_or_else(|| self.default.clone())
    }

    /// Every language, in the order of the tags.
    pub fn languages(&self) -> impl Iterator<Item = &Language> {
        self.speeches.values().map(|speech| &speech.language)
    }

    /// The message with a TAN for that channel.
    pub fn tan(&self, language: &Language, channel: Channel, message: &TanMessage<'_>) -> Result<Text, RenderError> {
        let speech = self.speech(language)?;
        if channel == Channel::Sms { message.sms(speech) } else { message.mail(speech) }
    }

    /// The notice for that channel.
    pub fn notice(
        &self,
        language: &Language,
        channel: Channel,
        message: &NoticeMessage<'_>,
    ) -> Result<Text, RenderError> {
        let speech = self.speech(language)?;
        if channel == Channel::Sms { message.sms(speech) } else { message.mail(speech) }
    }

    /// A phrase. One that no template makes is empty, and refused by whoever would show it for approval.
    #[must_use]
    pub fn phrase(&self, language: &Language, phrase: &Phrase<'_>) -> String {
        let said = self.speech(language).and_then(|speech| speech.text(phrase.name(), &phrase.filling(), |_| None));
        said.unwrap_or_default()
    }

    /// How each language says things.
    pub(super) fn speeches(&self) -> impl Iterator<Item = &Speech> {
        self.speeches.values()
    }

    fn speech(&self, language: &Language) -> Result<&Speech, RenderError> {
        let languages = [language, &self.default];
        let mut tags = languages.into_iter().flat_map(|language| ancestry(language.as_str()));
        tags.find_map(|tag| self.speeches.get(tag)).ok_or(RenderError)
    }
}

/// A tag, and what it is a region of, the nearest first: `de-ch-1996`, `de-ch`, `de`.
fn ancestry(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag), |tag| tag.rsplit_once('-').map(|(wider, _)| wider))
}

/// Templates by the tags of their languages.
type ByTag = BTreeMap<String, Arc<Templates>>;

/// What is shipped, and what is wrong with it: the same for every catalog of a process.
static SHIPPED: LazyLock<(ByTag, Vec<Flaw>)> = LazyLock::new(|| {
    let mut flaws = Vec::new();
    (compiled(shipped_sources(&mut flaws), &mut flaws), flaws)
});

fn shipped_sources(flaws: &mut Vec<Flaw>) -> BTreeMap<String, Sources> {
    let mut all = BTreeMap::new();
    for shipped in &shipped::LANGUAGES {
        let mut sources = Sources::default();
        for (name, text) in shipped.files() {
            let path = format!("{}/{name} (shipped)", shipped.tag);
            flaws.extend(sources.lay(name, &path, text).err().unwrap_or_default());
        }
        all.insert(shipped.tag.to_owned(), sources);
    }
    all
}

fn compiled(all: BTreeMap<String, Sources>, flaws: &mut Vec<Flaw>) -> ByTag {
    let mut compiled = BTreeMap::new();
    for (tag, sources) in all {
        match sources.compile() {
            Ok(engine) => _ = compiled.insert(tag, Arc::new(Templates { engine, sources })),
            Err(wrong) => flaws.extend(wrong),
        }
    }
    compiled
}

/// Each language: an operator's templates, or those that are shipped, and what is shipped behind them.
fn speeches(shipped: &ByTag, operators: &ByTag) -> BTreeMap<String, Speech> {
    let first = shipped::LANGUAGES.first().map(|first| first.tag);
    let behind = |tag: &str| ancestry(tag).chain(first).find_map(|tag| shipped.get(tag)).cloned();
    let speech = |(tag, templates): (&String, &Arc<Templates>)| {
        let (language, shipped) = (Language::parse(tag)?, behind(tag)?);
        Some((tag.clone(), Speech { language, templates: Arc::clone(templates), shipped }))
    };
    shipped.iter().chain(operators).filter_map(speech).collect()
}

/// An operator's languages: his files, over what is shipped.
fn overlaid(shipped: &ByTag, directory: &Path, flaws: &mut Vec<Flaw>) -> BTreeMap<String, Sources> {
    let mut all: BTreeMap<String, Sources> = BTreeMap::new();
    for (language, path) in languages(directory, flaws) {
        let tag = language.as_str();
        let wider = ancestry(tag).find_map(|tag| all.get(tag).or_else(|| Some(&shipped.get(tag)?.sources))).cloned();
        let mut laid = wider.unwrap_or_default();
        flaws.extend(laid_over(&mut laid, &path).err().unwrap_or_default());
        let missing = laid.missing();
        if missing.is_empty() {
            all.insert(tag.to_owned(), laid);
            continue;
        }
        let trouble = format!("is a language that is not shipped and has to be complete; add {}", missing.join(", "));
        flaws.push(Flaw::new(&path.display().to_string(), None, trouble));
    }
    all
}

/// The directories of languages in `directory`, `de` before `de-ch`, which has what it has.
fn languages(directory: &Path, flaws: &mut Vec<Flaw>) -> Vec<(Language, PathBuf)> {
    let paths = listed(directory).unwrap_or_else(|wrong| {
        flaws.extend(wrong);
        Vec::new()
    });
    let mut languages = Vec::new();
    for path in paths.into_iter().filter(|path| path.is_dir()) {
        match path.file_name().and_then(|name| Language::parse(name.to_str()?)) {
            Some(language) => languages.push((language, path)),
            None => {
                flaws.push(Flaw::new(&path.display().to_string(), None, "is no language; name it like de or de-ch"));
            }
        }
    }
    languages.sort_by_key(|(language, _)| language.as_str().len());
    languages
}

fn laid_over(sources: &mut Sources, directory: &Path) -> Result<(), Vec<Flaw>> {
    let mut flaws = Vec::new();
    for path in listed(directory)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let laid = match fs::read_to_string(&path) {
            Ok(text) => sources.lay(&name, &path.display().to_string(), &text),
            Err(error) => Err(vec![unreadable(&path, &error)]),
        };
        flaws.extend(laid.err().unwrap_or_default());
    }
    if flaws.is_empty() { Ok(()) } else { Err(flaws) }
}

/// What is in a directory, by name; without what is hidden.
fn listed(directory: &Path) -> Result<Vec<PathBuf>, Vec<Flaw>> {
    let entries = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| vec![unreadable(directory, &error)])?;
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(|path| !hidden(path)).collect();
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path, error: &io::Error) -> Flaw {
    Flaw::new(&path.display().to_string(), None, format!("cannot be read: {error}"))
}
