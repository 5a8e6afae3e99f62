//! The transport against servers that say odd things, line by line. Those that a bank would use are in `tests/it/mail`.

mod scripted;

use std::time::Duration;

use uuid::Uuid;

use self::scripted::{Says, Scripted};
use super::*;
use crate::{
    channel::{MessageBody, MessageKind},
    domain::{
        address::{Address, Mailbox},
        channel::Channel,
        username::Username,
    },
};

/// A message that goes to alice@example.com.
pub(super) fn envelope() -> Envelope {
    Envelope {
        transmission: Uuid::from_u128(0x017f_22e2_79b0_7cc3_98c4_dc0c_0c07_398f),
        channel: Channel::Email,
        kind: MessageKind::Tan,
        account: Username::parse("alice").unwrap(),
        language: "en".to_owned(),
        subject: "Your TAN".to_owned(),
        address: Address::Mailbox(Mailbox::parse("alice@example.com").unwrap()),
        body: MessageBody::new("Your TAN is 12345678.".to_owned()),
        html: None,
        expected_digits: 8,
    }
}

fn sender(port: u16, timeout: Duration, connections: u16) -> SmtpSender {
    let server = MailServer {
        host: "127.0.0.1".to_owned(),
        port,
        encryption: MailEncryption::None,
        login: None,
        hello: Some("tanager.bank.example".to_owned()),
    };
    let author = Author::new(None, &Mailbox::parse("tan@bank.example").unwrap()).unwrap();
    SmtpSender::new(server, author, MailPool { connections, idle: Duration::from_secs(30) }, timeout)
}

fn patient(server: &Scripted) -> SmtpSender {
    sender(server.port, Duration::from_secs(20), 8)
}

#[tokio::test]
async fn the_words_are_said_in_order_and_the_connection_is_used_again() {
    let server = Scripted::start(vec![Says::yes()]).await;
    let sender = patient(&server);
    for _ in 0..3 {
        sender.send(&envelope()).await.unwrap();
    }
    let heard = server.heard();
    let commands: Vec<_> = heard.iter().filter(|line| !line.contains(':') || line.contains('<')).collect();
    assert_eq!(commands[0], "EHLO tanager.bank.example");
    assert_eq!(commands[1..4], ["MAIL FROM:<tan@bank.example>", "RCPT TO:<alice@example.com>", "DATA"]);
    assert_eq!((server.connections(), server.taken()), (1, 3));
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_later() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sent = sender(nobody.port(), Duration::from_secs(20), 8).send(&envelope()).await;
    assert_eq!(sent.unwrap_err().name(), "try_later");
}

#[tokio::test]
async fn odd_replies_end_the_hand_over_and_nothing_else() {
    for (before, reply, name) in [
        ("", "HTTP/1.1 400 Bad Request\r\n\r\n".to_owned(), "failed"),
        ("", "220-".repeat(100_000), "failed"),
        ("", "220-more\r\n".repeat(100_000), "failed"),
        ("", "220 hello\r\n250 and more\r\n".to_owned(), "try_later"),
        ("EHLO", "\r\n\r\n\r\n".to_owned(), "failed"),
        ("MAIL", "\0\u{ff}\r\n".to_owned(), "failed"),
        ("RCPT", "250 ok\r\n354 go\r\n250 taken\r\n".to_owned(), "try_later"),
        ("RCPT", "250-ok\r\n550 or not\r\n".to_owned(), "failed"),
        ("DATA", "250 what\r\n".to_owned(), "failed"),
        (".", "354 more?\r\n".to_owned(), "failed"),
        (".", "251 forwarded\r\n".to_owned(), "failed"),
    ] {
        let server = Scripted::start(vec![Says::to(before, &reply)]).await;
        let error = patient(&server).send(&envelope()).await.unwrap_err();
        assert_eq!(error.name(), name, "{before}: {error}");
        assert!(!error.to_string().contains("12345678") && !error.to_string().contains("alice"), "{error}");
    }
}

#[tokio::test]
async fn a_recipient_whose_mail_is_forwarded_is_taken() {
    let server = Scripted::start(vec![Says::to("RCPT", "251 will forward\r\n")]).await;
    patient(&server).send(&envelope()).await.unwrap();
    assert_eq!(server.taken(), 1);
}

#[tokio::test]
async fn hanging_up_is_tried_later_until_the_mail_may_have_been_taken() {
    for (before, name) in [
        ("", "try_later"),
        ("EHLO", "try_later"),
        ("MAIL", "try_later"),
        ("RCPT", "try_later"),
        ("DATA", "try_later"),
        (".", "failed"),
    ] {
        let server = Scripted::start(vec![Says::hangs_up_at(before)]).await;
        let error = patient(&server).send(&envelope()).await.unwrap_err();
        assert_eq!(error.name(), name, "{before}: {error}");
        assert_eq!(server.connections(), 1, "{before}: a fresh connection is not tried again");
    }
}

#[tokio::test]
async fn a_kept_connection_that_the_server_gave_up_is_made_anew_and_nothing_is_sent_twice() {
    for says in [Says::closes_when_idle(), Says::to("MAIL 2", "421 idle for too long\r\n"), Says::hangs_up_at("MAIL 2")]
    {
        let server = Scripted::start(vec![says, Says::yes()]).await;
        let sender = patient(&server);
        sender.send(&envelope()).await.unwrap();
        sender.send(&envelope()).await.unwrap();
        assert_eq!((server.connections(), server.taken()), (2, 2));
    }
    let server = Scripted::start(vec![Says::hangs_up_at(". 2"), Says::yes()]).await;
    let sender = patient(&server);
    sender.send(&envelope()).await.unwrap();
    let error = sender.send(&envelope()).await.unwrap_err();
    assert_eq!((error.name(), server.connections()), ("failed", 1), "it may have been taken");
}

#[tokio::test]
async fn a_kept_connection_that_says_nothing_any_more_leaves_time_for_a_fresh_one() {
    let server = Scripted::start(vec![Says::hangs_at("MAIL 2"), Says::yes()]).await;
    let sender = sender(server.port, Duration::from_secs(6), 8);
    sender.send(&envelope()).await.unwrap();
    sender.send(&envelope()).await.unwrap();
    assert_eq!((server.connections(), server.taken()), (2, 2));
}

#[tokio::test]
async fn whenever_the_server_hangs_the_hand_over_ends_in_time() {
    for before in ["", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let server = Scripted::start(vec![Says::hangs_at(before)]).await;
        let begun = Instant::now();
        let within = Duration::from_millis(300);
        let error = sender(server.port, within, 8).send(&envelope()).await.unwrap_err();
        assert_eq!(error.name(), "timed_out", "{before}");
        assert!((within..within + Duration::from_secs(1)).contains(&begun.elapsed()), "{before}");
    }
}

#[tokio::test]
async fn a_hand_over_that_is_given_up_leaves_no_connection_behind() {
    for before in ["EHLO", "MAIL", "RCPT", "DATA", "."] {
        let server = Scripted::start(vec![Says::hangs_at(before), Says::yes()]).await;
        let sender = patient(&server);
        let first = envelope();
        tokio::select! {
            _ = sender.send(&first) => panic!("it hangs"),
            () = server.until_hung() => {}
        }
        server.until_left().await;
        sender.send(&envelope()).await.unwrap();
        assert_eq!((server.connections(), server.taken()), (2, 1), "{before}");
    }
}

#[tokio::test]
async fn no_more_connections_are_made_than_there_may_be() {
    let server = Scripted::start(vec![Says::yes()]).await;
    let sender = sender(server.port, Duration::from_secs(20), 2);
    let first = envelope();
    let all = (0..20).map(|_| sender.send(&first));
    for sent in futures_util::future::join_all(all).await {
        sent.unwrap();
    }
    assert_eq!(server.taken(), 20);
    assert!(server.connections() <= 2, "{}", server.connections());
}

#[tokio::test]
async fn a_connection_that_nobody_needs_is_ended_with_a_good_bye() {
    let server = Scripted::start(vec![Says::yes()]).await;
    let mut sender = patient(&server);
    sender.pool = Arc::new(Pool::new(Duration::from_millis(100)));
    sender.send(&envelope()).await.unwrap();
    server.until_left().await;
    assert_eq!(server.heard().last().map(String::as_str), Some("QUIT"));
    sender.send(&envelope()).await.unwrap();
    assert_eq!((server.connections(), server.taken()), (2, 2));
}

#[tokio::test]
async fn where_none_is_to_be_kept_each_mail_has_a_connection_of_its_own() {
    let server = Scripted::start(vec![Says::yes()]).await;
    let mut sender = patient(&server);
    sender.pool = Arc::new(Pool::new(Duration::ZERO));
    sender.send(&envelope()).await.unwrap();
    sender.send(&envelope()).await.unwrap();
    assert_eq!((server.connections(), server.taken()), (2, 2));
}

#[tokio::test]
async fn a_refused_recipient_ends_the_dialogue_with_a_good_bye() {
    let server = Scripted::start(vec![Says::to("RCPT", "550 5.1.1 <alice@example.com> is unknown\r\n")]).await;
    let error = patient(&server).send(&envelope()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the transport refuses the address: RCPT: it said: 550 5.1.1 <*****************> is unknown"
    );
    server.until_left().await;
    assert_eq!((server.heard().last().map(String::as_str), server.taken()), (Some("QUIT"), 0));
}

#[tokio::test]
async fn a_mailbox_beyond_ascii_needs_a_server_that_takes_it() {
    let address = || Address::Mailbox(Mailbox::parse("älice@example.com").unwrap());
    let server = Scripted::start(vec![Says::yes()]).await;
    let error = patient(&server).send(&Envelope { address: address(), ..envelope() }).await.unwrap_err();
    assert_eq!(error.name(), "address_refused");
    assert!(error.to_string().contains("SMTPUTF8"), "{error}");

    let server = Scripted::start(vec![Says::to("EHLO", "250-mail.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")]).await;
    patient(&server).send(&Envelope { address: address(), ..envelope() }).await.unwrap();
    let heard = server.heard();
    assert_eq!(heard[1..3], ["MAIL FROM:<tan@bank.example> BODY=8BITMIME SMTPUTF8", "RCPT TO:<älice@example.com>"]);
    assert!(heard.contains(&"To: älice@example.com".to_owned()), "{heard:?}");
}

#[tokio::test]
async fn who_is_logged_in_by_login_says_name_and_password() {
    let server = Scripted::start(vec![Says::to("EHLO", "250-mail.example\r\n250 auth login\r\n")]).await;
    let mut sender = patient(&server);
    sender.server.login = Some(MailLogin { username: "tanager".to_owned(), password: "open sesame".to_owned().into() });
    sender.send(&envelope()).await.unwrap();
    assert_eq!(server.heard()[1..4], ["AUTH LOGIN", "dGFuYWdlcg==", "b3BlbiBzZXNhbWU="]);

    let server = Scripted::start(vec![Says::to("EHLO", "250-mail.example\r\n250 AUTH CRAM-MD5\r\n")]).await;
    sender = self::patient(&server);
    sender.server.login = Some(MailLogin { username: "tanager".to_owned(), password: "open".to_owned().into() });
    assert_eq!(sender.send(&envelope()).await.unwrap_err().name(), "misconfigured");
}

#[tokio::test]
async fn what_is_put_behind_the_reply_to_starttls_is_not_heard() {
    let mut says = Says::to("EHLO", "250-mail.example\r\n250 STARTTLS\r\n");
    says.replies.push(("STARTTLS".to_owned(), "220 go\r\n250 AUTH PLAIN\r\n".to_owned()));
    let server = Scripted::start(vec![says]).await;
    let mut sender = patient(&server);
    let tls = crate::tls::client(rustls::RootCertStore::empty()).unwrap();
    sender.server.encryption = MailEncryption::StartTls(Arc::new(tls));
    let error = sender.send(&envelope()).await.unwrap_err();
    assert_eq!(error.to_string(), "the transport asks to try later: STARTTLS: it spoke before it was asked");
    assert_eq!(server.heard(), ["EHLO tanager.bank.example", "STARTTLS"]);
}
