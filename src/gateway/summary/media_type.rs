//! Whether a body is said to be JSON in UTF-8.

/// Whether this `Content-Type` is `application/json`, with no parameter but `charset=utf-8`. Other types, such as
/// `application/…+json`, may be read by rules of their own; a bank core that is told of another charset may use it.
pub(super) fn is_json(content_type: &str) -> bool {
    let (media_type, parameter) = match content_type.split_once(';') {
        Some((media_type, parameter)) => (media_type, Some(parameter)),
        None => (content_type, None),
    };
    blankless(media_type).eq_ignore_ascii_case("application/json") && parameter.is_none_or(is_utf_8)
}

fn is_utf_8(parameter: &str) -> bool {
    let Some((name, value)) = blankless(parameter).split_once('=') else { return false };
    let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    name.eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("utf-8")
}

/// Without optional white space around it (RFC 9110 section 5.6.3).
fn blankless(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_utf_8_is_json_however_it_is_spelled() {
        for content_type in [
            "application/json",
            "Application/JSON",
            " application/json ",
            "application/json;charset=utf-8",
            "application/json; charset=UTF-8",
            "application/json ; Charset=\"utf-8\"",
        ] {
            assert!(is_json(content_type), "{content_type}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        for content_type in [
            "",
            "json",
            "text/json",
            "application/jsonp",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/ld+json",
            "application/problem+json",
            "application/json; charset=utf-16",
            "application/json; charset=utf-8; charset=utf-16",
            "application/json; charset=utf-16; charset=utf-8",
            "application/json; charset",
            "application/json; charset=",
            "application/json; charset=\"utf-8",
            "application/json; charset=utf-7",
            "application/json; version=1",
            "application/json;",
            "application/json, text/html",
            "application/json\u{a0}",
        ] {
            assert!(!is_json(content_type), "{content_type}");
        }
    }
}
