//! Names of headers that have a fate of their own. Names are in lower case here, as the servers give them.

/// Whether the header `name` of a request ends here: because it belongs to one connection, because it claims what only
/// the gateway may say, or because it would make another request of this one.
pub(super) fn is_made_here(name: &str) -> bool {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return ends_here(name);
    }
    // To a core that reads headers as CGI does, `X_Tan_Account` and `X-Tan-Account` are one; to some, `X.Tan.Account` too.
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    ends_here(&name) || is_end_to_end(&name)
}

fn ends_here(name: &str) -> bool {
    is_of_one_connection(name)
        || matches!(
            name,
            "host"
                | "content-length"
                | "expect"
                | "tan-token"
                | "taler-challenge-ids"
                | "x-challenge-id"
                | "x-http-method-override"
                | "x-http-method"
                | "x-method-override"
                | "x-original-method"
                | "x-original-url"
                | "x-original-uri"
                | "x-rewrite-url"
                | "forwarded"
                | "x-real-ip"
        )
        || name.starts_with("x-tan-")
        || name.starts_with("x-forwarded-")
}

/// Whether a header belongs to one connection, and never goes on (RFC 9110 section 7.6.1). `Proxy` alone is none, but CGI
/// makes an address of a proxy out of it.
pub(super) fn is_of_one_connection(name: &str) -> bool {
    matches!(name, "connection" | "keep-alive" | "te" | "trailer" | "transfer-encoding" | "upgrade" | "proxy")
        || name.starts_with("proxy-")
}

/// Whether a `Connection` header may take the header `name` away: none that says who asks, for what, or with which body,
/// and none that is made here.
pub(super) fn may_be_nominated(name: &str) -> bool {
    !name.is_empty() && !matches!(name, "close" | "keep-alive" | "upgrade") && !is_end_to_end(&name.replace('_', "-"))
}

fn is_end_to_end(name: &str) -> bool {
    matches!(
        name,
        "authorization"
            | "cache-control"
            | "content-encoding"
            | "content-length"
            | "content-range"
            | "content-type"
            | "cookie"
            | "date"
            | "etag"
            | "host"
            | "idempotency-key"
            | "location"
            | "origin"
            | "range"
            | "set-cookie"
            | "vary"
            | "www-authenticate"
            | "x-request-id"
    ) || name.starts_with("access-control-")
        || name.starts_with("if-")
        || name.starts_with("x-tan-")
        || name.starts_with("x-forwarded-")
}
