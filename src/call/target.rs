//! What is called: a URL whose scheme, host and port are written out.

use std::fmt;

use url::{Host, Origin, Url};

use super::{FillError, Place, Template, TemplateError, Values};

/// The template of a URL. No value can change whom it calls.
pub struct Target {
    template: Template,
    origin: Origin,
}

impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Target at {}", self.origin.ascii_serialization())
    }
}

impl Target {
    /// Checks `source`: an `http` or `https` URL without credentials and fragment, with values in its path and query alone.
    /// `https` unless it stays on this machine.
    pub fn compile(source: &str) -> Result<Self, TemplateError> {
        let right = r#"write one like "https://sms.example/v1/messages""#;
        let error = |text: &str| TemplateError(format!("{text}; {right}"));
        if source.contains(|c: char| c.is_control()) {
            return Err(error("has control characters or line breaks"));
        }
        let origin = origin(source).ok_or_else(|| error("does not begin with a scheme and a host, written out"))?;
        let target = Self { template: Template::compile(source, Place::Url)?, origin };
        for sample in target.template.samples() {
            let url = target.fill(&sample).map_err(|_| error("cannot be called"))?;
            if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
                return Err(error("has credentials or a fragment (#)"));
            }
            if url.scheme() != "https" && !is_of_this_machine(&url) {
                return Err(error("would carry TANs unencrypted to another machine"));
            }
        }
        Ok(target)
    }

    /// The template itself.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Whether it is called over TLS.
    #[must_use]
    pub fn is_over_tls(&self) -> bool {
        matches!(&self.origin, Origin::Tuple(scheme, ..) if scheme == "https")
    }

    /// The URL for one message.
    pub fn fill(&self, values: &Values<'_>) -> Result<Url, FillError> {
        let url = Url::parse(&self.template.fill(values)?).map_err(|_| FillError::Elsewhere)?;
        if url.origin() == self.origin { Ok(url) } else { Err(FillError::Elsewhere) }
    }
}

/// Scheme, host and port, which must come to their end before the first value or choice does.
fn origin(source: &str) -> Option<Origin> {
    let literal = source.split('{').next()?;
    let rest = literal.strip_prefix("https://").or_else(|| literal.strip_prefix("http://"))?;
    let is_whole = rest.contains(['/', '?']) || literal.len() == source.len();
    let url = Url::parse(literal).ok().filter(|_| is_whole)?;
    Some(url.origin())
}

fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        None => false,
    }
}
