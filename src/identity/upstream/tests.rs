//! The question as it goes over the wire, to a bank core on this machine.

use rustls::RootCertStore;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::{
    domain::caller::Scope,
    identity::{
        client::LARGEST,
        stub::{Stub, Then, answer},
        verdict::Vouched,
    },
    tls,
};

const PATIENT: Duration = Duration::from_secs(30);

fn bank_core(core: &Stub, within: Duration) -> BankCore {
    let url = format!("{}/accounts/{ACCOUNT}", core.origin);
    BankCore::new(AskingBankCore { url, username_pointer: None, scope_pointer: None, within }).unwrap()
}

fn alice() -> Username {
    Username::parse("alice").unwrap()
}

fn known(username: &str) -> Verdict {
    Verdict::Known(Vouched::of(Username::parse(username).ok(), Scope::ReadWrite))
}

async fn ask(core: &Stub, within: Duration) -> Result<Verdict, String> {
    let verdict = bank_core(core, within).ask("Bearer abc", &alice()).await;
    verdict.map_err(|error| format!("{error:?}").split('(').next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_credential_is_forwarded_as_it_is_and_nothing_else_that_could_matter() {
    let core = Stub::saying(answer("200 OK", "{}"), Then::HangsUp).await;
    for credential in ["Bearer secret-token:x", "Basic YWxpY2U6cHc=", "bearer   odd,  =\"x\"", "X"] {
        let name = Username::parse("A-b.c_d~e").unwrap();
        let verdict = bank_core(&core, PATIENT).ask(credential, &name).await.unwrap();
        assert_eq!(verdict, known("A-b.c_d~e"));
        let asked = core.asked().pop().unwrap();
        let mut lines: Vec<&str> = asked.trim_end().split("\r\n").collect();
        lines.sort_unstable();
        let host = core.origin.strip_prefix("http://").unwrap();
        let (authorization, host) = (format!("authorization: {credential}"), format!("host: {host}"));
        assert_eq!(lines, ["GET /accounts/A-b.c_d~e HTTP/1.1", "accept: */*", &authorization, &host]);
    }
}

#[tokio::test]
async fn a_credential_that_makes_no_header_is_not_sent() {
    let core = Stub::saying(answer("200 OK", "{}"), Then::HangsUp).await;
    let verdict = bank_core(&core, PATIENT).ask("Bearer x\r\nx-admin: yes", &alice()).await;
    assert!(matches!(verdict, Err(Unclear::Malformed)), "{verdict:?}");
    assert!(core.asked().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Stub::saying(answer("200 OK", "{}"), Then::HangsUp).await;
    let to = format!("{}/accounts/alice", elsewhere.origin);
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"] {
        let reply = format!("HTTP/1.1 {status}\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let core = Stub::saying(reply, Then::HangsUp).await;
        assert_eq!(ask(&core, PATIENT).await, Err("Status".to_owned()), "{status}");
        assert_eq!(core.asked().len(), 1);
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_body_over_the_bound_is_no_answer_however_it_is_sent() {
    let whole = "x".repeat(LARGEST);
    let core = Stub::saying(answer("200 OK", &whole), Then::HangsUp).await;
    assert_eq!(ask(&core, PATIENT).await, Ok(known("alice")));

    let endless = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{whole}x");
    let chunk = format!("{:x}\r\n{whole}x\r\n", LARGEST + 1);
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}");
    for reply in [answer("200 OK", &format!("{whole}x")), endless, chunked] {
        let core = Stub::saying(reply, Then::StaysSilent).await;
        assert_eq!(ask(&core, PATIENT).await, Err("TooLarge".to_owned()));
    }
}

#[tokio::test]
async fn a_refusal_stays_one_whatever_its_body_is() {
    for status in ["401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let core = Stub::saying(answer(status, &"x".repeat(LARGEST + 1)), Then::HangsUp).await;
        assert_eq!(ask(&core, PATIENT).await, Ok(Verdict::Unknown), "{status}");
    }
}

#[tokio::test]
async fn silence_at_any_point_is_late() {
    let short = Duration::from_millis(200);
    for reply in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{"] {
        let core = Stub::saying(reply, Then::StaysSilent).await;
        assert_eq!(ask(&core, short).await, Err("Late".to_owned()), "{reply:?}");
    }
}

#[tokio::test]
async fn a_broken_reply_is_no_answer() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{";
    for reply in ["", "HTTP/1.1 200", "no HTTP at all\r\n\r\n", cut] {
        let core = Stub::saying(reply, Then::HangsUp).await;
        assert_eq!(ask(&core, PATIENT).await, Err("Unreachable".to_owned()), "{reply:?}");
    }
}

#[tokio::test]
async fn a_bank_core_that_is_away_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{ACCOUNT}", listener.local_addr().unwrap());
    drop(listener);
    let asking = AskingBankCore { url, username_pointer: None, scope_pointer: None, within: PATIENT };
    let verdict = BankCore::new(asking).unwrap().ask("Bearer abc", &alice()).await;
    assert!(matches!(verdict, Err(Unclear::Unreachable(_))), "{verdict:?}");
}

#[tokio::test]
async fn no_error_tells_the_account_or_the_credential() {
    let core = Stub::saying("no HTTP at all\r\n\r\n", Then::HangsUp).await;
    let error = bank_core(&core, PATIENT).ask("Bearer abc-secret", &alice()).await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains("alice") && !told.contains("abc-secret"), "{told}");
}

#[tokio::test]
async fn tls_needs_no_provider_that_was_installed_before_and_falls_back_to_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/{ACCOUNT}", listener.local_addr().unwrap());
    let asking = AskingBankCore { url, username_pointer: None, scope_pointer: None, within: PATIENT };
    let line = Line::over(tls::client(RootCertStore::empty()).unwrap(), PATIENT).unwrap();
    let bank_core = BankCore::over(line, asking);
    let said = tokio::spawn(async move {
        let (mut stream, mut said) = (listener.accept().await.unwrap().0, vec![0; 4096]);
        let length = stream.read(&mut said).await.unwrap();
        stream.write_all(answer("200 OK", "{}").as_bytes()).await.unwrap();
        said.truncate(length);
        said
    });
    let verdict = bank_core.ask("Bearer abc-secret", &alice()).await;
    assert!(matches!(verdict, Err(Unclear::Unreachable(_))), "{verdict:?}");
    let said = said.await.unwrap();
    assert_eq!(said[0], 0x16, "a handshake of TLS");
    assert!(!said.windows(6).any(|part| part == b"secret"));
}
