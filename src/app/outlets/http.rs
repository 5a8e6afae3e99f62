//! The transport that is a gateway over HTTP, made of its settings.

use std::sync::Arc;

use rustls::RootCertStore;

use super::roots::roots;
use crate::{
    app::{StartError, secret},
    channel::{Credentials, HttpSender, Sender},
    settings::{Http, Transport},
};

/// Takes the templates over: they hold no secret, and the settings keep none of what is read here. `path` is the transport's
/// section.
pub(super) fn sender(settings: &Http, transport: &Transport, path: &str) -> Result<Arc<dyn Sender>, StartError> {
    let trouble = |trouble: String| StartError::Transport { name: transport.name.clone(), trouble };
    let file_key = format!("{path}.secret_file");
    let secret = settings.secret.as_ref().map(|source| secret::found(source, &file_key)).transpose()?;
    let credentials = Credentials { secret: secret.unwrap_or_default(), username: settings.username.clone() };
    let over_tls = settings.call.target.is_over_tls().then(|| roots(settings.ca_file.as_deref()));
    let roots = over_tls.transpose().map_err(trouble)?.unwrap_or_else(RootCertStore::empty);
    let (call, replies) = (Arc::clone(&settings.call), Arc::clone(&settings.replies));
    let sender = HttpSender::new(call, replies, credentials, roots, transport.timeout);
    Ok(Arc::new(sender.map_err(|error| trouble(format!("cannot be used: {error}")))?))
}
