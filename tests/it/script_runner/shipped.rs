//! The scripts that come with the service.

use std::path::Path;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const KEY: &str = "k\"e\\y";

#[tokio::test]
async fn tan_file_replaces_the_message_of_an_address_in_one_step() {
    let here = TempDir::new().unwrap();
    let spool = here.path().join("a/spool");
    let sender = shipped("tan-file.sh", &[("SPOOL_DIR", spool.to_str().unwrap())]);
    assert_eq!(sender.readiness(), Ok(()));
    for text in ["first 12345678", "second"] {
        assert_eq!(sender.send(&envelope(Channel::Sms, "+41791234567", text)).await, Ok(()));
    }
    let slashed = envelope(Channel::Email, "a/b/c@example.com", "third");
    assert_eq!(sender.send(&slashed).await, Ok(()));
    let mut names: Vec<_> = fs::read_dir(&spool).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["email-a%2Fb%2Fc@example.com.txt", "sms-+41791234567.txt"]);
    let kept = spool.join("sms-+41791234567.txt");
    assert_eq!(fs::read_to_string(&kept).unwrap(), "second");
    assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn tan_file_without_a_directory_is_misconfigured() {
    let error = shipped("tan-file.sh", &[]).send(&text_message()).await.unwrap_err();
    assert!(matches!(error, SendError::Misconfigured(_)), "{error}");
}

#[tokio::test]
async fn tan_fail_fails_as_it_is_told() {
    let failure = shipped("tan-fail.sh", &[]).send(&text_message()).await.unwrap_err();
    assert!(matches!(failure, SendError::Failed(_)), "{failure}");
    let later = shipped("tan-fail.sh", &[("EXIT_CODE", "75")]).send(&text_message()).await.unwrap_err();
    assert!(matches!(later, SendError::TryLater(_)), "{later}");
}

/// Stands in for the mail system: keeps what it was called with.
const SENDMAIL: &str = "cat >$HERE/mail; printf '%s\\n' \"$@\" >$HERE/arguments; exit \"${SENDMAIL_EXIT:-0}\"";

#[tokio::test]
async fn tan_email_hands_a_whole_mail_to_sendmail() {
    let sendmail = Script::new(SENDMAIL);
    let sender = email(&sendmail, "Ä Bank <tan@bank.example>", "0");
    assert_eq!(sender.send(&mail()).await, Ok(()));
    assert_eq!(sendmail.read("arguments"), "-i\n-f\ntan@bank.example\n--\nalice@example.com\n");
    let mail = sendmail.read("mail");
    let (head, body) = mail.split_once("\n\n").unwrap();
    assert_eq!(
        head.lines().collect::<Vec<_>>(),
        [
            "From: =?UTF-8?B?w4QgQmFuaw==?= <tan@bank.example>",
            "To: alice@example.com",
            "Subject: =?UTF-8?B?SWhyIENvZGUgZsO8ciBkaWUgw5xiZXJ3ZWlzdW5n?=",
            "Message-ID: <01980000-0000-7000-8000-000000000001@bank.example>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=UTF-8",
            "Content-Transfer-Encoding: 8bit",
        ]
    );
    assert_eq!(body, "Your TAN is 12345678.\n");
}

#[tokio::test]
async fn no_subject_begins_another_header_and_a_long_one_is_folded() {
    let sendmail = Script::new(SENDMAIL);
    let mut mail = mail();
    mail.subject = format!("Code\nBcc: eve@example.com {}", "ü".repeat(60));
    assert_eq!(email(&sendmail, "tan@bank.example", "0").send(&mail).await, Ok(()));
    let mail = sendmail.read("mail");
    assert!(mail.lines().all(|line| !line.starts_with("Bcc") && line.len() <= 90), "{mail}");
    let words = mail.split("=?UTF-8?B?").skip(1).map(|word| word.split("?=").next().unwrap());
    let decoded: Vec<String> = words
        .map(|word| {
            String::from_utf8(data_encoding::BASE64.decode(word.as_bytes()).unwrap()).expect("whole characters")
        })
        .collect();
    assert_eq!(decoded.concat(), format!("Code Bcc: eve@example.com {}", "ü".repeat(60)));
}

#[tokio::test]
async fn what_sendmail_says_is_passed_on() {
    let sendmail = Script::new(SENDMAIL);
    for (code, meaning) in [("67", "address_refused"), ("75", "try_later"), ("78", "misconfigured"), ("9", "failed")] {
        let error = email(&sendmail, "tan@bank.example", code).send(&mail()).await.unwrap_err();
        assert_eq!(error.name(), meaning, "{code}");
    }
    let hostile = email(&sendmail, "tan@bank.example\nBcc: eve@example.com", "0").send(&mail()).await.unwrap_err();
    assert!(matches!(hostile, SendError::Misconfigured(_)), "{hostile}");
    let nobody = shipped("tan-email.sh", &[("MAIL_FROM", "tan@bank.example"), ("SENDMAIL", "/nowhere")]);
    assert!(matches!(nobody.send(&mail()).await, Err(SendError::Misconfigured(_))));
}

#[tokio::test]
async fn tan_sms_http_posts_the_message_with_the_key_and_shows_neither() {
    let text = "\"Zürich\" \\ & TAN\n12345678\t@bank.example #12345678";
    // In place of curl, in front of it: keeps the arguments.
    let curl = Script::new("");
    let watch = "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"${0%/*}/arguments\"\nPATH=${PATH#*:}\nexec curl \"$@\"\n";
    curl.write("curl", watch);
    let path = format!("{}:{}", curl.folder.path().display(), std::env::var("PATH").unwrap());
    let (url, request) = gateway("202 Accepted").await;
    let sender = shipped("tan-sms-http.sh", &[("PATH", &path), ("SMS_GATEWAY_URL", &url), ("SMS_GATEWAY_KEY", KEY)]);
    assert_eq!(sender.send(&envelope(Channel::Sms, "+41791234567", text)).await, Ok(()));
    let request = request.await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /send?from=bank HTTP/1.1\r\n"), "{head}");
    for line in ["Authorization: Bearer k\"e\\y", "Idempotency-Key: 01980000-0000-7000-8000-000000000001"] {
        assert!(head.lines().any(|has| has == line), "{line}: {head}");
    }
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let id = "01980000-0000-7000-8000-000000000001";
    assert_eq!(body, serde_json::json!({"to": "+41791234567", "text": text, "id": id}));
    let arguments = curl.read("arguments");
    assert!(
        ["12345678", "e\\y", "41791234567", "Bearer"].iter().all(|secret| !arguments.contains(secret)),
        "{arguments}"
    );
}

#[tokio::test]
async fn tan_sms_http_says_what_the_gateway_says() {
    for (status, meaning) in [
        ("400 Bad Request", "address_refused"),
        ("422 Unprocessable Content", "address_refused"),
        ("401 Unauthorized", "misconfigured"),
        ("403 Forbidden", "misconfigured"),
        ("301 Moved Permanently", "misconfigured"),
        ("429 Too Many Requests", "try_later"),
        ("500 Internal Server Error", "try_later"),
        ("503 Service Unavailable", "try_later"),
    ] {
        let (url, _request) = gateway(status).await;
        let sender = shipped("tan-sms-http.sh", &[("SMS_GATEWAY_URL", &url), ("SMS_GATEWAY_KEY", KEY)]);
        let error = sender.send(&text_message()).await.unwrap_err();
        assert_eq!(error.name(), meaning, "{status}: {error}");
    }
}

#[tokio::test]
async fn tan_sms_http_without_gateway_key_or_connection_says_so() {
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", deaf.local_addr().unwrap());
    drop(deaf);
    for (variables, meaning) in [
        (vec![("SMS_GATEWAY_URL", url.as_str()), ("SMS_GATEWAY_KEY", KEY)], "try_later"),
        (vec![("SMS_GATEWAY_URL", url.as_str())], "misconfigured"),
        (vec![("SMS_GATEWAY_KEY", KEY)], "misconfigured"),
        (vec![("SMS_GATEWAY_URL", "file:///etc/passwd"), ("SMS_GATEWAY_KEY", KEY)], "misconfigured"),
    ] {
        let error = shipped("tan-sms-http.sh", &variables).send(&text_message()).await.unwrap_err();
        assert_eq!(error.name(), meaning, "{variables:?}: {error}");
    }
}

fn shipped(name: &str, own: &[(&str, &str)]) -> ScriptSender {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name);
    let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ScriptSender::new(path, own, PATIENCE)
}

fn email(sendmail: &Script, from: &str, exit: &str) -> ScriptSender {
    let program = sendmail.path("script");
    let own = [("SENDMAIL", program.to_str().unwrap()), ("MAIL_FROM", from), ("SENDMAIL_EXIT", exit)];
    shipped("tan-email.sh", &own)
}

/// A gateway that answers one request with `status`; its address, and the request when it has come.
async fn gateway(status: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/send?from=bank", listener.local_addr().unwrap());
    let request = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !is_whole(&request) {
            assert_ne!(connection.read_buf(&mut request).await.unwrap(), 0, "the request was cut short");
        }
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        connection.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, request)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    body.len() >= length.parse::<usize>().unwrap()
}
