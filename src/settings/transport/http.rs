//! The keys of a transport that calls a gateway over HTTP.
//!
//! Its templates are compiled here, so that what cannot be called, or what a hostile text would break, is a trouble of the
//! configuration and never one of a message.

mod replies;
mod request;

use std::{path::PathBuf, sync::Arc};

use super::super::{secret::SecretSource, section::Section};
use crate::call::{Call, Place, Replies};

/// A gateway that is called over HTTP. Not printable: what it holds may be a credential.
pub struct Http {
    /// What is called, and with what.
    pub call: Arc<Call>,
    /// What its replies mean.
    pub replies: Arc<Replies>,
    /// As whom, where the secret goes as HTTP Basic; without a colon.
    pub username: Option<String>,
    /// What proves this service to the gateway; `None`: nothing does.
    pub secret: Option<SecretSource>,
    /// The certificates (PEM) of the authorities that the gateway's is checked against, in place of this machine's.
    pub ca_file: Option<PathBuf>,
}

impl Http {
    /// `None` when what is required is missing or wrong; the trouble is noted then.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let username: Option<String> = section.optional("username");
        let (secret, ca_file) =
            (SecretSource::optional(section, "secret", "secret_file"), section.optional_file("ca_file"));
        let replies = replies::read(section);
        let call = request::read(section)?;
        let http = Self { call: Arc::new(call), replies: Arc::new(replies?), username, secret, ca_file };
        http.check(section);
        Some(http)
    }

    fn check(&self, section: &mut Section<'_>) {
        if !self.reads("message") && !self.reads("html") {
            section.trouble_with_itself("carries no message; write {{ message }} into form, body or url");
        }
        if !self.reads("address") && !self.reads("digits") {
            section
                .trouble_with_itself("carries no address; write {{ address }} or {{ digits }} into form, body or url");
        }
        // Where it is a trouble already that two are written, there is one.
        let has_secret = self.secret.is_some() || section.is_written("secret");
        if has_secret && !self.reads("secret") && self.username.is_none() {
            section.trouble("secret", "is sent nowhere; write {{ secret }} where the gateway reads it, or username");
        }
        if !has_secret && (self.reads("secret") || self.username.is_some()) {
            section.trouble("secret", "is missing; write it, or secret_file");
        }
        self.check_username(section);
    }

    fn check_username(&self, section: &mut Section<'_>) {
        let Some(username) = &self.username else { return };
        if username.contains(':') {
            section.trouble("username", "has a colon, which HTTP Basic takes for its end; leave it out");
        }
        if self.call.headers.iter().any(|(name, _)| name == "authorization") {
            section.trouble("username", "stands beside headers.Authorization; keep one of them");
        }
    }

    fn reads(&self, name: &str) -> bool {
        self.call.templates().any(|template| template.reads(name))
    }

    /// What is allowed but doubtful.
    pub(super) fn warnings(&self) -> Vec<String> {
        let in_url = |name: &str| self.call.target.template().reads(name);
        let shown = |what: &str| format!("{what} stands in its URL, which servers and proxies write to their logs.");
        let secret = in_url("secret").then(|| shown("the secret"));
        let message = (in_url("message") || in_url("html")).then(|| shown("the message, with the TAN,"));
        let unused = self.ca_file.is_some() && !self.call.target.is_over_tls();
        let unused = unused.then(|| "ca_file has no effect, as its URL is not https.".to_owned());
        let files = [self.secret.as_ref().and_then(SecretSource::missing_file), self.ca_file.as_deref()];
        let missing = files.into_iter().flatten().filter(|file| !file.is_file());
        let missing = missing.map(|file| format!("{} is no file.", file.display()));
        secret.into_iter().chain(message).chain(unused).chain(missing).collect()
    }
}

/// Where a value in a body of this media type stands; a trouble where nothing would escape it.
fn place_in_body(section: &mut Section<'_>, content_type: &str) -> Option<Place> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/x-www-form-urlencoded" || essence.starts_with("multipart/") {
        let text = "is a form's, of which a body would not be encoded; write form = { to = \"{{ address }}\" }";
        section.trouble("content_type", text);
        return None;
    }
    Some(Place::of(content_type))
}
