//! What is called and with what: `method`, `url`, `headers`, and one of `form` and `body`.

use http::{HeaderName, HeaderValue};

use super::{
    super::super::{
        raw::Raw,
        section::Section,
        value::{Named, Value, plain_text, quoted},
    },
    place_in_body,
};
use crate::call::{Body, Call, Method, Place, Target, Template};

impl Named for Method {
    const NAMES: &'static [(&'static str, Self)] = &[
        (Self::Post.as_str(), Self::Post),
        (Self::Put.as_str(), Self::Put),
        (Self::Patch.as_str(), Self::Patch),
        (Self::Get.as_str(), Self::Get),
    ];
}

/// Header fields that are the connection's, or the body's.
const NOT_THEIRS: [&str; 9] =
    ["connection", "content-length", "content-type", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"];

/// What is called. Of a query, where old gateways want their credentials, nothing is shown.
struct Called(String);

impl Value for Called {
    fn read(raw: &Raw) -> Result<Self, String> {
        plain_text(raw, "the URL in quotes").map(Self)
    }

    fn show(&self) -> String {
        let (path, query) = self.0.split_once('?').map_or((self.0.as_str(), ""), |(path, _)| (path, "?…"));
        quoted(&format!("{path}{query}"))
    }
}

/// A text that may have several lines. Withheld: it may hold what an operator did not write as a secret.
struct Lines(String);

impl Value for Lines {
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        let text = raw.text().filter(|text| !text.trim().is_empty());
        text.map(|text| Self(text.into_owned())).ok_or_else(|| "is no text; write a template in quotes".to_owned())
    }

    fn show(&self) -> String {
        "(withheld)".to_owned()
    }
}

/// `None` when what is required is missing or wrong; the trouble is noted then.
pub(super) fn read(section: &mut Section<'_>) -> Option<Call> {
    let method = section.or("method", Method::Post);
    let url: Option<Called> = section.required("url", r#"what is called, like "https://sms.example/v1/messages""#);
    let target = url.and_then(|Called(url)| noted(section, "url", Target::compile(&url)));
    let headers = headers(section);
    let body = body(section, method);
    Some(Call { method, target: target?, headers: headers?, body: body? })
}

/// What was compiled, or a trouble at `key`.
fn noted<T>(section: &mut Section<'_>, key: &str, compiled: Result<T, crate::call::TemplateError>) -> Option<T> {
    compiled.map_err(|error| section.trouble(key, error.to_string())).ok()
}

fn headers(section: &mut Section<'_>) -> Option<Vec<(HeaderName, Template)>> {
    let mut headers: Vec<(HeaderName, Template)> = Vec::new();
    let mut whole = true;
    for (name, value) in section.texts("headers") {
        let key = format!("headers.{name}");
        match header(section, &key, &name, &value) {
            Some((name, _)) if headers.iter().any(|(known, _)| *known == name) => {
                section.trouble(&key, "stands there twice, in capital letters and others; keep one of them");
                whole = false;
            }
            Some(header) => headers.push(header),
            None => whole = false,
        }
    }
    whole.then_some(headers)
}

fn header(section: &mut Section<'_>, key: &str, name: &str, value: &str) -> Option<(HeaderName, Template)> {
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
        section.trouble(key, "is no name of a header field");
        return None;
    };
    if NOT_THEIRS.contains(&name.as_str()) {
        let text = "belongs to the connection or to the body; leave it out (content_type says what a body is)";
        section.trouble(key, text);
        return None;
    }
    if value.chars().any(char::is_control) {
        section.trouble(key, "has control characters or line breaks, which no header field can hold");
        return None;
    }
    noted(section, key, Template::compile(value, Place::Header)).map(|template| (name, template))
}

fn body(section: &mut Section<'_>, method: Method) -> Option<Body> {
    let content_type: String = section.or("content_type", "application/json".to_owned());
    let text: Option<Lines> = section.optional("body");
    let fields = section.texts("form");
    if method == Method::Get && (text.is_some() || !fields.is_empty()) {
        section.trouble("method", "is GET, which has no body; write POST, or put the values into url");
        return None;
    }
    match text {
        Some(_) if !fields.is_empty() => {
            section.trouble("body", "stands beside form; keep one of them");
            None
        }
        Some(Lines(text)) => text_body(section, &content_type, &text),
        None if fields.is_empty() => Some(Body::None),
        None => {
            let compiled = fields.into_iter().map(|(name, value)| {
                let template = Template::compile(&value, Place::Plain);
                Some((name.clone(), noted(section, &format!("form.{name}"), template)?))
            });
            // Every one is looked at, so that one trouble does not hide the next.
            compiled.collect::<Vec<_>>().into_iter().collect::<Option<_>>().map(Body::Form)
        }
    }
}

fn text_body(section: &mut Section<'_>, content_type: &str, text: &str) -> Option<Body> {
    let place = place_in_body(section, content_type)?;
    let Ok(value) = HeaderValue::from_str(content_type) else {
        section.trouble("content_type", "is no media type; write one like \"application/json\"");
        return None;
    };
    if place == Place::Xml && text.contains("<![CDATA[") {
        section.trouble(
            "body",
            "has a CDATA section, in which nothing is escaped; values are escaped already, leave it out",
        );
        return None;
    }
    noted(section, "body", Template::compile(text, place))
        .map(|text| Body::Text { content_type: value, text: Box::new(text) })
}
