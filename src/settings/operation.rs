//! `[[gateway.operation]]`: one protected route of the bank core.

use super::{
    raw::Raw,
    revocation::Revocation,
    route::RoutePath,
    section::Section,
    template::SummaryTemplate,
    value::{Named, Value, plain_text, quoted},
};
use crate::domain::{
    assurance::{Assurance, Demand, OnMissing},
    channel::Strength,
};

/// The longest name of an operation, in characters.
const LONGEST_NAME: usize = 64;

impl Named for Assurance {
    const NAMES: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("session", Self::Session), ("token", Self::Token), ("bound", Self::Bound)];
}

impl Named for OnMissing {
    const NAMES: &'static [(&'static str, Self)] = &[("forbid", Self::Forbid), ("challenge", Self::Challenge)];
}

/// When it is known who is calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// Before the bank core is asked, by the caller's credential.
    Request,
    /// By the bank core's 2xx, which is withheld until a proof comes: a log-in.
    Response,
}

impl Named for KnownBy {
    const NAMES: &'static [(&'static str, Self)] = &[("request", Self::Request), ("response", Self::Response)];
}

/// The method of a protected route, in capitals.
pub(super) struct Method(pub(super) String);

impl Value for Method {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"a method in capitals, like "POST""#;
        let text = plain_text(raw, right)?;
        if !text.chars().all(|c| c.is_ascii_uppercase() || c == '-') {
            return Err(format!("is no method; write {right}"));
        }
        match text.as_str() {
            "HEAD" => Err(r#"is covered by GET; write "GET""#.to_owned()),
            "OPTIONS" | "CONNECT" | "TRACE" => Err(format!("cannot be protected; write {right}")),
            _ => Ok(Self(text)),
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// The name of an operation.
struct Name(String);

impl Value for Name {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"1 to 64 letters, digits, '-', '_' or '.', like "transfer""#;
        let text = plain_text(raw, right)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if text.len() > LONGEST_NAME || !text.chars().all(allowed) {
            return Err(format!("is no name of an operation; write {right}"));
        }
        Ok(Self(text))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// One protected route of the bank core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name, which no other operation has: what an API token's `operations` list.
    pub name: String,
    /// Its method; `GET` covers `HEAD`.
    pub method: String,
    /// Its path.
    pub path: RoutePath,
    /// What it asks for.
    pub assurance: Assurance,
    /// What the proof must at least show.
    pub strength: Strength,
    /// Whether an account without channels is refused rather than let through.
    pub enrolled: bool,
    /// Whether the bank core answers a repeat with the same `Idempotency-Key` without doing it twice.
    pub idempotent: bool,
    /// Whether its success deletes the account here too.
    pub closes_account: bool,
    /// What a caller without a sufficient proof is told.
    pub on_missing: OnMissing,
    /// When it is known who is calling.
    pub identity: KnownBy,
    /// How a withheld log-in's session is ended at the bank core; `None`: it is left to run out.
    pub revocation: Option<Revocation>,
    /// The template of what the customer is shown; without one, it is the name.
    pub summary: Option<SummaryTemplate>,
}

impl Operation {
    /// `None` when what is required is missing or wrong; the trouble is noted then.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required("name", r#"a name that no other operation has, like "transfer""#);
        let method = section.required("method", r#"its method, like "POST""#);
        let path = section.required("path", r#"its path, like "/accounts/{username}/transactions""#);
        let assurance = section.or("assurance", Assurance::Bound);
        let strength = section.or("strength", Strength::Inform);
        let enrolled = section.or("enrolled", false);
        let idempotent = section.or("idempotent", false);
        let closes_account = section.or("closes_account", false);
        let on_missing = section.or("on_missing", OnMissing::Forbid);
        let identity = section.or("identity", KnownBy::Request);
        let summary: Option<SummaryTemplate> = section.optional("summary");
        let revocation = Revocation::read(section);
        if identity == KnownBy::Response {
            check_log_in(section, on_missing, assurance);
        }
        let (Name(name), Method(method), path) = (name?, method?, path?);
        check_params(section, summary.as_ref(), &path);
        Some(Self {
            name,
            method,
            path,
            assurance,
            strength,
            enrolled,
            idempotent,
            closes_account,
            on_missing,
            identity,
            revocation,
            summary,
        })
    }

    /// What it asks of a proof.
    #[must_use]
    pub const fn demand(&self) -> Demand {
        let Self { assurance, strength, enrolled, idempotent, .. } = *self;
        Demand { assurance, strength, enrolled, idempotent }
    }
}

/// A log-in whose answer is withheld has no session that could be stepped up, and nobody to answer 403 to.
fn check_log_in(section: &mut Section<'_>, on_missing: OnMissing, assurance: Assurance) {
    if on_missing != OnMissing::Challenge {
        section.trouble("identity", r#""response" needs on_missing = "challenge"; write both, or neither"#);
    }
    if assurance < Assurance::Token {
        let text = r#"asks for less than a log-in can show; write "token" or "bound", or identity = "request""#;
        section.trouble("assurance", text);
    }
}

/// A placeholder that the path has not would be missing in every request.
fn check_params(section: &mut Section<'_>, summary: Option<&SummaryTemplate>, path: &RoutePath) {
    for param in summary.map(SummaryTemplate::params).unwrap_or_default() {
        if !path.segments().any(|segment| segment == format!("{{{param}}}")) {
            section
                .trouble("summary", format!("reads params.{param}, but the path has no {{{param}}}; name one it has"));
        }
    }
}
