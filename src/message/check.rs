//! Whether templates say what they must, tried out: with what customers and strangers may write, and worse. An operator's own
//! are tried at the start, so that a broken one stops the service before a customer meets it; `tanager check-config` tries
//! all of them under the bank's own name, and counts segments.

mod samples;

use minijinja::Value;

use self::samples::Sample;
use super::{
    catalog::Catalog,
    engine::{self, SLOT},
    flaw::{CatalogError, Flaw},
    gsm::Measure,
    notice::NoticeMessage,
    part::{PHRASES, Part},
    phrase,
    speech::Speech,
    tan::{About, TanMessage},
    text::{self, Letterhead},
};
use crate::domain::{language::Language, notice::NoticeKind, summary::Summary};

/// What an SMS with a TAN takes in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The language.
    pub language: Language,
    /// Without a summary.
    pub bare: Measure,
    /// With the summary of a usual transfer.
    pub usual: Measure,
    /// With a summary of 140 letters.
    pub longest: Measure,
}

/// What came of trying every template.
#[derive(Debug, PartialEq, Eq)]
pub struct Examination {
    /// What is wrong.
    pub flaws: Vec<Flaw>,
    /// Each language's figures.
    pub figures: Vec<Figures>,
}

impl Examination {
    /// Each language's figures, if nothing is wrong.
    pub fn figures(self) -> Result<Vec<Figures>, CatalogError> {
        if self.flaws.is_empty() { Ok(self.figures) } else { Err(CatalogError(self.flaws)) }
    }
}

impl Catalog {
    /// Tries every template of every language: under this letterhead, and under hostile ones. TANs have so many digits, and
    /// count for so many minutes.
    #[must_use]
    pub fn examine(&self, letterhead: &Letterhead<'_>, digits: u8, minutes: u64) -> Examination {
        let hostile = [*letterhead, samples::hostile(letterhead)];
        let flaws = self.speeches().flat_map(|speech| flaws(speech, &hostile)).collect();
        let tan = samples::tan(usize::from(digits));
        let about = |about| TanMessage { letterhead: *letterhead, tan, about, minutes };
        Examination { flaws, figures: self.speeches().filter_map(|speech| figures(speech, about)).collect() }
    }
}

fn figures<'a>(speech: &Speech, message: impl Fn(About<'a>) -> TanMessage<'a>) -> Option<Figures> {
    let measured = |about| message(about).sms(speech).ok()?.measure;
    Some(Figures {
        language: speech.language.clone(),
        bare: measured(About::Nothing)?,
        usual: measured(About::Operation { summary: samples::USUAL, brief: None })?,
        longest: measured(About::Operation { summary: samples::LONGEST, brief: None })?,
    })
}

/// What is wrong with the templates of a language, under usual letterheads.
pub(super) fn usual_flaws(speech: &Speech) -> Vec<Flaw> {
    flaws(speech, &samples::USUAL_LETTERHEADS)
}

fn flaws(speech: &Speech, letterheads: &[Letterhead<'_>]) -> Vec<Flaw> {
    let mut flaws: Vec<Flaw> = phrase::names().filter_map(|name| phrase_flaw(speech, &name)).collect();
    if flaws.is_empty() {
        for letterhead in letterheads {
            flaws.extend(Part::ALL.into_iter().filter_map(|part| part_flaw(speech, part, letterhead)));
        }
    }
    flaws.dedup();
    flaws
}

/// The first thing that is wrong with a template.
fn part_flaw(speech: &Speech, part: Part, letterhead: &Letterhead<'_>) -> Option<Flaw> {
    match part {
        Part::TanSms | Part::TanPlain | Part::TanHtml => samples::all().iter().find_map(|sample| {
            let message = sample.message(*letterhead);
            let filling = message.filling(speech, sample.summary.as_deref());
            tried(speech, part.file(), filling, |text| without_tan(part, text, &message, sample))
        }),
        Part::TanSubject => {
            let sample = Sample::default();
            let message = sample.message(*letterhead);
            tried(speech, part.file(), message.subject_filling(speech), no_subject)
        }
        Part::NoticeSubject => {
            let notice = notice(*letterhead, NoticeKind::Blocked);
            tried(speech, part.file(), notice.subject_filling(speech), no_subject)
        }
        Part::NoticeSms | Part::NoticePlain | Part::NoticeHtml => NoticeKind::ALL.iter().find_map(|kind| {
            let notice = notice(*letterhead, *kind);
            let phrase = said(speech, &phrase::of_notice(*kind), Value::from(())).ok()?;
            let shows = [letterhead.shown_bank(), phrase.clone(), notice.reference.to_owned()];
            tried(speech, part.file(), notice.filling(speech, &phrase), |text| lacking(part, text, &shows))
        }),
    }
}

fn notice(letterhead: Letterhead<'_>, kind: NoticeKind) -> NoticeMessage<'_> {
    NoticeMessage { letterhead, kind, reference: "K7QD-2MXA" }
}

/// A phrase shows what it reads, and is one line of what may be shown.
fn phrase_flaw(speech: &Speech, name: &str) -> Option<Flaw> {
    let filling = samples::phrase_filling();
    let shown = phrase::variables(name).unwrap_or_default().iter().filter_map(|variable| samples::shown(variable));
    let shown: Vec<&str> = shown.collect();
    tried(speech, name, filling, |text| {
        if let Some(missing) = shown.iter().find(|shown| !text.contains(**shown)) {
            return Some(format!("{name} does not show all that it says: {missing:?} is missing"));
        }
        let is_shown = Summary::of(text).is_ok_and(|summary| summary.as_str() == text);
        (!is_shown).then(|| format!("{name} is no line of at most 140 characters with a usual content"))
    })
}

/// What is wrong with a text that carries a TAN.
fn without_tan(part: Part, text: &str, message: &TanMessage<'_>, sample: &Sample) -> Option<String> {
    let (before, behind) = text.split_once(SLOT)?;
    let minutes = message.minutes.to_string();
    let shows = [Some(message.letterhead.shown_bank()), sample.summary.clone(), Some(minutes)];
    if text::has_run(before, message.tan.len()) {
        return Some("has as many digits in a row before the TAN as the TAN has".to_owned());
    }
    if before.ends_with(|c: char| c.is_ascii_digit()) || behind.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("has a digit beside the TAN".to_owned());
    }
    lacking(part, text, &shows.into_iter().flatten().collect::<Vec<_>>())
}

/// What a text does not show, or shows that it must not.
fn lacking(part: Part, text: &str, shows: &[String]) -> Option<String> {
    if let Some(missing) = shows.iter().find(|shown| !text.contains(&text::as_shown(part.file(), shown))) {
        return Some(format!("does not show {missing:?} where it is to be shown"));
    }
    let reads_as_origin = text.split_once('@').is_some_and(|(_, behind)| behind.contains('#'));
    let is_page = engine::is_html(part.file());
    (reads_as_origin && !is_page)
        .then(|| "has an '@' and a '#' behind it, which reads as the line that binds a TAN to an origin".to_owned())
}

fn no_subject(text: &str) -> Option<String> {
    (text.trim().is_empty() || text.trim().contains('\n')).then(|| "is no line of a subject".to_owned())
}

/// Renders a template of those in force, and judges the text.
fn tried(speech: &Speech, name: &str, filling: Value, wrong: impl FnOnce(&str) -> Option<String>) -> Option<Flaw> {
    let file = speech.templates.sources.file(name);
    match said(speech, name, filling) {
        Err(flaw) => Some(flaw),
        Ok(text) if is_with_tan(name) && !text.contains(SLOT) => Some(Flaw::new(file, None, "has no TAN in it")),
        Ok(text) => wrong(&text).map(|trouble| Flaw::new(file, None, trouble)),
    }
}

fn is_with_tan(name: &str) -> bool {
    [Part::TanSms, Part::TanPlain, Part::TanHtml].map(Part::file).contains(&name)
}

fn said(speech: &Speech, name: &str, filling: Value) -> Result<String, Flaw> {
    let templates = &speech.templates;
    templates.engine.render(name, filling).map_err(|error| {
        let mut wrong = engine::wrong(&error);
        if phrase::variables(name).is_some() {
            wrong.trouble = format!("{name} in {PHRASES} {}", wrong.trouble);
        }
        wrong.line = templates.sources.line(name, wrong.line);
        Flaw::of(templates.sources.file(name), wrong)
    })
}
