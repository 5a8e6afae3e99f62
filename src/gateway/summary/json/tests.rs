//! What is JSON to every reader alike.

use proptest::prelude::*;

use super::*;

/// The value written again, with numbers as they came.
fn again(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Flag(flag) => flag.to_string(),
        Json::Number(number) => number.clone(),
        Json::Text(text) => serde_json::to_string(text).unwrap(),
        Json::List(list) => format!("[{}]", list.iter().map(again).collect::<Vec<_>>().join(",")),
        Json::Object(members) => {
            let pair =
                |(name, value): (&String, &Json)| format!("{}:{}", serde_json::to_string(name).unwrap(), again(value));
            format!("{{{}}}", members.iter().map(pair).collect::<Vec<_>>().join(","))
        }
    }
}

fn outcome(text: &[u8]) -> Result<String, Unshowable> {
    read(text).map(|json| again(&json))
}

#[test]
fn numbers_stay_as_they_were_written() {
    for number in ["0", "-0", "120.00", "1e2", "1E+400", "1e999", "-1.50e-07", "123456789012345678901234567890.10"] {
        assert_eq!(outcome(number.as_bytes()).as_deref(), Ok(number));
        let within = format!("{{\"a\":[{number}]}}");
        assert_eq!(outcome(format!(" {within}\r\n\t").as_bytes()), Ok(within));
    }
}

#[test]
fn what_is_no_json_is_none() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    for text in [
        "",
        " ",
        "\u{feff}{}",
        "{}x",
        "{}{}",
        "{} null",
        "{}\0",
        "{\"a\":1,}",
        "[1,]",
        "{'a':1}",
        "{a:1}",
        "{\"a\":NaN}",
        "Infinity",
        "-",
        "+1",
        "01",
        "1.",
        ".5",
        "1e",
        "0x10",
        "1_000",
        "tru",
        "True",
        "nul",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "{\"\\ud800\":1}",
        "\"\\x41\"",
        "\"a\nb\"",
        "\"a",
        "{\"a\":1 // note\n}",
        "{\"a\":1 /* note */}",
        "\u{a0}{}",
        &deep(33),
        &deep(100_000),
        &"[".repeat(100_000),
        &"{\"a\":".repeat(100_000),
    ] {
        assert_eq!(outcome(text.as_bytes()), Err(Unshowable::Json), "{}", text.chars().take(40).collect::<String>());
    }
    assert_eq!(outcome(deep(32).as_bytes()), Ok(deep(32)));
    for bytes in [b"\"\xff\"".as_slice(), b"\"\xc0\xaf\"", b"\"\xed\xa0\x80\"", b"{}\xff", b"\xff\xfe{\0}\0", b"\0{\0}"]
    {
        assert_eq!(outcome(bytes), Err(Unshowable::Json), "{bytes:?}");
    }
}

#[test]
fn escapes_are_undone() {
    assert_eq!(outcome(br#"{"\u0061":"\u00e4\ud83d\ude00\n"}"#).as_deref(), Ok(r#"{"a":"ä😀\n"}"#));
}

#[test]
fn a_member_that_stands_twice_is_refused_at_every_depth_and_in_every_case() {
    for object in [
        r#"{"amount":1,"amount":1}"#,
        r#"{"amount":1,"\u0061mount":2}"#,
        r#"{"amount":1,"Amount":2}"#,
        r#"{"kind":1,"\u212Aind":2}"#,
        r#"{"status":1,"ſtatus":2}"#,
        r#"{"straße":1,"STRASSE":2}"#,
        r#"{"id":null,"İD":2}"#,
        r#"{"a":{},"b":[],"A":{}}"#,
        r#"{"":1,"":2}"#,
        r#"{"amount":1,"amount\u0000x":2}"#,
    ] {
        assert_eq!(outcome(object.as_bytes()), Err(Unshowable::MemberTwice), "{object}");
        let deep = format!(r#"{{"x":[1,{{"y":{object}}}],"amount":1}}"#);
        assert_eq!(outcome(deep.as_bytes()), Err(Unshowable::MemberTwice), "{deep}");
    }
    let apart = r#"{"amount":{"amount":1},"x":[{"Amount":1},{"AMOUNT":2}]}"#;
    assert_eq!(outcome(apart.as_bytes()).as_deref(), Ok(apart));
}

/// JSON of any shape, in whose objects no two names are one.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(inner, 0..4).prop_map(|values| {
                values.into_iter().enumerate().map(|(at, value)| (format!("m{at}"), value)).collect::<Value>()
            }),
        ]
    })
}

/// The name with the letters at odd places in the other case.
fn other_case(name: &str) -> String {
    name.chars().enumerate().map(|(at, c)| if at % 2 == 1 { c.to_ascii_uppercase() } else { c }).collect()
}

proptest! {
    #[test]
    fn whatever_is_json_is_read_as_it_is(json in any_json()) {
        prop_assert_eq!(outcome(json.to_string().as_bytes()), Ok(json.to_string()));
        prop_assert_eq!(outcome(format!("{json},").as_bytes()), Err(Unshowable::Json));
    }

    #[test]
    fn a_second_member_in_any_case_is_found_wherever_it_stands(
        json in any_json(), name in "[a-z]{1,12}", depth in 0usize..20, escaped in any::<bool>()
    ) {
        let second: String = if escaped {
            name.chars().fold(String::new(), |text, c| format!("{text}\\u{:04x}", u32::from(c)))
        } else {
            other_case(&name)
        };
        let object = format!("{{\"{name}\":{json},\"other 1\":2,\"{second}\":{json}}}");
        let deep = (0..depth).fold(object, |inner, at| if at % 2 == 0 { format!("[0,{inner}]") } else { format!("{{\"x\":{inner}}}") });
        prop_assert_eq!(outcome(deep.as_bytes()), Err(Unshowable::MemberTwice));
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if read(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<&RawValue>(&bytes).is_ok());
        }
    }
}
