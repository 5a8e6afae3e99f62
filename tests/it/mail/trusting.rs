//! Whom a TAN is told to: nobody who is not the server that is meant, and nobody on the way.

use super::{
    ask, assert_nothing_came_of_it, change, sending_to,
    server::{MailServer, Style},
};
use crate::app::eventually;

/// A server of `style` is told nothing, and the log says why.
async fn assert_is_not_trusted(style: Style, changed: (&str, &str), why: &str) {
    let server = MailServer::start(style).await;
    let place = sending_to(&[&server], "5 s", "").await;
    change(&place, changed.0, changed.1);
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["email"]).await;

    let asked = ask(&alice).await;

    assert_nothing_came_of_it(&place, &asked).await;
    assert!(server.heard().is_empty());
    eventually("the log says why", async || process.log().contains("misconfigured")).await;
    let log = process.log();
    assert!(log.contains(why), "{log}");
    assert!(!log.contains("alice@example.com") && !log.contains("sesame"), "{log}");
    // It costs the customer nothing: he may ask again at once.
    assert_eq!(ask(&alice).await.error(), (502, 5133));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_offers_no_tls_is_told_nothing() {
    let style = Style { hides_tls: true, ..Style::default() };
    assert_is_not_trusted(style, ("", ""), "STARTTLS: it offers none, and nothing is sent in clear").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_is_not_trusted() {
    for implicit in [false, true] {
        let style = Style { implicit, ..Style::default() };
        assert_is_not_trusted(style, ("/ca.pem", "/other.pem"), "TLS: invalid peer certificate").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_host_is_not_trusted() {
    let style = Style { certificate: "elsewhere", ..Style::default() };
    assert_is_not_trusted(style, ("", ""), "TLS: invalid peer certificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_the_operators_business() {
    let style = Style { password: Some("open sesame"), ..Style::default() };
    assert_is_not_trusted(style, ("'open sesame'", "'open the sesame'"), "AUTH: it said 535").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_authorities_that_is_none_is_refused_at_the_start() {
    let server = MailServer::start(Style::default()).await;
    for (file, why) in [("absent.pem", "has a ca_file that cannot be used"), ("server.key", "no certificate is in it")]
    {
        let place = sending_to(&[&server], "5 s", "").await;
        change(&place, "/ca.pem", &format!("/{file}"));
        let said = place.refusal().await;
        assert!(said.contains("the transport first") && said.contains(why), "{said}");
    }
}
