//! `[identity]`: who says who is calling.

use regex::Regex;
use zeroize::Zeroizing;

use super::{
    address::HttpUrl,
    pointer::Pointer,
    raw::Raw,
    section::Section,
    value::{Named, Value, plain_text, quoted},
};
use crate::domain::{caller::UnknownAccount, username::Username};

/// The keys of `[identity]` that one mode has and others do not.
const KEYS_OF_MODES: [(&str, &[Mode]); 6] = [
    ("url", &[Mode::Upstream, Mode::Introspection]),
    ("username_pointer", &[Mode::Upstream]),
    ("scope_pointer", &[Mode::Upstream]),
    ("client_id", &[Mode::Introspection]),
    ("client_secret", &[Mode::Introspection]),
    ("username_claim", &[Mode::Introspection]),
];

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

/// What this service proves itself with at an authorization server: it cannot be printed, cloned or compared.
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// The secret, for the call alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Value for ClientSecret {
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        plain_text(raw, "the secret in quotes").map(|secret| Self(Zeroizing::new(secret)))
    }

    fn show(&self) -> String {
        "(withheld)".to_owned()
    }
}

/// `[identity]`.
pub struct Identity {
    /// Where the callers of accounts are known. This release does not serve [`Mode::Introspection`], and does not load
    /// it.
    pub mode: Mode,
    /// Modes `upstream` and `introspection`: what is asked.
    pub url: Option<HttpUrl>,
    /// Mode `upstream`: the JSON pointer (RFC 6901) to the caller's name in the reply.
    pub username_pointer: Option<String>,
    /// Mode `upstream`: the JSON pointer to the scope in the reply.
    pub scope_pointer: Option<String>,
    /// Mode `introspection`: the name of this service there.
    pub client_id: Option<String>,
    /// Mode `introspection`: what proves it.
    pub client_secret: Option<ClientSecret>,
    /// Mode `introspection`: the claim that holds the username.
    pub username_claim: String,
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
            username_pointer: section.optional("username_pointer").map(|Pointer(pointer)| pointer),
            scope_pointer: section.optional("scope_pointer").map(|Pointer(pointer)| pointer),
            client_id: section.optional("client_id"),
            client_secret: section.optional("client_secret"),
            username_claim: section.or("username_claim", "sub".to_owned()),
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
        if self.mode == Mode::Introspection {
            let right = r#"write "local" or "upstream""#;
            section.trouble("mode", format!("{mode} is not available in this release; {right}"));
        }
        let names_the_account = self.url.as_ref().map(HttpUrl::names_the_account);
        match (self.mode, names_the_account) {
            (_, None) => section.trouble("url", format!("is missing; mode {mode} has to be told what to ask")),
            (Mode::Upstream, Some(false)) => {
                section.trouble("url", r#"does not say whose; write one like "http://core/accounts/{username}""#);
            }
            (Mode::Introspection, Some(true)) => section.trouble("url", "is one for all; write it without {username}"),
            _ => {}
        }
        if self.mode == Mode::Introspection && (self.client_id.is_none() || self.client_secret.is_none()) {
            section.trouble("client_id", format!("or client_secret is missing; mode {mode} needs both"));
        }
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
