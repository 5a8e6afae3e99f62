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
