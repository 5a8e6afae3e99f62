//! What the templates of a call are filled in with: of a message, and of samples that are as hostile as they come.

use std::{borrow::Cow, collections::BTreeMap};

use minijinja::Value as Filling;

/// Every name that a template can read.
pub const NAMES: [&str; 11] = [
    "address",
    "digits",
    "message",
    "subject",
    "html",
    "channel",
    "kind",
    "account",
    "transmission",
    "language",
    "secret",
];

/// The values behind the names.
#[derive(Clone)]
pub struct Values<'a> {
    /// Where it goes: E.164, or a mailbox.
    pub address: &'a str,
    /// The text.
    pub message: &'a str,
    /// The subject of a mail.
    pub subject: &'a str,
    /// The text as HTML; empty where there is none.
    pub html: &'a str,
    /// `sms` or `email`.
    pub channel: &'a str,
    /// `tan` or `notice`.
    pub kind: &'a str,
    /// Whose message it is.
    pub account: &'a str,
    /// Which sending this is.
    pub transmission: &'a str,
    /// The language of the text.
    pub language: Cow<'a, str>,
    /// What proves this service to the gateway; empty where there is none.
    pub secret: &'a str,
}

impl Values<'_> {
    pub(super) fn filling(&self) -> Filling {
        let values = [
            self.address,
            self.address.strip_prefix('+').unwrap_or(self.address),
            self.message,
            self.subject,
            self.html,
            self.channel,
            self.kind,
            self.account,
            self.transmission,
            &self.language,
            self.secret,
        ];
        Filling::from(NAMES.into_iter().zip(values.map(Filling::from)).collect::<BTreeMap<_, _>>())
    }
}

/// Messages of every kind that a template can ask about, with these languages beside another one, and with what breaks a
/// careless text: quotes, backslashes, line breaks, marks of markup and of templates, and characters beyond the first plane.
pub(super) fn samples(languages: &[&str]) -> Vec<Values<'static>> {
    const MESSAGE: &str = "\"Bank\" \\ 'O\u{2028}\n\t😀 ]]> </a>&amp; %41 {{ x }} {% y\n@bank.example #12345678";
    let mut samples = Vec::new();
    let languages = || languages.iter().map(|language| (*language).to_owned()).chain(["other".to_owned()]);
    for (channel, address) in [("sms", "+41791234567"), ("email", "o'neil+a&b%c=d/e?f#g@example.com")] {
        for (kind, subject) in [("tan", ""), ("tan", "\"ö\" \\ 😀 <&>'"), ("notice", ""), ("notice", "\\\"x")] {
            for html in ["", "<p class=\"a\">😀\n'\\ &amp;</p>"] {
                samples.extend(languages().map(|language| Values {
                    address,
                    message: MESSAGE,
                    subject,
                    html,
                    channel,
                    kind,
                    account: "a.b-c_d~e",
                    transmission: "018f4a5e-0000-7000-8000-000000000000",
                    language: Cow::Owned(language),
                    secret: "s\"e\\c'r&e<t =?/#ü",
                }));
            }
        }
    }
    samples
}
