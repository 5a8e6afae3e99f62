//! The files of a language, and what each template may read.

/// What a template of a message with a TAN may read. `summary` and `contact` may be none.
const OF_TANS: &[&str] = &["bank", "contact", "language", "tan", "summary", "confirms_address", "minutes"];
/// What one of a notice may read. `contact` may be none.
const OF_NOTICES: &[&str] = &["bank", "contact", "language", "phrase", "reference"];
/// A subject is seen by others than the customer: neither a TAN nor what it approves.
const OF_SUBJECTS: &[&str] = &["bank", "language"];

/// The file with the sentences of a language.
pub(super) const PHRASES: &str = "phrases.toml";

/// A template with a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    TanSms,
    TanSubject,
    TanPlain,
    TanHtml,
    NoticeSms,
    NoticeSubject,
    NoticePlain,
    NoticeHtml,
}

impl Part {
    pub(super) const ALL: [Self; 8] = [
        Self::TanSms,
        Self::TanSubject,
        Self::TanPlain,
        Self::TanHtml,
        Self::NoticeSms,
        Self::NoticeSubject,
        Self::NoticePlain,
        Self::NoticeHtml,
    ];

    /// The name of its file, which is the name of the template too.
    pub(super) const fn file(self) -> &'static str {
        match self {
            Self::TanSms => "tan-sms.txt",
            Self::TanSubject => "tan-email-subject.txt",
            Self::TanPlain => "tan-email.txt",
            Self::TanHtml => "tan-email.html",
            Self::NoticeSms => "notice-sms.txt",
            Self::NoticeSubject => "notice-email-subject.txt",
            Self::NoticePlain => "notice-email.txt",
            Self::NoticeHtml => "notice-email.html",
        }
    }

    pub(super) const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::TanSubject | Self::NoticeSubject => OF_SUBJECTS,
            Self::TanSms | Self::TanPlain | Self::TanHtml => OF_TANS,
            Self::NoticeSms | Self::NoticePlain | Self::NoticeHtml => OF_NOTICES,
        }
    }
}
