//! Where a value stands in a call, and how it is written there.

use std::fmt::Write;

use super::FillError;

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the path or the query of a URL: percent-encoded (RFC 3986 section 2.1).
    Url,
    /// In a header field: as it is, without control characters.
    Header,
    /// In JSON: a string, with its quotation marks.
    Json,
    /// In XML, in a text or in the value of an attribute.
    Xml,
    /// Where nothing has to be escaped, or where the whole is afterwards.
    Plain,
}

impl Place {
    /// Where a value in a body of this media type stands.
    #[must_use]
    pub fn of(content_type: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
        let is = |name: &str| subtype == name || subtype.rsplit_once('+').is_some_and(|(_, suffix)| suffix == name);
        match () {
            () if is("json") => Self::Json,
            () if is("xml") || essence == "text/html" => Self::Xml,
            () => Self::Plain,
        }
    }

    /// `value` as it is written here; an error: it may not stand here.
    pub fn write(self, value: &str) -> Result<String, FillError> {
        match self {
            Self::Json => Ok(serde_json::Value::from(value).to_string()),
            Self::Xml => Ok(value.chars().fold(String::new(), in_xml)),
            // A URL's parser takes a segment of one or two dots away, however they are encoded.
            Self::Url if value == "." || value == ".." => Err(FillError::Dots),
            Self::Url => Ok(value.bytes().fold(String::new(), in_url)),
            Self::Header if value.chars().any(char::is_control) => Err(FillError::Control),
            Self::Header | Self::Plain => Ok(value.to_owned()),
        }
    }
}

fn in_url(mut encoded: String, byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        encoded.push(char::from(byte));
    } else {
        // Writing to a string does not fail.
        let _ = write!(encoded, "%{byte:02X}");
    }
    encoded
}

/// A line break is a reference, so that an attribute keeps it; what XML cannot hold at all (section 2.2) is replaced.
fn in_xml(mut escaped: String, c: char) -> String {
    match c {
        '&' => escaped.push_str("&amp;"),
        '<' => escaped.push_str("&lt;"),
        '>' => escaped.push_str("&gt;"),
        '"' => escaped.push_str("&quot;"),
        '\'' => escaped.push_str("&apos;"),
        '\t' => escaped.push_str("&#9;"),
        '\n' => escaped.push_str("&#10;"),
        '\r' => escaped.push_str("&#13;"),
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
        _ => escaped.push(c),
    }
    escaped
}
