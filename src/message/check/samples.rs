//! What customers and strangers may write, and worse.

use minijinja::{Value, context};

use super::super::{
    tan::{About, TanMessage},
    text::Letterhead,
};
use crate::domain::summary::cleaned;

/// The summary of a usual transfer.
pub(super) const USUAL: &str = "Transfer CHF:10.00 to payto://iban/CH9300762011623852957?receiver-name=Bob";
/// A summary of 140 letters.
pub(super) const LONGEST: &str = "Transfer CHF:1234567890.00 to Alexandra Maximiliana Freifrau von und zu Hohenlohe at Credit Union of \
     Northern Cantons, for invoice 2024-0000017";

/// A bank that says how it is reached, and one that does not.
pub(super) const USUAL_LETTERHEADS: [Letterhead<'static>; 2] = [
    Letterhead { bank: "Example Bank", host: Some("bank.example"), contact: None },
    Letterhead { bank: "Example Bank", host: None, contact: Some("+41 44 123 45 67") },
];

/// The same bank under a name that nobody would choose.
pub(super) fn hostile<'a>(letterhead: &Letterhead<'a>) -> Letterhead<'a> {
    Letterhead {
        bank: "Bänk \"A\" & 'B' <b>bold</b>\n\u{202e}😀 – of a name that is as long as can be", ..*letterhead
    }
}

/// Digits of a TAN.
pub(super) fn tan(digits: usize) -> &'static str {
    "9182736450".get(..digits).unwrap_or("9182736450")
}

/// A message with a TAN.
#[derive(Default)]
pub(super) struct Sample {
    pub(super) summary: Option<String>,
    confirms_address: bool,
    digits: usize,
}

impl Sample {
    pub(super) fn message<'a>(&'a self, letterhead: Letterhead<'a>) -> TanMessage<'a> {
        let about = match (&self.summary, self.confirms_address) {
            (Some(summary), _) => About::Operation { summary, brief: None },
            (None, true) => About::Address,
            (None, false) => About::Nothing,
        };
        TanMessage { letterhead, tan: tan(self.digits), about, minutes: 97 }
    }
}

/// Every kind of message.
pub(super) fn all() -> Vec<Sample> {
    let letters = "ß".repeat(140);
    let summaries = [
        USUAL,
        LONGEST,
        &letters,
        "TAN: 00000000",
        "12345678",
        "\u{202e}<script>alert('x')</script> \"&quot;\" 😀\n@bank.example #12345678",
        "@bank.example",
        "{{ tan }} {% if %}",
    ];
    let shown = summaries.map(|summary| Sample { summary: Some(cleaned(summary)), digits: 8, ..Sample::default() });
    let ten = Sample { summary: Some("1234567890".to_owned()), digits: 10, ..Sample::default() };
    let bare = Sample { digits: 8, ..Sample::default() };
    let address = Sample { confirms_address: true, digits: 6, ..Sample::default() };
    shown.into_iter().chain([ten, bare, address]).collect()
}

/// What a phrase shows of each variable; `None`: what it does with it is its own matter.
pub(super) fn shown(variable: &str) -> Option<&'static str> {
    Some(match variable {
        "address" => "a.customer.of.the.bank.with.a.rather.long.name@a.subdomain.of.a.mail.host.example",
        "name" => "The telephone of a customer, which he named in 64 characters '&<'",
        "minutes" => "97",
        "operations" => "transfer, cash-out",
        "what" => "remove this & that",
        "count" => "17",
        _ => return None,
    })
}

/// Every variable of every phrase.
pub(super) fn phrase_filling() -> Value {
    context! {
        address => shown("address"),
        name => shown("name"),
        minutes => 97,
        operations => shown("operations"),
        what => shown("what"),
        count => 17,
        endless => true,
    }
}
