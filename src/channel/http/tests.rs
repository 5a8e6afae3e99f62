//! What a gateway said, as it reaches the log.

use zeroize::Zeroizing;

use super::*;
use crate::{
    channel::{MessageBody, MessageKind},
    domain::{address::Address, channel::Channel, username::Username},
};

fn blotted(said: &str, secret: &str, end: End) -> String {
    let envelope = Envelope {
        transmission: uuid::Uuid::nil(),
        channel: Channel::Email,
        kind: MessageKind::Tan,
        account: Username::parse("alice").unwrap(),
        language: "en".to_owned(),
        subject: String::new(),
        address: Address::parse(Channel::Email, "alice+b@example.com").unwrap(),
        body: MessageBody::new("12345678".to_owned()),
        html: None,
        expected_digits: 8,
    };
    let credentials = Credentials { secret: Zeroizing::new(secret.to_owned()), username: Some("bank".to_owned()) };
    Said::new(said.as_bytes(), end).blotted(&credentials, &envelope)
}

#[test]
fn the_secret_is_blotted_in_every_spelling_that_it_was_sent_in() {
    let secret = "s\"e c/r&t";
    for spelled in [
        "s\"e c/r&t",
        "s\\\"e c/r&t",
        "s%22e%20c%2Fr%26t",
        "s%22e+c%2Fr%26t",
        "s&quot;e c/r&amp;t",
        "YmFuazpzImUgYy9yJnQ=",
    ] {
        let said = blotted(&format!("no such key: [{spelled}]"), secret, End::Whole);
        assert_eq!(said, format!("no such key: [{}]", "*".repeat(spelled.len())), "{spelled}");
    }
    assert_eq!(blotted("said", "", End::Whole), "said");
}

#[test]
fn what_json_hides_behind_escapes_is_found() {
    let said = blotted(
        r#"{"to": "alice+b\u0040example.com", "key": "\u0073esame", "tan": "\u00312345678"}"#,
        "sesame",
        End::Whole,
    );
    assert!(
        said.contains("to") && !said.contains("alice") && !said.contains("sesame") && !said.contains("345678"),
        "{said}"
    );
    let encoded = blotted("to=alice%2Bb%40example.com", "sesame", End::Whole);
    assert_eq!(encoded, format!("to={}", "*".repeat(23)));
}

#[test]
fn a_reply_without_its_end_is_no_json_and_blotted_all_the_same() {
    assert!(Said::new(b"{}", End::Cut).json().is_none());
    assert!(Said::new(b"{}", End::Whole).json().is_some());
    let flood = format!("{}sesame 12345678", "x".repeat(4000));
    let said = blotted(&flood, "sesame", End::Cut);
    assert!(said.len() <= 4096 && said.ends_with("****** ********"), "{said}");
}
