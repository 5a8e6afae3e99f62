//! The messages that carry a TAN.
//!
//! An SMS takes as few segments as it can with the least loss: the whole summary, the shorter one of whoever made it, and
//! each of them with payment addresses brought down to their accounts. The TAN, an amount and a payee are never cut; what
//! needs two segments then takes two.

use minijinja::{Value, context};

use super::{
    engine::SLOT,
    flaw::RenderError,
    gsm::{Alphabet, Measure},
    part::Part,
    speech::Speech,
    text::{self, Body, Letterhead, Text},
    typography,
};
use crate::domain::summary::by_account;

/// What a TAN is for.
#[derive(Clone, Copy)]
pub enum About<'a> {
    /// It approves an operation.
    Operation {
        /// All that is shown of it.
        summary: &'a str,
        /// The same in fewer words, with amount and payee, by whoever made the summary.
        brief: Option<&'a str>,
    },
    /// It proves the address that it goes to.
    Address,
    /// Nothing that would be shown.
    Nothing,
}

/// What a message with a TAN says. No `Debug`.
#[derive(Clone, Copy)]
pub struct TanMessage<'a> {
    /// Whose it is.
    pub letterhead: Letterhead<'a>,
    /// The digits.
    pub tan: &'a str,
    /// What they are for.
    pub about: About<'a>,
    /// How long they count, in minutes.
    pub minutes: u64,
}

impl TanMessage<'_> {
    /// The SMS.
    pub(super) fn sms(&self, speech: &Speech) -> Result<Text, RenderError> {
        let mut best: Option<(Body, Measure)> = None;
        for summary in self.summaries() {
            let (body, measure) = self.fitted(&self.slotted_sms(speech, summary.as_deref())?);
            let is_less = best.as_ref().is_none_or(|(_, least)| measure.segments < least.segments);
            if is_less {
                best = Some((body, measure));
            }
            if measure.segments <= 1 {
                break;
            }
        }
        let (plain, measure) = best.ok_or(RenderError)?;
        Ok(Text { subject: String::new(), plain, html: None, measure: Some(measure) })
    }

    /// The mail.
    pub(super) fn mail(&self, speech: &Speech) -> Result<Text, RenderError> {
        let summary = self.summaries().into_iter().next().flatten();
        let subject = speech.text(Part::TanSubject.file(), &self.subject_filling(speech), |_| None)?;
        let mut plain = self.slotted(speech, Part::TanPlain, summary.as_deref())?;
        if text::runs_on(&plain, self.tan.len()) {
            plain = format!("{plain}\n{}", text::last_line());
        }
        let mut page = self.slotted(speech, Part::TanHtml, summary.as_deref())?;
        if text::runs_on(&page, self.tan.len()) {
            page = with_last_paragraph(&page);
        }
        let (plain, html) = (Body::filled(&plain, self.tan), Some(Body::filled(&page, self.tan)));
        Ok(Text { subject: text::subject(&subject), plain, html, measure: None })
    }

    /// What may be shown of the operation, the least loss first.
    fn summaries(&self) -> Vec<Option<String>> {
        let About::Operation { summary, brief } = self.about else { return vec![None] };
        let written = [Some(summary), brief].into_iter().flatten();
        let shorter = written.clone().map(by_account);
        let mut all: Vec<Option<String>> = written.map(str::to_owned).chain(shorter).map(Some).collect();
        all.dedup();
        all
    }

    /// Origin-bound one-time codes: the last line of an SMS is `@host #TAN`, and nothing else in it can be. Where there is no
    /// such line the TAN stands last as well, if something else could be taken for it: whoever looks for such a run, from
    /// either end, finds the TAN.
    fn slotted_sms(&self, speech: &Speech, summary: Option<&str>) -> Result<String, RenderError> {
        let slotted = self.slotted(speech, Part::TanSms, summary)?;
        Ok(match self.letterhead.host {
            Some(host) => format!("{slotted}\n@{host} #{SLOT}"),
            None if text::runs_on(&slotted, self.tan.len()) => format!("{slotted}\n{}", text::last_line()),
            None => slotted,
        })
    }

    fn fitted(&self, slotted: &str) -> (Body, Measure) {
        if let Some(plain) = typography::in_gsm(slotted) {
            let body = Body::filled(&plain, self.tan);
            let measure = Measure::of(body.reveal());
            if measure.alphabet == Alphabet::Gsm7 {
                return (body, measure);
            }
        }
        let body = Body::filled(slotted, self.tan);
        let measure = Measure::of(body.reveal());
        (body, measure)
    }

    fn slotted(&self, speech: &Speech, part: Part, summary: Option<&str>) -> Result<String, RenderError> {
        let shown = summary.map(|summary| text::as_shown(part.file(), summary));
        let objection = |text: &str| {
            if !text.contains(SLOT) {
                return Some("it has no TAN in it");
            }
            let is_shown = shown.as_ref().is_none_or(|shown| text.contains(shown));
            (!is_shown).then_some("it does not show what the TAN approves")
        };
        speech.text(part.file(), &self.filling(speech, summary), objection)
    }

    /// What a template reads; the TAN is a [`SLOT`] there.
    pub(super) fn filling(&self, speech: &Speech, summary: Option<&str>) -> Value {
        context! {
            bank => self.letterhead.shown_bank(),
            contact => self.letterhead.shown_contact(),
            language => speech.language.as_str(),
            tan => SLOT.to_string(),
            summary,
            confirms_address => matches!(self.about, About::Address),
            minutes => self.minutes,
        }
    }

    pub(super) fn subject_filling(&self, speech: &Speech) -> Value {
        context! { bank => self.letterhead.shown_bank(), language => speech.language.as_str() }
    }
}

/// A page with the TAN once more at its end.
fn with_last_paragraph(page: &str) -> String {
    let last = format!("<p>{}</p>\n", text::last_line());
    match page.rfind("</body>") {
        Some(at) => format!("{}{last}{}", page.get(..at).unwrap_or_default(), page.get(at..).unwrap_or_default()),
        None => format!("{page}\n{last}"),
    }
}
