//! The question as it goes over the wire, to an authorization server on this machine.

use super::*;
use crate::{
    domain::{caller::Scope, username::Username},
    identity::{
        client::LARGEST,
        stub::{Stub, Then, answer},
        verdict::Vouched,
    },
};

const PATIENT: Duration = Duration::from_secs(30);
const YES: &str = r#"{"active":true,"sub":"alice","scope":"readwrite"}"#;

fn server_as(stub: &Stub, client_id: &str, client_secret: &str, within: Duration) -> AuthorizationServer {
    let (username_claim, readwrite_scope) = ("sub".to_owned(), "readwrite".to_owned());
    AuthorizationServer::new(AskingAuthorizationServer {
        url: format!("{}/introspect/", stub.origin),
        client_id: client_id.to_owned(),
        client_secret: Zeroizing::new(client_secret.to_owned()),
        reading: Reading { username_claim, readwrite_scope, audience: None },
        within,
    })
    .unwrap()
}

fn server(stub: &Stub, within: Duration) -> AuthorizationServer {
    server_as(stub, "tanager", "secret", within)
}

fn known() -> Verdict {
    Verdict::Known(Vouched::of(Username::parse("alice").ok(), Scope::ReadWrite))
}

async fn ask(stub: &Stub, within: Duration) -> Result<Verdict, String> {
    let verdict = server(stub, within).ask("Bearer abc").await;
    verdict.map_err(|error| format!("{error:?}").split('(').next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_question_is_the_one_of_the_rfc_and_nothing_else_that_could_matter() {
    let stub = Stub::saying(answer("200 OK", YES), Then::HangsUp).await;
    let verdict = server(&stub, PATIENT).ask("bearer  a.b-c_d~e+f/g== ").await.unwrap();
    assert_eq!(verdict, known());
    let asked = stub.asked().pop().unwrap();
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.split("\r\n").collect();
    lines.sort_unstable();
    let host = format!("host: {}", stub.origin.strip_prefix("http://").unwrap());
    let expected = [
        "POST /introspect/ HTTP/1.1",
        "accept: application/json",
        "authorization: Basic dGFuYWdlcjpzZWNyZXQ=",
        "content-length: 60",
        "content-type: application/x-www-form-urlencoded",
        &host,
    ];
    assert_eq!(lines, expected);
    assert_eq!(body, "token=a.b-c_d%7Ee%2Bf%2Fg%3D%3D&token_type_hint=access_token");
}

#[tokio::test]
async fn what_this_service_is_called_is_form_encoded_before_it_is_basic() {
    let stub = Stub::saying(answer("200 OK", YES), Then::HangsUp).await;
    server_as(&stub, "a b:c+d%", "\u{e9}:&=~/*", PATIENT).ask("Bearer abc").await.unwrap();
    let asked = stub.asked().pop().unwrap();
    let basic = asked.split("authorization: Basic ").nth(1).unwrap().split("\r\n").next().unwrap();
    let pair = String::from_utf8(BASE64.decode(basic.as_bytes()).unwrap()).unwrap();
    assert_eq!(pair, "a+b%3Ac%2Bd%25:%C3%A9%3A%26%3D%7E%2F*");
}

#[tokio::test]
async fn about_what_is_no_bearer_token_nobody_is_asked() {
    let stub = Stub::saying(answer("200 OK", YES), Then::HangsUp).await;
    for sent in ["Basic YWxpY2U6cHc=", "DPoP abc", "Bearer", "Bearer ", "Bearer a b", "Bearer a\r\nx: y", "abc", ""] {
        assert_eq!(server(&stub, PATIENT).ask(sent).await.unwrap(), Verdict::Unknown, "{sent:?}");
    }
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn a_token_cannot_add_to_the_question() {
    let stub = Stub::saying(answer("200 OK", r#"{"active":false}"#), Then::HangsUp).await;
    let verdict = server(&stub, PATIENT).ask("Bearer x&token=other&client_id=me").await.unwrap();
    assert_eq!(verdict, Verdict::Unknown);
    let asked = stub.asked().pop().unwrap();
    assert!(asked.ends_with("token=x%26token%3Dother%26client_id%3Dme&token_type_hint=access_token"), "{asked}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Stub::saying(answer("200 OK", YES), Then::HangsUp).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let to = &elsewhere.origin;
        let reply = format!("HTTP/1.1 {status}\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let stub = Stub::saying(reply, Then::HangsUp).await;
        assert_eq!(ask(&stub, PATIENT).await, Err("Status".to_owned()), "{status}");
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_reply_that_is_packed_or_too_large_is_no_answer() {
    let blanks = " ".repeat(LARGEST - YES.len());
    let whole = Stub::saying(answer("200 OK", &format!("{YES}{blanks}")), Then::HangsUp).await;
    assert_eq!(ask(&whole, PATIENT).await, Ok(known()));
    let more = Stub::saying(answer("200 OK", &format!("{YES}{blanks} ")), Then::StaysSilent).await;
    assert_eq!(ask(&more, PATIENT).await, Err("TooLarge".to_owned()));
    // What gzip makes of an empty object. It is not unpacked, so that a small reply stays one.
    let mut packed =
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 22\r\nconnection: close\r\n\r\n".to_vec();
    packed.extend(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0");
    let stub = Stub::saying(packed, Then::HangsUp).await;
    assert_eq!(ask(&stub, PATIENT).await, Err("NotJson".to_owned()));
    assert!(!stub.asked().concat().contains("accept-encoding"));
}

#[tokio::test]
async fn a_refusal_of_this_service_is_told_from_one_of_the_caller() {
    let stub = Stub::saying(answer("401 Unauthorized", r#"{"error":"invalid_client"}"#), Then::HangsUp).await;
    assert_eq!(ask(&stub, PATIENT).await, Err("ClientRefused".to_owned()));
    let stub = Stub::saying(answer("403 Forbidden", ""), Then::HangsUp).await;
    assert_eq!(ask(&stub, PATIENT).await, Err("Status".to_owned()));
}

#[tokio::test]
async fn silence_and_a_broken_reply_are_no_answer() {
    let short = Duration::from_millis(200);
    for reply in ["", "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"active\":true"] {
        let stub = Stub::saying(reply, Then::StaysSilent).await;
        assert_eq!(ask(&stub, short).await, Err("Late".to_owned()), "{reply:?}");
        let stub = Stub::saying(reply, Then::HangsUp).await;
        assert_eq!(ask(&stub, PATIENT).await, Err("Unreachable".to_owned()), "{reply:?}");
    }
}

#[tokio::test]
async fn no_error_tells_the_token_or_the_secret() {
    let stub = Stub::saying("no HTTP at all\r\n\r\n", Then::HangsUp).await;
    let error = server_as(&stub, "tanager", "a-secret", PATIENT).ask("Bearer a-token").await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains("a-token") && !told.contains("a-secret"), "{told}");
}
