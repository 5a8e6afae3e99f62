//! `[channel.NAME.transport.NAME]`: a way for the messages of a channel.

mod http;
mod persistent;
mod program;
mod script;
mod smtp;

use std::{collections::BTreeMap, time::Duration};

pub use self::{
    http::Http,
    persistent::Persistent,
    program::{Program, ProgramTrouble},
    script::Script,
    smtp::{Encryption, MailLogin, NamedMailbox, Smtp},
};
use super::{section::Section, value::Named};

const TENTH: Duration = Duration::from_millis(100);
const MINUTE: Duration = Duration::from_mins(1);
/// The longest name of a transport, in bytes: it stands in metrics and in the audit trail.
const LONGEST_NAME: usize = 32;

/// What carries a message. Not printable: what it holds may be a credential.
pub enum TransportKind {
    /// A program that is run for each message.
    Script(Script),
    /// A program that runs all the time and is told of each message.
    Persistent(Persistent),
    /// A mail server.
    Smtp(Smtp),
    /// A gateway that is called over HTTP.
    Http(Http),
}

/// A way for the messages of a channel.
pub struct Transport {
    /// What it is called, in metrics and in the audit trail: a lower-case letter, then letters, digits and underscores.
    pub name: String,
    /// How long one hand-over may take; 100 ms to 1 min. Those of a channel's transports add up to the channel's at most.
    pub timeout: Duration,
    /// What carries a message.
    pub kind: TransportKind,
}

/// The kinds, by the names that stand in a configuration.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Script,
    Persistent,
    Smtp,
    Http,
}

impl Named for Kind {
    const NAMES: &'static [(&'static str, Self)] =
        &[("script", Self::Script), ("persistent", Self::Persistent), ("smtp", Self::Smtp), ("http", Self::Http)];
}

/// A transport whose share of the channel's time is not known yet.
struct Half {
    timeout: Option<Duration>,
    kind: TransportKind,
}

impl Half {
    /// `None` when what is required is missing or wrong; the trouble is noted then.
    fn read(section: &mut Section<'_>, name: &str, is_mail: bool) -> Option<Self> {
        if !is_name(name) {
            let text = format!(
                "is no name of a transport; write up to {LONGEST_NAME} letters, digits and single underscores, a letter first, all of them lower-case"
            );
            section.trouble_with_itself(text);
        }
        let kind: Option<Kind> = section.required("kind", r#""script", "persistent", "smtp" or "http""#);
        let timeout = section.optional_within("timeout", TENTH..=MINUTE);
        let Some(kind) = kind else {
            section.excuse_rest();
            return None;
        };
        let kind = match kind {
            Kind::Script => TransportKind::Script(Script::read(section)?),
            Kind::Persistent => TransportKind::Persistent(Persistent::read(section)?),
            Kind::Smtp if !is_mail => {
                section.trouble("kind", "carries mail; a text message needs another kind");
                section.excuse_rest();
                return None;
            }
            Kind::Smtp => TransportKind::Smtp(Smtp::read(section)?),
            Kind::Http => TransportKind::Http(Http::read(section)?),
        };
        Some(Self { timeout, kind })
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= LONGEST_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(allowed)
        && !name.contains("__")
}

/// The transports of the channel that `section` is, in order of preference, within `timeout` altogether. `script` beside the
/// channel's own keys is the only one then, and called so.
pub(super) fn of_channel(section: &mut Section<'_>, is_mail: bool, timeout: Duration) -> Vec<Transport> {
    let alone = Program::optional(section).map(|program| Script { program });
    let order: Vec<String> = section.list("transports");
    let halves = section.named_sections("transport", |section, name| Half::read(section, name, is_mail));
    if let Some(script) = alone {
        if !order.is_empty() || !halves.is_empty() {
            section.trouble("script", "stands beside transports; write it as one of them, with kind = \"script\"");
        }
        return vec![Transport { name: "script".to_owned(), timeout, kind: TransportKind::Script(script) }];
    }
    let ordered = in_order(section, order, halves);
    with_shares(section, ordered, timeout)
}

fn in_order(
    section: &mut Section<'_>,
    order: Vec<String>,
    mut halves: BTreeMap<String, Option<Half>>,
) -> Vec<(String, Half)> {
    // The only one needs no order.
    let order = if order.is_empty() && halves.len() == 1 { halves.keys().cloned().collect() } else { order };
    let mut ordered = Vec::new();
    for name in order {
        match halves.remove(&name) {
            Some(Some(half)) => ordered.push((name, half)),
            Some(None) => {}
            None => {
                let text = format!(
                    "names {name:?}, which is not there, or twice; write [{}]",
                    section.path(&format!("transport.{name}"))
                );
                section.trouble("transports", text);
            }
        }
    }
    for name in halves.keys() {
        let text = "is not named in transports; name it there, where its turn is, or take it out";
        section.trouble(&format!("transport.{name}"), text);
    }
    ordered
}

/// What others leave of the channel's time is shared out evenly among those that name no time of their own.
fn with_shares(section: &mut Section<'_>, ordered: Vec<(String, Half)>, timeout: Duration) -> Vec<Transport> {
    let named: Duration = ordered.iter().filter_map(|(_, half)| half.timeout).sum();
    let others = u32::try_from(ordered.iter().filter(|(_, half)| half.timeout.is_none()).count()).unwrap_or(u32::MAX);
    let share = timeout.saturating_sub(named).checked_div(others);
    if named > timeout || share.is_some_and(|share| share < TENTH) {
        let text = "is too short for the transports: their own times may not add up to more, and each needs 100 ms";
        section.trouble("timeout", text);
    }
    let share = share.unwrap_or_default().max(TENTH);
    let whole =
        |(name, half): (String, Half)| Transport { name, timeout: half.timeout.unwrap_or(share), kind: half.kind };
    ordered.into_iter().map(whole).collect()
}

impl Transport {
    /// Why it can carry nothing at this moment, where that can be seen: a sentence without a full stop.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let program = match &self.kind {
            TransportKind::Script(script) => &script.program,
            TransportKind::Persistent(persistent) => &persistent.program,
            TransportKind::Smtp(_) | TransportKind::Http(_) => return None,
        };
        program.executable().err().map(|trouble| format!("{trouble}: {}", program.path.display()))
    }

    /// What is allowed but doubtful, without the name of the transport.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        match &self.kind {
            TransportKind::Script(_) | TransportKind::Persistent(_) => Vec::new(),
            TransportKind::Smtp(smtp) => smtp.warnings(),
            TransportKind::Http(http) => http.warnings(),
        }
    }
}
