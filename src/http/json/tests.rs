//! The strict reader, and random texts.

mod grammar;

use std::{fmt::Write as _, time::Duration};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn read(body: &str) -> Body {
    Body::parse(body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"))
}

fn code<T>(outcome: Result<T, ApiError>) -> u16 {
    outcome.err().map_or(0, |error| error.code().number())
}

#[test]
fn what_is_no_json_object_is_refused() {
    let no_objects: [&[u8]; 17] = [
        b"",
        b" ",
        b"null",
        b"[]",
        b"\"tan\"",
        b"{",
        b"{}{}",
        b"{} x",
        b"{}\0",
        b"{\"a\":1,}",
        b"{'a':1}",
        b"{\"a\":01}",
        b"{\"a\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"{\"a\":NaN}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":1,\"\\u0061\":2}",
    ];
    for bytes in no_objects {
        assert_eq!(code(Body::parse(bytes)), 22, "{}", String::from_utf8_lossy(bytes));
    }
}

#[actix_web::test]
async fn a_refused_body_is_not_repeated_to_the_caller() {
    let error = Body::parse(b"{\"tan\":\"12345678\",\"tan\":\"87654321\"}").err().unwrap();
    let body = crate::http::error::tests::body_of(&error).await;
    assert_eq!(body["detail"], "a member stands twice at line 1 column 23");
    assert!(!body.to_string().contains("5678") && !body.to_string().contains("8765"));
}

#[test]
fn unknown_members_are_ignored_whatever_they_hold() {
    let body = read(r#"{"x":[1,-1,1.5,null,true,{"y":{}}],"tan":"1"}"#);
    assert_eq!(body.required_text("tan").unwrap(), "1");
}

#[test]
fn null_counts_as_absent_except_where_a_member_is_nullable() {
    let body = read(r#"{"a":null,"b":"x"}"#);
    assert_eq!(code(body.required_text("a")), 25);
    assert_eq!(code(body.required_text("c")), 25);
    assert_eq!(body.optional_text("a").unwrap(), None);
    assert_eq!(body.nullable_text("a").unwrap(), Nullable::Null);
    assert_eq!(body.nullable_text("b").unwrap(), Nullable::Value("x"));
    assert_eq!(body.nullable_text("c").unwrap(), Nullable::Absent);
    assert_eq!(code(body.required_object("a")), 25);
    assert!(body.optional_object("a").unwrap().is_none());
    assert_eq!(body.optional_texts("a").unwrap(), None);
    assert_eq!(body.optional_span("a").unwrap(), None);
    assert_eq!(body.optional_flag("a").unwrap(), None);
}

#[test]
fn a_member_of_the_wrong_type_is_malformed() {
    let body = read(r#"{"a":1,"b":"x","c":["x",1],"d":{"d_us":-1},"e":"\u0000","f":[null]}"#);
    assert_eq!(code(body.required_text("a")), 26);
    assert_eq!(code(body.nullable_text("a")), 26);
    assert_eq!(code(body.required_text("e")), 26);
    assert_eq!(code(body.optional_object("b")), 26);
    assert_eq!(code(body.optional_texts("b")), 26);
    assert_eq!(code(body.optional_texts("c")), 26);
    assert_eq!(code(body.optional_texts("f")), 26);
    assert_eq!(code(body.optional_span("a")), 26);
    assert_eq!(code(body.optional_span("d")), 26);
    assert_eq!(code(body.optional_flag("a")), 26);
}

#[test]
fn durations_are_whole_microseconds_or_forever() {
    let span = |text: &str| read(&format!(r#"{{"duration":{text}}}"#)).optional_span("duration");
    assert_eq!(span(r#"{"d_us":1500}"#).unwrap(), Some(Span::Finite(Duration::from_micros(1500))));
    assert_eq!(span(r#"{"d_us":"forever"}"#).unwrap(), Some(Span::Forever));
    for (text, expected) in [
        (r"{}", 25),
        (r#"{"d_us":null}"#, 25),
        (r#"{"d_us":1.0}"#, 26),
        (r#"{"d_us":"1"}"#, 26),
        (r#"{"d_us":99999999999999999999}"#, 26),
        ("300", 26),
        (r#""forever""#, 26),
    ] {
        assert_eq!(code(span(text)), expected, "{text}");
    }
}

#[actix_web::test]
async fn hints_name_the_member_with_its_place_and_say_what_would_be_right() {
    let body = read(r#"{"contact_data":{"phone":1}}"#);
    let contact = body.required_object("contact_data").unwrap();
    let wrong = crate::http::error::tests::body_of(&contact.optional_text("phone").err().unwrap()).await;
    assert_eq!(wrong["hint"], "\"contact_data.phone\" must be a text (without the character U+0000).");
    let absent = crate::http::error::tests::body_of(&contact.required_text("email").err().unwrap()).await;
    assert_eq!(absent["hint"], "\"contact_data.email\" is absent and needed.");
    assert_eq!(absent["detail"], "contact_data.email");
}

#[test]
fn nesting_without_end_is_refused_without_a_crash() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{{\"a\":{}1{}}}", open.repeat(30_000), close.repeat(30_000));
        assert_eq!(code(Body::parse(deep.as_bytes())), 22);
        assert_eq!(code(Body::parse(open.repeat(30_000).as_bytes())), 22);
    }
}

/// Any JSON value, a few levels deep.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..5).prop_map(|members| json!(members)),
        ]
    })
}

/// `{"name":1,"name":2}` within as many lists and objects as `layers` says, each with an innocent neighbour.
fn planted(name: &str, layers: &[bool], neighbour: &Value) -> String {
    let name = Value::from(name);
    let mut text = format!("{{{name}:1,\"between\":{neighbour},{name}:2}}");
    for as_object in layers {
        let outer = std::mem::take(&mut text);
        if *as_object {
            write!(text, "{{\"before\":{neighbour},\"inner\":{outer}}}").unwrap();
        } else {
            write!(text, "[{neighbour},{outer}]").unwrap();
        }
    }
    format!("{{\"tan\":\"1\",\"x\":{text}}}")
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Body::parse(&bytes);
    }

    #[test]
    fn no_text_that_looks_like_json_breaks_the_reader(text in "[\\[\\]{}\":,0-9eE.+\\\\u a-f-]{0,80}") {
        prop_assert_eq!(Body::parse(text.as_bytes()).is_ok(), grammar::is_object(text.as_bytes()), "{}", text);
    }

    #[test]
    fn a_body_that_was_bent_is_read_if_and_only_if_it_is_still_an_object(
        value in any_value(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0u8..4, any::<u8>(), 0usize..10), 1..4),
    ) {
        const WORDS: [&str; 10] = ["\\u0061", "\\ud83d\\ude00", "\\ud800", "1e5", "-0", "01", "\"x\":1,", "{}", ",", "\u{feff}"];
        let mut bytes = json!({"x": value, "y": [1, {"z": null}]}).to_string().into_bytes();
        for (at, deed, byte, word) in changes {
            let at = at.index(bytes.len());
            match deed {
                0 => drop(bytes.remove(at)),
                1 => bytes[at] = byte,
                2 => bytes.insert(at, bytes[at]),
                _ => drop(bytes.splice(at..at, WORDS[word].bytes())),
            }
            prop_assume!(!bytes.is_empty());
        }
        let text = String::from_utf8_lossy(&bytes);
        prop_assert_eq!(Body::parse(&bytes).is_ok(), grammar::is_object(&bytes), "{}", text);
    }

    #[test]
    fn every_object_without_a_duplicate_is_read(value in any_value()) {
        let text = json!({"tan": "1", "x": value}).to_string();
        let body = read(&text);
        prop_assert_eq!(body.required_text("tan").unwrap(), "1");
    }

    #[test]
    fn a_planted_duplicate_is_found_at_any_depth(
        name in any::<String>().prop_filter("another member", |name| name != "between"),
        layers in prop::collection::vec(any::<bool>(), 0..100),
        neighbour in any_value(),
    ) {
        let text = planted(&name, &layers, &neighbour);
        let error = Body::parse(text.as_bytes()).err().unwrap();
        prop_assert_eq!(error.code(), Code::JsonInvalid);
        let said = actix_web::ResponseError::error_response(&error).into_body();
        let said = actix_web::body::MessageBody::try_into_bytes(said).unwrap();
        prop_assert!(String::from_utf8_lossy(&said).contains("a member stands twice"));
    }
}
