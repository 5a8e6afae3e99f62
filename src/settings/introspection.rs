//! The keys of `[identity]` for mode `introspection` (RFC 7662): as whom an authorization server is asked, and how its answer
//! is read.

use std::path::PathBuf;

use super::{
    raw::Raw,
    secret::Secret,
    section::Section,
    value::{Value, plain_text, quoted},
};

/// One word of a scope (RFC 6749 section 3.3).
struct ScopeWord(String);

impl Value for ScopeWord {
    fn read(raw: &Raw) -> Result<Self, String> {
        let right = r#"a single one, like "readwrite" or "https://bank.example/pay""#;
        let word = plain_text(raw, right)?;
        let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        let is_word = word.bytes().all(allowed);
        is_word.then_some(Self(word)).ok_or_else(|| format!("is no word of a scope; write {right}"))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// As whom an authorization server is asked, and how its answer is read.
pub struct Introspection {
    /// The name of this service there.
    pub client_id: Option<String>,
    /// What proves it.
    pub client_secret: Option<Secret>,
    /// The file that holds what proves it: in the mode `introspection` exactly one of the two is there.
    pub client_secret_file: Option<PathBuf>,
    /// The claim that holds the username.
    pub username_claim: String,
    /// The word of a token's scope without which it only reads.
    pub readwrite_scope: String,
    /// Whom a token is to be made for; `None`: for whomever.
    pub audience: Option<String>,
}

impl Introspection {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let ScopeWord(readwrite_scope) = section.or("readwrite_scope", ScopeWord("readwrite".to_owned()));
        Self {
            client_id: section.optional("client_id"),
            client_secret: section.optional("client_secret"),
            client_secret_file: section.optional_file("client_secret_file"),
            username_claim: section.or("username_claim", "sub".to_owned()),
            readwrite_scope,
            audience: section.optional("audience"),
        }
    }

    pub(super) fn check(&self, section: &mut Section<'_>) {
        if self.client_id.is_none() {
            section.trouble("client_id", "is missing; write what this service is called at the authorization server");
        }
        match (self.client_secret.is_some(), self.client_secret_file.is_some()) {
            (false, false) => section.trouble("client_secret", "is missing; write it, or client_secret_file"),
            (true, true) => section.trouble("client_secret", "stands beside client_secret_file; keep one of them"),
            (true, false) | (false, true) => {}
        }
    }

    /// What is allowed but doubtful, a sentence each.
    pub(super) fn warnings(&self) -> Vec<String> {
        let unread = self.client_secret_file.as_ref().filter(|file| !file.is_file());
        let unread = unread.map(|file| format!("identity.client_secret_file: {} is no file.", file.display()));
        let anyones = "identity.audience is not set: a token that the authorization server made for any other client of \
                       its customers is as good here; set it, if its replies have \"aud\".";
        let anyones = self.audience.is_none().then(|| anyones.to_owned());
        unread.into_iter().chain(anyones).collect()
    }
}
