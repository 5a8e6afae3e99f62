//! The call of a gateway that carries messages over HTTP: what is asked as templates, and how its reply is read.
//!
//! Checked whole when a configuration is loaded and filled in for each message, by those two layers; so it knows neither a
//! configuration nor a connection, and sends nothing. A value never becomes more than a value: it is escaped by where it
//! stands, and nothing that a customer chose can change what is called.

mod place;
mod reply;
mod target;
mod template;
#[cfg(test)]
mod tests;
mod values;

use http::{HeaderName, HeaderValue};
use url::Url;
use zeroize::Zeroizing;

pub use self::{
    place::Place,
    reply::{Pointed, Replies, Verdict},
    target::Target,
    template::{FillError, Template, TemplateError},
    values::{NAMES, Values},
};

/// The method of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Without a body.
    Get,
    /// The usual one.
    Post,
    /// For gateways where the message has a name before it is sent.
    Put,
    /// For gateways that think of it so.
    Patch,
}

impl Method {
    /// As it stands in the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}

/// What a call carries.
pub enum Body {
    /// Nothing.
    None,
    /// The fields of a form, by their names; a value is encoded as forms are (`application/x-www-form-urlencoded`).
    Form(Vec<(String, Template)>),
    /// A text of this media type.
    Text {
        /// The whole value of `Content-Type`.
        content_type: HeaderValue,
        /// The text.
        text: Box<Template>,
    },
}

/// A call, as templates.
pub struct Call {
    /// How.
    pub method: Method,
    /// What.
    pub target: Target,
    /// With which header fields, beside those that belong to a connection and to the body.
    pub headers: Vec<(HeaderName, Template)>,
    /// With what.
    pub body: Body,
}

/// What a call carries, filled in.
pub struct Content {
    /// The whole value of `Content-Type`.
    pub content_type: HeaderValue,
    /// The bytes.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// A call of which every template is filled in. Not printable: it holds a TAN, and may hold a secret.
pub struct Filled {
    /// What is called.
    pub url: Url,
    /// Header fields, marked as not to be shown.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What it carries; `None`: nothing.
    pub body: Option<Content>,
}

impl Call {
    /// Every template of it.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let body: Vec<&Template> = match &self.body {
            Body::None => Vec::new(),
            Body::Form(fields) => fields.iter().map(|(_, value)| value).collect(),
            Body::Text { text, .. } => vec![&**text],
        };
        let headers = self.headers.iter().map(|(_, value)| value);
        std::iter::once(self.target.template()).chain(headers).chain(body)
    }

    /// The call for one message. An error is one of a value that may not stand where the template puts it.
    pub fn fill(&self, values: &Values<'_>) -> Result<Filled, FillError> {
        let header = |(name, value): &(HeaderName, Template)| Ok((name.clone(), header_value(&value.fill(values)?)?));
        Ok(Filled {
            url: self.target.fill(values)?,
            headers: self.headers.iter().map(header).collect::<Result<_, FillError>>()?,
            body: self.body.fill(values)?,
        })
    }
}

impl Body {
    fn fill(&self, values: &Values<'_>) -> Result<Option<Content>, FillError> {
        match self {
            Self::None => Ok(None),
            Self::Text { content_type, text } => {
                let bytes = Zeroizing::new(text.fill(values)?.as_bytes().to_vec());
                Ok(Some(Content { content_type: content_type.clone(), bytes }))
            }
            Self::Form(fields) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    form.append_pair(name, &value.fill(values)?);
                }
                let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
                Ok(Some(Content { content_type, bytes: Zeroizing::new(form.finish().into_bytes()) }))
            }
        }
    }
}

/// Bytes beyond ASCII are handed on as they are (RFC 9110 section 5.5).
fn header_value(text: &str) -> Result<HeaderValue, FillError> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| FillError::Control)?;
    value.set_sensitive(true);
    Ok(value)
}
