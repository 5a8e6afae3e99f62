//! How the session is ended that a withheld log-in brought (`api.md` section 6a).

use super::{operation::Method, pointer::Pointer, route::RoutePath, section::Section};

/// What the bank core is asked when the answer to a log-in is withheld, so that no session stays that nobody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The method.
    pub method: String,
    /// The path, with `{username}` and no other placeholder.
    pub path: RoutePath,
    /// The JSON pointer (RFC 6901) to the session's bearer token in the withheld answer.
    pub token: String,
}

impl Revocation {
    /// `None` when `revoke_path` is not written.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let path: Option<RoutePath> = section.optional("revoke_path");
        let Method(method) = section.or("revoke_method", Method("DELETE".to_owned()));
        let Pointer(token) = section.or("revoke_token", Pointer("/access_token".to_owned()));
        let other = |path: &RoutePath| path.segments().any(|part| part.starts_with('{') && part != "{username}");
        if path.as_ref().is_some_and(other) {
            section.trouble("revoke_path", "can name the account alone; write it without other placeholders");
        }
        Some(Self { method, path: path?, token })
    }
}
