//! Gateways behind TLS: nothing is said to one whose certificate is not right.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tanager::channel::SendError;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::{JSON, Scene, TARGET, accepts, asked, logged, send, sender_with};
use crate::bank_core::BankCore;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn roots(authority: &Authority) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    roots
}

/// TLS that ends here, with a certificate of `authority` for `name`; what comes out of it goes to `gateway`.
async fn tls_before(gateway: SocketAddr, authority: &Authority, name: &str) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = versions.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not believe the certificate hangs up here.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let mut gateway = TcpStream::connect(gateway).await.unwrap();
                _ = copy_bidirectional(&mut client, &mut gateway).await;
            });
        }
    });
    format!("https://127.0.0.1:{port}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_checked_against_the_operators_own_authority_and_the_name() {
    let (gateway, ours, other) = (BankCore::open().await, authority(), authority());
    gateway.on("POST", TARGET, accepts());
    let right = tls_before(gateway.address, &ours, "127.0.0.1").await;
    assert_eq!(send(&sender_with(JSON, &right, roots(&ours))).await, Ok(()));
    assert_eq!(gateway.hits("POST", TARGET), 1);
    let another_name = tls_before(gateway.address, &ours, "sms.example").await;
    for (url, roots) in [(&right, roots(&other)), (&another_name, roots(&ours))] {
        let sent = send(&sender_with(JSON, url, roots)).await;
        assert!(matches!(sent, Err(SendError::Misconfigured(_))), "{sent:?}");
        assert!(sent.unwrap_err().to_string().contains("certificate"));
    }
    assert_eq!(gateway.hits("POST", TARGET), 1, "nothing was said to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_no_tls_hears_nothing() {
    let gateway = BankCore::open().await;
    let url = gateway.url().replace("http:", "https:");
    let sent = send(&sender_with(&format!("{JSON}timeout = '2 s'"), &url, roots(&authority()))).await;
    assert!(sent.is_err(), "{sent:?}");
    assert_eq!(gateway.hits("POST", TARGET), 0);
    let junk = gateway.junk().concat();
    assert!(!junk.windows(8).any(|window| window == b"12345678"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_reads_the_authority_from_its_file() {
    let ours = authority();
    let scene = Scene::new().await;
    let url = tls_before(scene.gateway.address, &ours, "127.0.0.1").await;
    let place = scene.place.with("TANAGER_CHANNEL__SMS__TRANSPORT__GATEWAY__URL", &format!("{url}{TARGET}"));
    let place = place.with("TANAGER_CHANNEL__SMS__TRANSPORT__GATEWAY__CA_FILE", "ca.pem");
    let refusal = place.refusal().await;
    assert!(refusal.contains("the transport gateway has a ca_file that cannot be used"), "{refusal}");
    std::fs::write(place.path("ca.pem"), "").unwrap();
    assert!(place.refusal().await.contains("no certificate is in it"));
    std::fs::write(place.path("ca.pem"), ours.pem()).unwrap();
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["sms"]).await;
    assert_eq!(asked(&alice).await.0, 200);
    assert_eq!(scene.gateway.hits("POST", TARGET), 1);
    drop(process);

    std::fs::write(place.path("ca.pem"), authority().pem()).unwrap();
    let process = place.serve().await;
    let bob = place.customer(&process, "bob", &["sms"]).await;
    assert_eq!(asked(&bob).await, (502, 5133));
    logged(&process, "certificate").await;
    assert_eq!(scene.gateway.hits("POST", TARGET), 1);
}
