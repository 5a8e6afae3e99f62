//! Why a request cannot be shown.

/// Why a request cannot be shown, and so not be approved: the `detail` of a 400/26. Says nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unshowable {
    /// The body is said to be something else than JSON, or nothing is said.
    #[error("The body cannot be shown for approval: it must be application/json, in UTF-8.")]
    ContentType,
    /// The body is no JSON, has bytes behind it, is not UTF-8, or nests too deep.
    #[error(
        "The body cannot be shown for approval: it must be one JSON value in UTF-8, with nothing before or behind it."
    )]
    Json,
    /// A member stands twice in one object.
    #[error("The body cannot be shown for approval: a member stands twice, perhaps in another case.")]
    MemberTwice,
    /// The query has a broken escape, or is not UTF-8.
    #[error(
        "The query cannot be shown for approval: it must be UTF-8, escaped as in application/x-www-form-urlencoded."
    )]
    Query,
    /// A parameter that is to be shown stands twice.
    #[error("The query cannot be shown for approval: a parameter stands twice, perhaps in another case.")]
    ParameterTwice,
    /// A value that is to be shown is absent or null.
    #[error("The request cannot be shown for approval: a value that belongs to it is missing.")]
    Missing,
    /// A value that is to be shown is an object or a list, or is used as what it is not.
    #[error("The request cannot be shown for approval: a value that belongs to it is no text, number or truth value.")]
    NotSimple,
    /// It would take more than 140 characters.
    #[error("The request cannot be shown for approval: it is too long to be shown whole.")]
    TooLong,
    /// Nothing that can be seen would be shown.
    #[error("The request cannot be shown for approval: nothing of it can be seen.")]
    Empty,
}

impl Unshowable {
    /// The sentence for the client; fixed, and without any value of the request.
    #[must_use]
    pub fn detail(self) -> String {
        self.to_string()
    }
}
