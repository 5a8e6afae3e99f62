//! The transport that is a gateway over HTTP, made of its settings.

use std::{path::Path, sync::Arc};

use crate::{
    app::{StartError, secret},
    channel::{Credentials, HttpSender, Sender},
    settings::{Http, Transport},
    tls,
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// Takes the templates over: they hold no secret, and the settings keep none of what is read here.
pub(super) fn sender(settings: &Http, transport: &Transport) -> Result<Arc<dyn Sender>, StartError> {
    let trouble = |trouble: String| StartError::Transport { name: transport.name.clone(), trouble };
    let file_key = format!("transport.{}.secret_file", transport.name);
    let secret = settings.secret.as_ref().map(|source| secret::found(source, &file_key)).transpose()?;
    let credentials = Credentials { secret: secret.unwrap_or_default(), username: settings.username.clone() };
    let roots = match &settings.ca_file {
        _ if !settings.call.target.is_over_tls() => RootCertStore::empty(),
        Some(file) => roots_in(file).map_err(|why| trouble(format!("has a ca_file without certificates: {why}")))?,
        None => tls::machine_roots(),
    };
    let (call, replies) = (Arc::clone(&settings.call), Arc::clone(&settings.replies));
    let sender = HttpSender::new(call, replies, credentials, roots, transport.timeout);
    Ok(Arc::new(sender.map_err(|error| trouble(format!("cannot be used: {error}")))?))
}

fn roots_in(file: &Path) -> Result<RootCertStore, String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| told(&error))? {
        roots.add(certificate.map_err(|error| told(&error))?).map_err(|error| told(&error))?;
    }
    if roots.is_empty() { Err(told(&"there are none")) } else { Ok(roots) }
}
