//! Bytes that two readers could read in two ways: the core never sees a request that the gateway did not, nor a protected
//! one without its proof (section 6a; RFC 9112 section 11).

use tokio::task::JoinSet;

use super::{Bank, TRANSFER};
use crate::{
    bank_core::{BankCore, Reply, Script},
    wire::exchange,
};

/// A protected request with a good credential and no proof, to be smuggled in.
pub fn hidden(credential: &str) -> String {
    format!(
        "POST /accounts/alice/transactions HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {credential}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{TRANSFER}",
        TRANSFER.len()
    )
}

/// What the core got is requests of one meaning each, and nothing protected.
pub fn assert_clean(core: &BankCore, case: &str) {
    for seen in core.seen() {
        let text = seen.head.text();
        assert!(!seen.target.to_lowercase().contains("transactions"), "{case}: {text}");
        let lines = text.strip_suffix("\r\n\r\n").unwrap();
        let stray = |c: char| c == '\r' || c == '\n' || c == '\0';
        assert!(
            lines.split("\r\n").all(|line| !line.contains(stray) && !line.starts_with([' ', '\t'])),
            "{case}: {text:?}"
        );
        let words: Vec<_> = lines.split("\r\n").next().unwrap().split(' ').collect();
        assert!(words.len() == 3 && words[2] == "HTTP/1.1" && words[1].starts_with(['/', '*']), "{case}: {words:?}");
        let (lengths, codings) = (seen.head.all("content-length"), seen.head.all("transfer-encoding"));
        assert!(lengths.len() + codings.len() < 2, "{case}: {text}");
        assert!(lengths.iter().all(|length| length.bytes().all(|byte| byte.is_ascii_digit())), "{case}: {text}");
        assert!(codings.iter().all(|coding| coding == "chunked"), "{case}: {text}");
        assert!(seen.head.fields().iter().all(|(name, _)| !name.contains([' ', '\t'])), "{case}: {text}");
    }
    assert!(core.junk().is_empty(), "{case}: {:?}", core.junk());
}

/// Sends each on a connection of its own; afterwards at most one request for each has reached the core, and all is clean.
pub async fn battery(cases: Vec<(String, String)>) {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let credential = alice.client.token.clone();
    let mut all = JoinSet::new();
    for (number, (case, bytes)) in cases.into_iter().enumerate() {
        let target = format!("/case/{number}");
        for method in ["POST", "DELETE"] {
            bank.core.on(method, &target, Script::say(&Reply::new(200).body(b"ok")));
        }
        let hidden = hidden(&credential);
        let (length, size) = (hidden.len().to_string(), format!("{:x}", hidden.len()));
        let bytes = bytes.replace("TARGET", &target).replace("LENGTH", &length).replace("SIZE", &size);
        let bytes = bytes.replace("HIDDEN", &hidden);
        let address = bank.address;
        all.spawn(async move { (case, target, exchange(address, bytes.as_bytes()).await) });
    }
    for (case, target, replies) in all.join_all().await {
        let hits = bank.core.seen().iter().filter(|seen| seen.target == target).count();
        assert!(hits <= 1, "{case}: {hits} requests arrived where one was sent");
        assert!(!replies.contains(r#"{"done""#), "{case}: {replies}");
        assert_clean(&bank.core, &case);
    }
    assert_eq!(bank.core.effects("POST", "/accounts/alice/transactions"), 0);
    let mut wire = bank.wire().await;
    wire.send("POST /accounts/alice/after HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\n\r\nx").await;
    assert_eq!(wire.reply_to("POST").await.unwrap().text(), r#"{"done":200}"#, "the others are served");
    assert_eq!(bank.core.last("POST", "/accounts/alice/after").body, b"x");
    bank.close().await;
}

/// A request with these framing fields, whose body hides another request behind the end of chunks.
fn framed(fields: &str, body: &str) -> (String, String) {
    (fields.replace("\r\n", "|"), format!("POST TARGET HTTP/1.1\r\nHost: b\r\n{fields}\r\n{body}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ways_to_say_how_long_a_body_is() {
    let length = "0\r\n\r\n".len();
    let both = |coding: &str| format!("Content-Length: {length}\r\nTransfer-Encoding: {coding}\r\n");
    let mut cases = Vec::new();
    for coding in [
        "chunked",
        "Chunked",
        "xchunked",
        "chunkedx",
        "identity",
        "chunked, identity",
        "identity, chunked",
        "chunked, chunked",
        "chunked;q=1",
        "\"chunked\"",
        "gzip, chunked",
        "\tchunked",
        " chunked",
        "chunked\t",
        "chunked ",
        "\u{b}chunked",
        "chunked,",
        ",chunked",
        "",
        "chunk",
        "ｃhunked",
    ] {
        cases.push(framed(&both(coding), "0\r\n\r\nHIDDEN"));
        cases.push(framed(&format!("Transfer-Encoding: {coding}\r\n"), "0\r\n\r\nHIDDEN"));
        cases.push(framed(&format!("Transfer-Encoding: {coding}\r\nContent-Length: 100000\r\n"), "0\r\n\r\nHIDDEN"));
    }
    for name in [
        "Transfer-Encoding ",
        " Transfer-Encoding",
        "Transfer-Encoding\t",
        "X: y\nTransfer-Encoding",
        "X: y\rTransfer-Encoding",
        "\0Transfer-Encoding",
        "Transfer-Encoding\0",
    ] {
        cases.push(framed(&format!("Content-Length: {length}\r\n{name}: chunked\r\n"), "0\r\n\r\nHIDDEN"));
        cases.push(framed(&format!("{name}: chunked\r\nContent-Length: {length}\r\n"), "0\r\n\r\nHIDDEN"));
    }
    cases.push(framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\nHIDDEN"));
    cases.push(framed("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nHIDDEN"));
    cases.push(framed("Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n", "0\r\n\r\nHIDDEN"));
    cases.push(framed("Transfer-Encoding: x\r\n\tchunked\r\nContent-Length: 5\r\n", "0\r\n\r\nHIDDEN"));
    battery(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_that_are_none_or_more_than_one() {
    let mut cases = Vec::new();
    for length in [
        "+5",
        "-5",
        "5 ",
        " 5",
        "\t5",
        "5\t",
        "0x5",
        "05",
        "5, 5",
        "5,5",
        "5, 6",
        "5;",
        "5 5",
        "",
        "5.0",
        "1e1",
        "five",
        "٥",
        "-0",
        "+0",
        "18446744073709551616",
        "18446744073709551621",
        "9223372036854775808",
        "4294967301",
        "5\0",
        "\u{b}5",
        "\"5\"",
    ] {
        cases.push(framed(&format!("Content-Length: {length}\r\n"), "helloHIDDEN"));
    }
    for pair in [("5", "5"), ("5", "6"), ("0", "5"), ("5", "0"), ("5", "999"), ("5", ""), ("", "5")] {
        cases.push(framed(&format!("Content-Length: {}\r\nContent-Length: {}\r\n", pair.0, pair.1), "helloHIDDEN"));
        cases.push(framed(&format!("Content-Length: {}\r\ncontent-length: {}\r\n", pair.0, pair.1), "helloHIDDEN"));
    }
    for name in [
        "Content-Length ",
        "Content-Length\t",
        " Content-Length",
        "Content\u{2d}Length\0",
        "X: y\nContent-Length",
        "X: y\rContent-Length",
    ] {
        cases.push(framed(&format!("{name}: 5\r\n"), "helloHIDDEN"));
    }
    cases.push(framed("Content-Length: 0\r\n 5\r\n", "helloHIDDEN"));
    cases.push(framed("Content-Length:\r\n 5\r\n", "helloHIDDEN"));
    battery(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_only_look_like_those_of_lengths() {
    let names = ["Content_Length", "Content-Lengths", "X-Content-Length", "Transfer_Encoding", "Transfer-Encodings"];
    let value = |name: &str| if name.contains("ength") { "LENGTH" } else { "chunked" };
    battery(names.map(|name| framed(&format!("{name}: {}\r\n", value(name)), "HIDDEN")).into()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_are_none() {
    let bodies = [
        "5\nhello\r\n0\r\n\r\nHIDDEN",
        "5\r\nhello0\r\n\r\nHIDDEN",
        "5\r\nhelloXX0\r\n\r\nHIDDEN",
        "5 \r\nhello\r\n0\r\n\r\nHIDDEN",
        " 5\r\nhello\r\n0\r\n\r\nHIDDEN",
        "+5\r\nhello\r\n0\r\n\r\nHIDDEN",
        "-5\r\nhello\r\n0\r\n\r\nHIDDEN",
        "0x5\r\nhello\r\n0\r\n\r\nHIDDEN",
        "5_0\r\nhello\r\n0\r\n\r\nHIDDEN",
        "\r\n5\r\nhello\r\n0\r\n\r\nHIDDEN",
        "g\r\nhello\r\n0\r\n\r\nHIDDEN",
        "\r\n\r\nHIDDEN",
        "10000000000000005\r\nhello\r\n0\r\n\r\nHIDDEN",
        "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\nHIDDEN",
        "ffffffffffffffffffffffff5\r\nhello\r\n0\r\n\r\nHIDDEN",
        "100000005\r\nhello\r\n0\r\n\r\nHIDDEN",
        "5;\nHIDDEN\r\nhello\r\n0\r\n\r\nHIDDEN",
        "5;a\rb\r\nhello\r\n0\r\n\r\nHIDDEN",
        "5;\0\r\nhello\r\n0\r\n\r\nHIDDEN",
        "5;x=\"\r\nhello\"\r\n0\r\n\r\nHIDDEN",
        "5\r\nhello\r\n0;x\nHIDDEN",
        "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\nHIDDEN",
        "5\r\nhello\r\n0\r\nX: y\n\nHIDDEN",
        "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\nHIDDEN",
        "5\r\nhello\r\n0\r\nno colon\r\n\r\nHIDDEN",
        "5\r\nhello\r\n0\n\nHIDDEN",
        "5\r\nhello\r\n00000\r\n\r\nHIDDEN",
        "5\r\nhello\r\n0\r\n \r\nHIDDEN",
        "5\r\nhello\r\n0\r\nX-Tan-Account: bob\r\nHost: evil\r\n\r\nHIDDEN",
        "5\r\nhello\r\n\r\n0\r\n\r\nHIDDEN",
        "5;a=b;c=d\r\nhello\r\n0;e\r\n\r\nHIDDEN",
        "5\rhello\r0\r\rHIDDEN",
    ];
    battery(
        bodies
            .map(|body| {
                (
                    body.to_owned(),
                    format!("POST TARGET HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n{body}"),
                )
            })
            .into(),
    )
    .await;
}
