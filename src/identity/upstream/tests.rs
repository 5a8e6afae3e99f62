//! The question as it goes over the wire, to a bank core on this machine.

use std::sync::Mutex;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::*;

const PATIENT: Duration = Duration::from_secs(30);

/// A bank core that says the same to everyone, byte for byte, and then hangs up or stays silent.
struct Core {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Drop for Core {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[derive(Clone, Copy)]
enum Then {
    HangsUp,
    StaysSilent,
}

impl Core {
    async fn saying(reply: impl Into<Vec<u8>>, then: Then) -> Self {
        let (listener, reply) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), reply.into());
        let url = format!("http://{}/accounts/{{username}}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let serving = tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let asked = request(&mut stream).await;
                heard.lock().unwrap().push(asked);
                // Who asked may have hung up before the end of a reply that is too much.
                let _ = stream.write_all(&reply).await;
                if matches!(then, Then::StaysSilent) {
                    open.push(stream);
                }
            }
        });
        Self { url, asked, serving }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn upstream(&self, within: Duration) -> Upstream {
        let asking = Asking { url: self.url.clone(), username_pointer: None, scope_pointer: None, within };
        Upstream::new(asking).unwrap()
    }
}

/// A request's head.
async fn request(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.unwrap() == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn alice() -> Username {
    Username::parse("alice").unwrap()
}

async fn ask(core: &Core, within: Duration) -> Result<Verdict, String> {
    let verdict = core.upstream(within).ask("Bearer abc", &alice()).await;
    verdict.map_err(|error| format!("{error:?}").split('(').next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_credential_is_forwarded_as_it_is_and_nothing_else_that_could_matter() {
    let core = Core::saying(answer("200 OK", "{}"), Then::HangsUp).await;
    for credential in ["Bearer secret-token:x", "Basic YWxpY2U6cHc=", "bearer   odd,  =\"x\"", "X"] {
        let name = Username::parse("A-b.c_d~e").unwrap();
        let verdict = core.upstream(PATIENT).ask(credential, &name).await.unwrap();
        assert_eq!(verdict, Verdict::Known(Scope::ReadWrite));
        let asked = core.asked().pop().unwrap();
        let mut lines: Vec<&str> = asked.trim_end().split("\r\n").collect();
        lines.sort_unstable();
        let host = core.url.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let (authorization, host) = (format!("authorization: {credential}"), format!("host: {host}"));
        assert_eq!(lines, ["GET /accounts/A-b.c_d~e HTTP/1.1", "accept: */*", &authorization, &host]);
    }
}

#[tokio::test]
async fn a_credential_that_makes_no_header_is_not_sent() {
    let core = Core::saying(answer("200 OK", "{}"), Then::HangsUp).await;
    let verdict = core.upstream(PATIENT).ask("Bearer x\r\nx-admin: yes", &alice()).await;
    assert!(matches!(verdict, Err(UpstreamError::Malformed)), "{verdict:?}");
    assert!(core.asked().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Core::saying(answer("200 OK", "{}"), Then::HangsUp).await;
    let to = elsewhere.url.replace(ACCOUNT, "alice");
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"] {
        let reply = format!("HTTP/1.1 {status}\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let core = Core::saying(reply, Then::HangsUp).await;
        assert_eq!(ask(&core, PATIENT).await, Err("Status".to_owned()), "{status}");
        assert_eq!(core.asked().len(), 1);
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_body_over_the_bound_is_no_answer_however_it_is_sent() {
    let whole = "x".repeat(LARGEST);
    let core = Core::saying(answer("200 OK", &whole), Then::HangsUp).await;
    assert_eq!(ask(&core, PATIENT).await, Ok(Verdict::Known(Scope::ReadWrite)));

    let endless = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{whole}x");
    let chunk = format!("{:x}\r\n{whole}x\r\n", LARGEST + 1);
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}");
    for reply in [answer("200 OK", &format!("{whole}x")), endless, chunked] {
        let core = Core::saying(reply, Then::StaysSilent).await;
        assert_eq!(ask(&core, PATIENT).await, Err("TooLarge".to_owned()));
    }
}

#[tokio::test]
async fn a_refusal_stays_one_whatever_its_body_is() {
    for status in ["401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let core = Core::saying(answer(status, &"x".repeat(LARGEST + 1)), Then::HangsUp).await;
        assert_eq!(ask(&core, PATIENT).await, Ok(Verdict::Unknown), "{status}");
    }
}

#[tokio::test]
async fn silence_at_any_point_is_late() {
    let short = Duration::from_millis(200);
    for reply in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{"] {
        let core = Core::saying(reply, Then::StaysSilent).await;
        assert_eq!(ask(&core, short).await, Err("Late".to_owned()), "{reply:?}");
    }
}

#[tokio::test]
async fn a_broken_reply_is_no_answer() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{";
    for reply in ["", "HTTP/1.1 200", "no HTTP at all\r\n\r\n", cut] {
        let core = Core::saying(reply, Then::HangsUp).await;
        assert_eq!(ask(&core, PATIENT).await, Err("Unreachable".to_owned()), "{reply:?}");
    }
}

#[tokio::test]
async fn a_bank_core_that_is_away_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{ACCOUNT}", listener.local_addr().unwrap());
    drop(listener);
    let asking = Asking { url, username_pointer: None, scope_pointer: None, within: PATIENT };
    let verdict = Upstream::new(asking).unwrap().ask("Bearer abc", &alice()).await;
    assert!(matches!(verdict, Err(UpstreamError::Unreachable(_))), "{verdict:?}");
}

#[tokio::test]
async fn no_error_tells_the_account_or_the_credential() {
    let core = Core::saying("no HTTP at all\r\n\r\n", Then::HangsUp).await;
    let error = core.upstream(PATIENT).ask("Bearer abc-secret", &alice()).await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains("alice") && !told.contains("abc-secret"), "{told}");
}

#[tokio::test]
async fn tls_needs_no_provider_that_was_installed_before_and_falls_back_to_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/{ACCOUNT}", listener.local_addr().unwrap());
    let asking = Asking { url, username_pointer: None, scope_pointer: None, within: PATIENT };
    let config = tls(RootCertStore::empty()).unwrap();
    let upstream = Upstream::over(config, asking).unwrap();
    let said = tokio::spawn(async move {
        let (mut stream, mut said) = (listener.accept().await.unwrap().0, vec![0; 4096]);
        let length = stream.read(&mut said).await.unwrap();
        stream.write_all(answer("200 OK", "{}").as_bytes()).await.unwrap();
        said.truncate(length);
        said
    });
    let verdict = upstream.ask("Bearer abc-secret", &alice()).await;
    assert!(matches!(verdict, Err(UpstreamError::Unreachable(_))), "{verdict:?}");
    let said = said.await.unwrap();
    assert_eq!(said[0], 0x16, "a handshake of TLS");
    assert!(!said.windows(6).any(|part| part == b"secret"));
}
