//! The one TLS stack: rustls over ring, which is named here as none is installed for the whole program. For connections that
//! go out; whether one may be in clear is decided where it is made.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// The root certificates of this machine; empty where none are found.
#[must_use]
pub fn machine_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// A client that checks certificate and host name against these roots, and shows no certificate of its own. An error: the
/// provider has no TLS version that is safe.
pub fn client(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
