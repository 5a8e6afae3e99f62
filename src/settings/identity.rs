//! `[identity]`: who says who is calling.

use std::time::Duration;

use regex::Regex;

use super::{
    address::HttpUrl,
    introspection::Introspection,
    pointer::Pointer,
    raw::Raw,
    section::Section,
    value::{Named, Value, plain_text, quoted},
};
use crate::domain::{caller::UnknownAccount, username::Username};

const UPSTREAM: &[Mode] = &[Mode::Upstream];
const INTROSPECTION: &[Mode] = &[Mode::Introspection];
/// Whoever is asked is somebody else.
const ELSEWHERE: &[Mode] = &[Mode::Upstream, Mode::Introspection];

/// The keys of `[identity]` that one mode has and others do not.
const KEYS_OF_MODES: [(&str, &[Mode]); 10] = [
    ("url", ELSEWHERE),
    ("remember", ELSEWHERE),
    ("username_pointer", UPSTREAM),
    ("scope_pointer", UPSTREAM),
    ("client_id", INTROSPECTION),
    ("client_secret", INTROSPECTION),
    ("client_secret_file", INTROSPECTION),
    ("username_claim", INTROSPECTION),
    ("readwrite_scope", INTROSPECTION),
    ("audience", INTROSPECTION),
];
/// How long an answer is remembered unless told, and at the most.
const REMEMBER: Duration = Duration::from_secs(3);
const LONGEST_REMEMBERED: Duration = Duration::from_secs(10);

/// Where the callers of accounts are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Here: by the service's own tokens.
    Local,
    /// At the bank core, which is asked with the caller's own credential.
    Upstream,
    /// At an authorization server (RFC 7662).
    Introspection,
}

impl Named for Mode {
    const NAMES: &'static [(&'static str, Self)] =
        &[("local", Self::Local), ("upstream", Self::Upstream), ("introspection", Self::Introspection)];
}

/// In which case the names of accounts may be spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsernameCase {
    /// As they are; case matters.
    Exact,
    /// In lower case alone.
    Lower,
}

impl Named for UsernameCase {
    const NAMES: &'static [(&'static str, Self)] = &[("exact", Self::Exact), ("lower", Self::Lower)];
}

impl Named for UnknownAccount {
    const NAMES: &'static [(&'static str, Self)] = &[("create", Self::Create), ("refuse", Self::Refuse)];
}

/// A regular expression that a whole username matches.
#[derive(Clone, Debug)]
pub struct UsernamePattern {
    written: String,
    whole: Regex,
}

impl Value for UsernamePattern {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"a regular expression for the whole name, like "[a-z][a-z0-9]{2,15}""#;
        let written = plain_text(raw, right)?;
        // Tried alone first, so that no parenthesis of it closes the one around it.
        let compiled = Regex::new(&written).and_then(|_| Regex::new(&format!("^(?:{written})$")));
        let whole = compiled.map_err(|_| format!("is no regular expression; write {right}"))?;
        Ok(Self { written, whole })
    }

    fn show(&self) -> String {
        quoted(&self.written)
    }
}

/// How the names of accounts may be spelled.
#[derive(Clone, Debug)]
pub struct UsernameRule {
    /// In which case.
    pub case: UsernameCase,
    /// What a whole name matches; `None`: any.
    pub pattern: Option<UsernamePattern>,
}

impl UsernameRule {
    /// Whether an account may have this name: in the case and of the pattern that are configured.
    #[must_use]
    pub fn accepts(&self, username: &Username) -> bool {
        let name = username.as_str();
        let case = self.case == UsernameCase::Exact || !name.contains(|c: char| c.is_ascii_uppercase());
        case && self.pattern.as_ref().is_none_or(|pattern| pattern.whole.is_match(name))
    }
}

/// `[identity]`.
pub struct Identity {
    /// Where the callers of accounts are known.
    pub mode: Mode,
    /// Modes `upstream` and `introspection`: what is asked.
    pub url: Option<HttpUrl>,
    /// Modes `upstream` and `introspection`: how long a yes is remembered, up to 10 s; a no never longer than 1 s.
    pub remember: Duration,
    /// Mode `upstream`: the JSON pointer (RFC 6901) to the caller's name in the reply.
    pub username_pointer: Option<String>,
    /// Mode `upstream`: the JSON pointer to the scope in the reply.
    pub scope_pointer: Option<String>,
    /// Mode `introspection`: as whom is asked, and how the answer is read.
    pub introspection: Introspection,
    /// How usernames may be spelled.
    pub usernames: UsernameRule,
    /// What becomes of a proven customer who is new here.
    pub unknown_account: UnknownAccount,
    /// Keys that are set and have no effect in this mode.
    pub(super) without_effect: Vec<&'static str>,
}

impl Identity {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let mut identity = Self {
            mode: section.or("mode", Mode::Local),
            url: section.optional("url"),
            remember: section.within("remember", REMEMBER, Duration::ZERO..=LONGEST_REMEMBERED),
            username_pointer: section.optional("username_pointer").map(|Pointer(pointer)| pointer),
            scope_pointer: section.optional("scope_pointer").map(|Pointer(pointer)| pointer),
            introspection: Introspection::read(section),
            usernames: UsernameRule {
                case: section.or("username_case", UsernameCase::Exact),
                pattern: section.optional("username_pattern"),
            },
            unknown_account: section.or("unknown_account", UnknownAccount::Create),
            without_effect: Vec::new(),
        };
        identity.check(section);
        identity.without_effect = identity.keys_without_effect(section);
        identity
    }

    fn check(&self, section: &mut Section<'_>) {
        if self.mode == Mode::Local {
            return;
        }
        let mode = self.mode.show();
        let names_the_account = self.url.as_ref().map(HttpUrl::names_the_account);
        match (self.mode, names_the_account) {
            (_, None) => section.trouble("url", format!("is missing; mode {mode} has to be told what to ask")),
            (Mode::Upstream, Some(false)) => {
                section.trouble("url", r#"does not say whose; write one like "http://core/accounts/{username}""#);
            }
            (Mode::Introspection, Some(true)) => section.trouble("url", "is one for all; write it without {username}"),
            _ => {}
        }
        if self.mode == Mode::Introspection {
            self.introspection.check(section);
        }
    }

    /// What is allowed but doubtful, a sentence each; looks at the file that is named.
    pub(super) fn warnings(&self) -> Vec<String> {
        let Some(url) = self.url.as_ref().filter(|_| self.mode != Mode::Local) else { return Vec::new() };
        let exposed = "identity.url is neither https nor on this machine: whoever is on the way reads the customers' \
                       credentials.";
        let exposed = (!url.is_private()).then(|| exposed.to_owned());
        let own = if self.mode == Mode::Introspection { self.introspection.warnings() } else { Vec::new() };
        exposed.into_iter().chain(own).collect()
    }

    fn keys_without_effect(&self, section: &Section<'_>) -> Vec<&'static str> {
        let of_other_modes = KEYS_OF_MODES.into_iter().filter(|(_, modes)| !modes.contains(&self.mode));
        of_other_modes.map(|(key, _)| key).filter(|key| section.is_written(key)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_name() {
        let read = |written: &str| UsernamePattern::read(&Raw::Variable(written.to_owned()));
        let pattern = read("[a-z]+|x1").unwrap();
        for (name, matches) in [("alice", true), ("x1", true), ("alice1", false), ("1alice", false)] {
            assert_eq!(pattern.whole.is_match(name), matches, "{name}");
        }
        for written in ["(", ")(", "[", ""] {
            assert!(read(written).is_err(), "{written}");
        }
    }
}
