//! What a customer is shown of a request that an attacker wrote.

use proptest::prelude::*;
use serde_json::json;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::*;

const TRANSFER: &str = "Transfer {{ body.amount }} to {{ body.payto_uri }}";

/// What the template makes of a request with that query, content type and body.
fn rendered(
    template: &str,
    query: Option<&str>,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<String, Unshowable> {
    let username = Username::parse("alice").unwrap();
    let params = [("username", "alice"), ("withdrawal_id", "7f3a")];
    let path = "/accounts/alice/withdrawals/7f3a/confirm";
    let request = Shown { username: &username, path, params: &params, query, content_type, body };
    SummaryTemplate::compile(template).unwrap().render(&request).map(|shown| shown.whole().to_owned())
}

fn of_body(template: &str, body: &str) -> Result<String, Unshowable> {
    rendered(template, None, Some("application/json"), body.as_bytes())
}

fn of_query(template: &str, query: &str) -> Result<String, Unshowable> {
    rendered(template, Some(query), None, b"not JSON at all \xff")
}

/// The operation of a configuration.
fn operation(summary: &str) -> Operation {
    let text = format!(
        "[database]\nurl = 'postgres://t@127.0.0.1/t'\n[gateway]\nlisten = '127.0.0.1:1'\nupstream = 'http://127.0.0.1:2'\n\
         [[gateway.operation]]\nname = 'transfer'\nmethod = 'POST'\npath = '/accounts/{{username}}/x'\n{summary}"
    );
    let settings = crate::settings::Settings::from_toml(&text, std::path::Path::new("/"), std::iter::empty());
    settings.unwrap_or_else(|troubles| panic!("{troubles}")).gateway.unwrap().operations.remove(0)
}

#[test]
fn amount_and_payee_are_shown_as_they_were_written() {
    for (amount, shown) in [
        ("120.00", "120.00"),
        ("1e2", "1e2"),
        ("1E+400", "1E+400"),
        ("-0", "-0"),
        ("12345678901234567890.10", "12345678901234567890.10"),
        ("\"CHF:10\"", "CHF:10"),
        ("\"\\u0031\\u0030\"", "10"),
        ("true", "true"),
    ] {
        let body = format!(r#"{{"amount":{amount},"payto_uri":"payto://iban/DE75512108001245126199"}}"#);
        let expected = format!("Transfer {shown} to payto://iban/DE75512108001245126199");
        assert_eq!(of_body(TRANSFER, &body), Ok(expected));
    }
}

#[test]
fn a_template_reads_account_path_placeholders_query_and_body() {
    let template =
        "{{ username }} {{ path }} {{ params.withdrawal_id }} {{ query.a }} {{ body.list[1].x }} {{ body['b c'] }}";
    let found =
        rendered(template, Some("a=1+2%2f3&b"), Some("application/json"), br#"{"list":[0,{"x":1}],"b c":false}"#);
    assert_eq!(found.as_deref(), Ok("alice /accounts/alice/withdrawals/7f3a/confirm 7f3a 1 2/3 1 false"));
}

#[test]
fn a_body_that_no_template_reads_may_be_anything() {
    let found = rendered("Confirm {{ params.withdrawal_id }}", Some("%zz"), Some("image/png"), b"\xff{{");
    assert_eq!(found.as_deref(), Ok("Confirm 7f3a"));
}

#[test]
fn an_operation_without_a_template_is_shown_by_its_name() {
    let username = Username::parse("alice").unwrap();
    let request = Shown {
        username: &username,
        path: "/accounts/alice/x",
        params: &[],
        query: None,
        content_type: None,
        body: b"",
    };
    assert_eq!(approval_of(&operation(""), &request).map(|shown| shown.whole().to_owned()).as_deref(), Ok("transfer"));
    let closing = operation("summary = 'Close the account of {{ username }}'");
    assert_eq!(
        approval_of(&closing, &request).map(|shown| shown.whole().to_owned()).as_deref(),
        Ok("Close the account of alice")
    );
}

#[test]
fn what_is_missing_null_or_whole_is_refused() {
    for (body, why) in [
        ("{}", Unshowable::Missing),
        (r#"{"amount":1}"#, Unshowable::Missing),
        (r#"{"amount":null,"payto_uri":"x"}"#, Unshowable::Missing),
        (r#"{"Amount":1,"payto_uri":"x"}"#, Unshowable::Missing),
        (r#"{"amount":{"value":1},"payto_uri":"x"}"#, Unshowable::NotSimple),
        (r#"{"amount":[1],"payto_uri":"x"}"#, Unshowable::NotSimple),
        (r#"{"amount":[],"payto_uri":"x"}"#, Unshowable::NotSimple),
        ("[]", Unshowable::Missing),
        ("1", Unshowable::Missing),
        ("null", Unshowable::Missing),
        ("\"amount\"", Unshowable::Missing),
    ] {
        assert_eq!(of_body(TRANSFER, body), Err(why), "{body}");
    }
    for template in [
        "{{ body }}",
        "{{ body.o ~ 'x' }}",
        "{{ 'x' ~ body.l }}",
        "{{ body.o | shorten }}",
        "{{ params }}",
        "{{ [body.a] }}",
    ] {
        assert_eq!(of_body(template, r#"{"a":"x","o":{"a":1},"l":[1]}"#), Err(Unshowable::NotSimple), "{template}");
    }
    assert_eq!(of_body("{{ body.a ~ '!' }}", r#"{"a":null}"#), Err(Unshowable::Missing));
    assert_eq!(of_body("x{{ body.a }}", r#"{"a":"\ufdd0"}"#), Err(Unshowable::NotSimple));
    assert_eq!(of_body("{{ body.a }}", r#"{"a":" \u200b"}"#), Err(Unshowable::Empty));
}

#[test]
fn what_may_be_absent_is_asked_for() {
    let template = "Pay {{ body.amount }}{% if body.subject is defined %} for {{ body.subject }}{% endif %}";
    for (subject, shown) in [("", "Pay 5"), (r#","subject":null"#, "Pay 5"), (r#","subject":"rent""#, "Pay 5 for rent")]
    {
        assert_eq!(of_body(template, &format!(r#"{{"amount":5{subject}}}"#)).as_deref(), Ok(shown));
    }
    let short = "Pay {{ body.amount }}{{ ' for ' ~ body.subject if body.subject is defined }}";
    assert_eq!(of_body(short, r#"{"amount":5}"#).as_deref(), Ok("Pay 5"));
    for template in ["{% if body.fast %}x{% endif %}", "x{{ body.fast if true }}", "x{{ body.fast | shorten }}"] {
        assert_eq!(of_body(template, "{}"), Err(Unshowable::Missing), "{template}");
    }
}

#[test]
fn a_list_is_gone_through_and_an_object_is_not() {
    let template =
        "{% for part in body.parts %}{{ part.to }} {{ part.amount }}{% if not loop.last %}, {% endif %}{% endfor %}";
    assert_eq!(
        of_body(template, r#"{"parts":[{"to":"A","amount":1.0},{"to":"B","amount":2}]}"#).as_deref(),
        Ok("A 1.0, B 2")
    );
    assert_eq!(of_body(template, r#"{"parts":[{"to":"A","amount":1},null]}"#), Err(Unshowable::Missing));
    assert_eq!(of_body(template, r#"{"parts":"AB"}"#), Err(Unshowable::Missing));
    assert_eq!(of_body(template, r#"{"parts":{"to":"A"}}"#), Err(Unshowable::NotSimple));
    assert_eq!(of_body(template, r#"{"parts":[]}"#), Err(Unshowable::Empty));
    let many = vec![json!({"to": "\u{200b}", "amount": ""}); 100_000];
    assert_eq!(of_body(template, &json!({ "parts": many }).to_string()), Err(Unshowable::TooLong));
}

#[test]
fn a_body_that_readers_could_take_differently_is_refused() {
    let json = Some("application/json");
    let one = |content_type, body: &[u8]| rendered("{{ body.a }}", None, content_type, body);
    assert_eq!(one(json, b"{\"a\":1}").as_deref(), Ok("1"));
    for content_type in [
        None,
        Some("application/x-www-form-urlencoded"),
        Some("application/json; charset=utf-16"),
        Some("application/problem+json"),
        Some("text/plain"),
    ] {
        assert_eq!(one(content_type, b"{\"a\":1}"), Err(Unshowable::ContentType), "{content_type:?}");
    }
    for body in
        [b"a=1".as_slice(), b"", b"\xef\xbb\xbf{\"a\":1}", b"{\"a\":1}x", b"{\"a\":\"\xff\"}", br#"{"a":"\ud800"}"#]
    {
        assert_eq!(one(json, body), Err(Unshowable::Json), "{body:?}");
    }
    assert_eq!(one(json, br#"{"a":1,"x":[{"b":1,"B":1}]}"#), Err(Unshowable::MemberTwice), "also where none looks");
}

#[test]
fn a_parameter_that_stands_twice_is_refused_where_it_is_shown() {
    assert_eq!(of_query("{{ query.a }}", "a=1&tag=x&tag=y").as_deref(), Ok("1"));
    for query in ["a=1&a=1", "a=1&A=2", "a=1&%61=2", "a&a", "a=1&a[]=2", "a%5Bx%5D=2&a=1", "a=1&a%00=2"] {
        assert_eq!(of_query("{{ query.a }}", query), Err(Unshowable::ParameterTwice), "{query}");
        assert_eq!(of_query("{{ query['a'] }}", query), Err(Unshowable::ParameterTwice), "{query}");
        assert_eq!(
            of_query("{% if query.a is defined %}x{% endif %}", query),
            Err(Unshowable::ParameterTwice),
            "{query}"
        );
    }
    for query in ["", "A=1", "b=1", "a%00=1"] {
        assert_eq!(of_query("{{ query.a }}", query), Err(Unshowable::Missing), "{query}");
    }
    for query in ["a=%", "a=%2", "a=%zz", "a=%ff", "a=1&b=%c3"] {
        assert_eq!(of_query("{{ query.a }}", query), Err(Unshowable::Query), "{query}");
    }
}

#[test]
fn what_is_too_long_is_refused_and_what_is_shortened_keeps_amount_and_payee() {
    let transfer =
        |payee: &str, payto: &str| json!({"amount": "CHF:1250.00", "payee": payee, "payto_uri": payto}).to_string();
    let payto = "payto://iban/DE75512108001245126199?receiver-name=ACME%20GmbH&message=Invoice%20of%20January";
    assert_eq!(
        of_body("{{ body.amount }} to {{ body.payee }}", &transfer(&"x".repeat(130), payto)),
        Err(Unshowable::TooLong)
    );
    assert_eq!(of_body("{{ body.payee }}", &transfer(&"x".repeat(100_000), payto)), Err(Unshowable::TooLong));
    let template = "Transfer {{ body.amount }} to {{ body.payee | shorten }}, {{ body.payto_uri | shorten }}";
    assert_eq!(
        of_body(template, &transfer(&"ACME and Sons ".repeat(9), payto)).as_deref(),
        Ok("Transfer CHF:1250.00 to ACME and Son…ME and Sons, payto://iban/DE75…6199?…")
    );
    let hidden = format!("Mallory{}ACME", "\u{200b}".repeat(500));
    assert_eq!(
        of_body(template, &transfer(&hidden, payto)).as_deref(),
        Ok("Transfer CHF:1250.00 to Mallory ACME, payto://iban/DE75…6199?…")
    );
    assert_eq!(of_body("{{ body.payto_uri | shorten(9) }}", &transfer("", payto)).as_deref(), Ok("DE75…6199"));
}

#[test]
fn a_payee_cannot_write_a_line_of_the_bank() {
    for (payee, shown) in [
        ("ACME\n@bank.example #12345678", "Pay 1 to ACME @bank.example 12345678"),
        ("ACME\u{2028}＠bank.example ＃12345678", "Pay 1 to ACME bank.example 12345678"),
        ("\u{202e}EMCA\u{202c}", "Pay 1 to EMCA"),
        ("A\u{200d}C\u{0338}ME", "Pay 1 to A C ME"),
        ("{{ body.amount }}", "Pay 1 to {{ body.amount }}"),
    ] {
        let body = json!({"amount": 1, "payee": payee}).to_string();
        assert_eq!(of_body("Pay {{ body.amount }} to {{ body.payee }}", &body).as_deref(), Ok(shown), "{payee:?}");
    }
}

#[test]
fn a_refusal_repeats_nothing_of_the_request() {
    for unshowable in [Unshowable::Missing, Unshowable::TooLong, Unshowable::MemberTwice, Unshowable::ContentType] {
        assert!(unshowable.detail().ends_with('.') && unshowable.detail().contains("cannot be shown for approval"));
    }
    let debug = format!("{:?}", values::texts(&[("secret", "hunter2")]));
    assert!(!debug.contains("hunter2"), "{debug}");
}

proptest! {
    #[test]
    fn whatever_strangers_write_what_is_shown_is_one_line_that_can_be_seen(
        amount in "(\\PC|[@#\\n\u{202e}\u{200b}1]){0,30}", payee in any::<String>(), line in "[ \\n]?@bank.example[ \\n]?#[0-9]{8}"
    ) {
        let body = json!({"amount": amount, "payee": format!("{payee}{line}")}).to_string();
        for template in ["Pay {{ body.amount }} to {{ body.payee }}", "{{ body.amount | shorten }} {{ body.payee | shorten(60) }}"] {
            let Ok(text) = of_body(template, &body) else { continue };
            let unseen = |c: char| c.general_category_group() == GeneralCategoryGroup::Other;
            prop_assert!(!text.chars().any(|c| unseen(c) || c == '\u{2028}' || c == '\u{2029}'), "{:?}", text);
            prop_assert!(text.chars().count() <= 140 && text.lines().count() == 1, "{:?}", text);
            prop_assert!(!text.split_once('@').is_some_and(|(_, behind)| behind.contains('#')), "{:?}", text);
        }
    }
}

#[test]
fn what_may_be_shortened_has_a_short_form_in_which_amount_and_payee_stay() {
    let template = "Transfer {{ body.amount }} to {{ body.payto | shorten(40) }} for {{ body.subject | shorten(60) }}";
    let body = r#"{"amount": "CHF:10.00", "payto": "payto://iban/CH9300762011623852957?receiver-name=Bob", "subject": "the invoices of this and of the last month"}"#;
    let username = Username::parse("alice").unwrap();
    let (content_type, body) = (Some("application/json"), body.as_bytes());
    let request = Shown { username: &username, path: "/x", params: &[], query: None, content_type, body };
    let shown = SummaryTemplate::compile(template).unwrap().render(&request).unwrap();
    let whole =
        "Transfer CHF:10.00 to payto://iban/CH9300762011623852957?… for the invoices of this and of the last month";
    assert_eq!(shown.whole(), whole);
    assert_eq!(shown.brief(), Some("Transfer CHF:10.00 to payto://iban/CH9300762011623852957?… for the …onth"));
    let plain = SummaryTemplate::compile("Transfer {{ body.amount }}").unwrap().render(&request).unwrap();
    assert_eq!(plain.brief(), None, "nothing may be cut");
}
