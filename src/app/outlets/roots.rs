//! Whom a transport's server is known by.

use std::path::Path;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::tls;

/// The authorities in `ca_file` alone, else those of this machine: one at least. An error: what is wrong, and what to do.
pub(super) fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let Some(file) = ca_file else { return of_this_machine() };
    let wrong = |error: String| format!("has a ca_file that cannot be used, {}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() { Err(wrong("no certificate is in it".to_owned())) } else { Ok(roots) }
}

fn of_this_machine() -> Result<RootCertStore, String> {
    let roots = tls::machine_roots();
    if roots.is_empty() {
        return Err(
            "has no root certificates to know its server by: install ca-certificates, or set ca_file".to_owned()
        );
    }
    Ok(roots)
}
