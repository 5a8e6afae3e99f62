//! A TAN by e-mail, from the request to its confirmation.

use serde_json::json;

use super::{
    ask, change, prove, sending_to,
    server::{Mail, MailServer, Style},
    serving,
};
use crate::app::tan_in;

const PASSWORD: &str = "open sesame, please";

fn assert_is_whole(mail: &Mail, tan: &str, transmission: &str) {
    assert!(mail.is_encrypted());
    assert_eq!((mail.sender(), mail.recipient()), ("tan@bank.example", "alice@example.com"));
    assert_eq!(mail.header("Message-ID"), format!("<{transmission}@bank.example>"));
    assert_eq!(mail.header("From"), "\"Example Bank\" <tan@bank.example>");
    assert_eq!(mail.header("To"), "alice@example.com");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("X-Auto-Response-Suppress"), "All");
    assert_eq!(mail.header("MIME-Version"), "1.0");
    assert!(mail.header("Subject").contains("Example Bank"));
    assert!(mail.header("Date").ends_with(" +0000"));
    assert!(!mail.head().contains(tan), "{}", mail.head());
    assert!(mail.body().contains(tan));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tan_arrives_over_either_kind_of_tls_and_is_confirmed() {
    for implicit in [false, true] {
        let server = MailServer::start(Style { implicit, password: Some(PASSWORD), ..Style::default() }).await;
        let place = sending_to(&[&server], "10 s", "").await.with("TANAGER_LOG__LEVEL", "trace");
        let process = place.serve().await;
        let alice = place.customer(&process, "alice", &["email"]).await;

        let asked = ask(&alice).await;

        assert_eq!(asked.status, 200, "{asked:?}");
        let mail = server.mail(1).await;
        let tan = tan_in(&mail.body());
        let id = mail.header("Message-ID");
        let transmission = id.trim_start_matches('<').split('@').next().unwrap();
        assert_eq!(uuid::Uuid::parse_str(transmission).unwrap().get_version_num(), 7);
        assert_is_whole(&mail, &tan, transmission);
        assert_eq!(mail.user(), Some("tanager"));
        let confirmed = alice.confirm(asked.text("challenge_id"), &tan).await;
        assert_eq!(confirmed.status, 200, "{confirmed:?}");
        assert!(confirmed.text("tan_token").len() > 20);
        let log = process.log();
        for secret in [PASSWORD, &data_encoding::BASE64.encode(format!("\0tanager\0{PASSWORD}").as_bytes()), &tan] {
            assert!(!log.contains(secret), "{log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_kept_for_the_next_mail_and_made_anew_when_the_server_closed_it() {
    let server = MailServer::start(Style { password: Some(PASSWORD), ..Style::default() }).await;
    let (_place, _process, alice) = serving(&[&server], "10 s").await;
    for _ in 0..3 {
        prove(&alice, &server).await;
    }
    assert_eq!((server.connections(), server.mails().len()), (1, 3));

    server.order(json!({"close": true})).await;
    server.closed(1).await;
    prove(&alice, &server).await;
    assert_eq!((server.connections(), server.mails().len()), (2, 4));

    // What it says on a connection that it is about to close is no answer to the mail.
    server.order(json!({"stage": "from", "reply": [421, "4.4.2 idle for too long"], "times": 1})).await;
    prove(&alice, &server).await;
    assert_eq!((server.connections(), server.mails().len()), (3, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_found_by_its_name_and_a_password_in_its_file() {
    let server = MailServer::start(Style { password: Some(PASSWORD), ..Style::default() }).await;
    let place =
        sending_to(&[&server], "10 s", "reply_to = 'service@bank.example'\nhello = 'tanager.bank.example'").await;
    change(&place, "host = '127.0.0.1'", "host = 'localhost'");
    change(&place, &format!("password = '{PASSWORD}'"), "password_file = 'mail-password'");
    let said = place.refusal().await;
    assert!(said.contains("channel.email.transport.first.password_file") && said.contains("cannot be read"), "{said}");
    std::fs::write(place.path("mail-password"), format!("{PASSWORD}\n")).unwrap();
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["email"]).await;
    prove(&alice, &server).await;
    assert_eq!(server.mail(1).await.header("Reply-To"), "service@bank.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_this_machine_may_do_without_tls() {
    let server = MailServer::start(Style { hides_tls: true, ..Style::default() }).await;
    let place = sending_to(&[&server], "10 s", "").await;
    change(&place, "encryption = 'starttls'", "encryption = 'none'");
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["email"]).await;
    prove(&alice, &server).await;
    assert!(!server.mail(1).await.is_encrypted());
    change(&place, "host = '127.0.0.1'", "host = 'mail.bank.example'");
    let said = place.refusal().await;
    assert!(said.contains("channel.email.transport.first.encryption: sends TANs in clear"), "{said}");
}
