//! The templates that come with the program, compiled into it: a lone binary speaks every shipped language.

use super::part::{PHRASES, Part};

/// The files of one language, as they stand in `config/messages`.
pub(super) struct Shipped {
    /// The tag, which is the name of the directory.
    pub(super) tag: &'static str,
    texts: [&'static str; 8],
    phrases: &'static str,
}

impl Shipped {
    /// Each file of the language: its name, and its text.
    pub(super) fn files(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        Part::ALL.into_iter().map(Part::file).zip(self.texts).chain([(PHRASES, self.phrases)])
    }
}

macro_rules! shipped {
    ($tag:literal) => {
        Shipped {
            tag: $tag,
            texts: [
                include_str!(concat!("../../config/messages/", $tag, "/tan-sms.txt")),
                include_str!(concat!("../../config/messages/", $tag, "/tan-email-subject.txt")),
                include_str!(concat!("../../config/messages/", $tag, "/tan-email.txt")),
                include_str!(concat!("../../config/messages/", $tag, "/tan-email.html")),
                include_str!(concat!("../../config/messages/", $tag, "/notice-sms.txt")),
                include_str!(concat!("../../config/messages/", $tag, "/notice-email-subject.txt")),
                include_str!(concat!("../../config/messages/", $tag, "/notice-email.txt")),
                include_str!(concat!("../../config/messages/", $tag, "/notice-email.html")),
            ],
            phrases: include_str!(concat!("../../config/messages/", $tag, "/phrases.toml")),
        }
    };
}

/// Every shipped language; the first speaks where an operator's language has nothing of its own to fall back to.
pub(super) const LANGUAGES: [Shipped; 5] =
    [shipped!("en"), shipped!("de"), shipped!("fr"), shipped!("es"), shipped!("it")];
