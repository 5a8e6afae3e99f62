//! A request's target exactly as it was sent. What is passed on, and what a digest is over, are these very bytes.

use actix_web::{HttpRequest, http::Uri};

/// A request's target, as its client spelled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    path_and_query: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    is_origin_form: bool,
}

impl<'a> Target<'a> {
    /// The target of `request`. A fragment is no part of it (RFC 9110 section 4.2.5): the server has dropped it.
    #[must_use]
    pub fn of(request: &'a HttpRequest) -> Self {
        Self::new(request.uri())
    }

    /// The target that `uri` is.
    #[must_use]
    pub fn new(uri: &'a Uri) -> Self {
        let path_and_query = uri.path_and_query().map_or("/", |both| both.as_str());
        // `path()` is "/" where a form without a path was sent; `*` is a path of its own.
        let is_origin_form = uri.scheme().is_none() && uri.authority().is_none();
        Self { path_and_query, path: uri.path(), query: uri.query(), is_origin_form }
    }

    /// The path, without its query.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// What stands behind the `?`.
    #[must_use]
    pub const fn query(&self) -> Option<&'a str> {
        self.query
    }

    /// Path and query as they were sent.
    #[must_use]
    pub const fn path_and_query(&self) -> &'a str {
        self.path_and_query
    }

    /// Whether it was sent as a path, and not in absolute form (`http://host/path`).
    #[must_use]
    pub const fn is_origin_form(&self) -> bool {
        self.is_origin_form
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_target_is_kept_as_it_was_sent(raw in prop_oneof!["/[!-~]{0,40}", "/([a-z%./;\\\\?&=]|%2f|\\.\\.|//){0,20}", any::<String>()]) {
            let Ok(uri) = raw.parse::<Uri>() else { return Ok(()) };
            // `host:port`, as CONNECT has it, is no path at all.
            prop_assume!(!uri.path().is_empty());
            let target = Target::new(&uri);
            let joined = target.query().map_or_else(|| target.path().to_owned(), |query| format!("{}?{query}", target.path()));
            prop_assert_eq!(&joined, target.path_and_query());
            prop_assert!(!target.path().contains(['?', '#']));
            if raw.starts_with('/') {
                prop_assert!(target.is_origin_form());
                prop_assert_eq!(target.path_and_query(), raw.split('#').next().unwrap_or_default());
            }
        }
    }
}
