//! A mail with both parts, from the transport itself.

use std::{sync::Arc, time::Duration};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tanager::{
    channel::{Author, Envelope, MailEncryption, MailPool, MailServer, MessageBody, MessageKind, Sender, SmtpSender},
    domain::{
        address::{Address, Mailbox},
        channel::Channel,
        username::Username,
    },
    tls,
};
use uuid::Uuid;

use super::server::{self, Style, decoded};

fn sender_to(server: &server::MailServer) -> SmtpSender {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.file("ca.pem")).unwrap()).unwrap();
    let encryption = MailEncryption::StartTls(Arc::new(tls::client(roots).unwrap()));
    let to = MailServer { host: "127.0.0.1".to_owned(), port: server.port(), encryption, login: None, hello: None };
    let bank = "Zürcher Bank\r\nBcc: eve@evil.example";
    let author = Author::new(Some(bank), &Mailbox::parse("tan@bank.example").unwrap()).unwrap();
    SmtpSender::new(to, author, MailPool { connections: 2, idle: Duration::from_secs(5) }, Duration::from_secs(20))
}

#[tokio::test(flavor = "multi_thread")]
async fn both_parts_have_the_tan_and_neither_they_nor_the_subject_add_to_the_head() {
    let server = server::MailServer::start(Style::default()).await;
    let envelope = Envelope {
        transmission: Uuid::from_u128(0x017f_22e2_79b0_7cc3_98c4_dc0c_0c07_398f),
        channel: Channel::Email,
        kind: MessageKind::Tan,
        account: Username::parse("alice").unwrap(),
        language: "de".to_owned(),
        subject: "Ihre TAN für Zürich\r\nBcc: eve@evil.example\r\n\r\nhello".to_owned(),
        address: Address::Mailbox(Mailbox::parse("älice@example.com").unwrap()),
        body: MessageBody::new("Grüezi\n.\nIhre TAN: 12345678\n".to_owned()),
        html: Some(MessageBody::new("<p>Grüezi: <b>12345678</b></p>".to_owned())),
        expected_digits: 8,
    };

    sender_to(&server).send(&envelope).await.unwrap();

    let mail = server.mail(1).await;
    assert_eq!(mail.header("Message-ID"), "<017f22e2-79b0-7cc3-98c4-dc0c0c07398f@bank.example>");
    assert_eq!((mail.recipient(), mail.header("To").as_str()), ("älice@example.com", "älice@example.com"));
    assert!(mail.header("Subject").contains("=?utf-8?b?") && mail.header("From").ends_with("<tan@bank.example>"));
    assert!(!mail.raw().contains("\r\nBcc:") && !mail.head().contains("12345678"), "{}", mail.head());
    let content = mail.header("Content-Type");
    let boundary = content.strip_prefix("multipart/alternative; boundary=\"").unwrap().trim_end_matches('"').to_owned();
    let raw = mail.raw().to_owned();
    let parts: Vec<_> = raw.split(&format!("--{boundary}")).collect();
    assert_eq!((parts.len(), parts[3]), (4, "--\r\n"));
    for (part, kind, text) in [
        (parts[1], "text/plain", "Grüezi\r\n.\r\nIhre TAN: 12345678\r\n"),
        (parts[2], "text/html", "<p>Grüezi: <b>12345678</b></p>"),
    ] {
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Type: {kind}; charset=utf-8")), "{head}");
        assert_eq!(decoded(body).trim_end(), text.trim_end());
    }
}
