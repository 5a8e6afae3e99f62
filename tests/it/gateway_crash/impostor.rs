//! A bank core behind TLS: the gateway speaks to the one whose certificate is right, and sends nothing to any other.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::{Scene, TRANSFER, UNHURRIED};
use crate::app::Installation;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// TLS that ends here, with a certificate of `authority` for `name`; what comes out of it goes to `core`.
async fn tls_before(core: SocketAddr, authority: &Authority, name: &str) -> u16 {
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
                let mut core = TcpStream::connect(core).await.unwrap();
                _ = copy_bidirectional(&mut client, &mut core).await;
            });
        }
    });
    port
}

/// A scene whose program believes `authority` alone.
async fn scene_believing(authority: &Authority) -> Scene {
    let place = Installation::new().await;
    let roots = place.path("roots.pem");
    std::fs::write(&roots, authority.pem()).unwrap();
    Scene::over(place.with("SSL_CERT_FILE", roots.to_str().unwrap()), UNHURRIED).await
}

fn core_of(scene: &Scene) -> SocketAddr {
    scene.core.url().strip_prefix("http://").unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_protected_and_what_is_not_reaches_a_core_behind_tls_whose_certificate_is_right() {
    let ours = authority();
    let scene = scene_believing(&ours).await;
    let port = tls_before(core_of(&scene), &ours, "127.0.0.1").await;
    scene.point_to(&format!("https://127.0.0.1:{port}"));
    let process = scene.serve().await;
    let alice = scene.customer(&process, "alice").await;
    let public = alice.client.get("/public").await;
    assert_eq!((public.status.as_u16(), scene.core.hits("GET", "/public")), (404, 1), "the core's own answer");
    let approval = scene.approve(&alice, TRANSFER).await;
    assert_eq!(TRANSFER.send(&alice, &approval).await.status, 200);
    assert_eq!(scene.core.hits("POST", TRANSFER.path), 1);
    assert_eq!(TRANSFER.send(&alice, &approval).await.error(), (403, 10003));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_to_an_impostor_and_the_token_stays_usable_for_the_true_core() {
    let (ours, another) = (authority(), authority());
    for (issuer, name) in [(&another, "127.0.0.1"), (&ours, "core.example")] {
        let scene = scene_believing(&ours).await;
        let (impostor, core) = (tls_before(core_of(&scene), issuer, name).await, core_of(&scene));
        scene.point_to(&format!("https://127.0.0.1:{impostor}"));
        let process = scene.serve().await;
        let alice = scene.customer(&process, "alice").await;
        let approval = scene.approve(&alice, TRANSFER).await;
        assert_eq!(alice.client.get("/public").await.error(), (502, 10091), "{name}");
        assert_eq!(TRANSFER.send(&alice, &approval).await.error(), (502, 10091), "{name}");
        assert_eq!(scene.core.hits("POST", TRANSFER.path) + scene.core.hits("GET", "/public"), 0, "{name}");

        let port = tls_before(core, &ours, "127.0.0.1").await;
        scene.point_to(&format!("https://127.0.0.1:{port}"));
        let restarted = scene.serve().await;
        let alice = super::at(&alice, &restarted).await;
        assert_eq!(TRANSFER.send(&alice, &approval).await.status, 200, "it was given back: {name}");
        assert_eq!(scene.core.hits("POST", TRANSFER.path), 1);
    }
}
