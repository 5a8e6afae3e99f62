//! The messages that tell of something, without a TAN.

use minijinja::{Value, context};

use super::{
    flaw::RenderError,
    gsm::Measure,
    part::Part,
    phrase,
    speech::Speech,
    text::{self, Body, Letterhead, Text},
    typography,
};
use crate::domain::notice::NoticeKind;

/// What a notice says.
#[derive(Clone, Copy, Debug)]
pub struct NoticeMessage<'a> {
    /// Whose it is.
    pub letterhead: Letterhead<'a>,
    /// What about.
    pub kind: NoticeKind,
    /// What the customer tells the bank when he calls about it.
    pub reference: &'a str,
}

impl NoticeMessage<'_> {
    /// The SMS.
    pub(super) fn sms(&self, speech: &Speech) -> Result<Text, RenderError> {
        let written = self.written(speech, Part::NoticeSms)?;
        let plain = typography::in_gsm(&written).unwrap_or(written);
        let measure = Some(Measure::of(&plain));
        Ok(Text { subject: String::new(), plain: Body::filled(&plain, ""), html: None, measure })
    }

    /// The mail.
    pub(super) fn mail(&self, speech: &Speech) -> Result<Text, RenderError> {
        let subject = speech.text(Part::NoticeSubject.file(), &self.subject_filling(speech), |_| None)?;
        let plain = Body::filled(&self.written(speech, Part::NoticePlain)?, "");
        let html = Some(Body::filled(&self.written(speech, Part::NoticeHtml)?, ""));
        Ok(Text { subject: text::subject(&subject), plain, html, measure: None })
    }

    pub(super) fn subject_filling(&self, speech: &Speech) -> Value {
        context! { bank => self.letterhead.shown_bank(), language => speech.language.as_str() }
    }

    fn written(&self, speech: &Speech, part: Part) -> Result<String, RenderError> {
        let phrase = speech.text(&phrase::of_notice(self.kind), &context! {}, |_| None)?;
        let shown = text::as_shown(part.file(), self.reference);
        let objection = |text: &str| (!text.contains(&shown)).then_some("it does not show the reference");
        speech.text(part.file(), &self.filling(speech, &phrase), objection)
    }

    /// What a template reads.
    pub(super) fn filling(&self, speech: &Speech, phrase: &str) -> Value {
        context! {
            bank => self.letterhead.shown_bank(),
            contact => self.letterhead.shown_contact(),
            language => speech.language.as_str(),
            phrase,
            reference => self.reference,
        }
    }
}
