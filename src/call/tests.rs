//! Templates: what comes of hostile values; replies: what they mean.

use std::borrow::Cow;

use serde_json::json;

use super::*;

const HOSTILE: &str = "a\"b\\c\r\nX-Evil: 1\n<x>&'😀{{ secret }}\u{1}";

fn values(text: &str) -> Values<'_> {
    Values {
        address: "+41791234567",
        message: text,
        subject: text,
        html: text,
        channel: "sms",
        kind: "tan",
        account: "alice",
        transmission: "018f4a5e-0000-7000-8000-000000000000",
        language: Cow::Borrowed("de"),
        secret: "sesame",
    }
}

fn filled(source: &str, place: Place, text: &str) -> Result<String, FillError> {
    Template::compile(source, place).unwrap().fill(&values(text)).map(|filled| filled.to_string())
}

#[test]
fn a_value_never_becomes_more_than_a_value_wherever_it_stands() {
    let json = filled("{\"a\": {{ message }}, \"b\": {{ \"00\" ~ digits }}}", Place::Json, HOSTILE).unwrap();
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read, json!({"a": HOSTILE, "b": "0041791234567"}));
    assert_eq!(
        filled("<t a='{{ message }}'/>", Place::Xml, HOSTILE).unwrap(),
        "<t a='a&quot;b\\c&#13;&#10;X-Evil: 1&#10;&lt;x&gt;&amp;&apos;😀{{ secret }}\u{fffd}'/>"
    );
    assert_eq!(filled("{{ message }}!", Place::Plain, HOSTILE).unwrap(), format!("{HOSTILE}!"));
    assert_eq!(filled("{{ subject }}", Place::Header, HOSTILE), Err(FillError::Control));
    assert_eq!(filled("{{ subject }}", Place::Header, "Grüezi 😀").unwrap(), "Grüezi 😀");
}

#[test]
fn no_value_leads_a_url_elsewhere() {
    let url = |source: &str, text: &str| Target::compile(source).unwrap().fill(&values(text)).map(String::from);
    assert_eq!(
        url("https://a.example/{{ message }}?to={{ address }}&b", "/../@evil:1?#&=+ %2f\n😀").unwrap(),
        "https://a.example/%2F..%2F%40evil%3A1%3F%23%26%3D%2B%20%252f%0A%F0%9F%98%80?to=%2B41791234567&b"
    );
    for dots in [".", ".."] {
        assert_eq!(url("https://a.example/v1/{{ message }}/x", dots), Err(FillError::Dots));
    }
    assert_eq!(url("https://a.example/{{ message }}", "...").unwrap(), "https://a.example/...");
}

#[test]
fn a_template_chooses_by_what_the_message_is() {
    let source = "{% if kind == 'notice' and not html %}n{% elif language == \"de\" or channel != 'sms' -%} d {%- else %}e{% endif %}{# no #}";
    let template = Template::compile(source, Place::Plain).unwrap();
    let fill = |values: &Values<'_>| template.fill(values).unwrap().to_string();
    assert_eq!(fill(&values("x")), "d");
    assert_eq!(fill(&Values { kind: "notice", html: "", ..values("x") }), "n");
    assert_eq!(fill(&Values { language: Cow::Borrowed("en"), ..values("x") }), "e");
    assert!(template.reads("html") && !template.reads("secret"));
}

#[test]
fn a_form_is_encoded_whole_and_a_header_is_not_to_be_shown() {
    let plain = |source: &str| Template::compile(source, Place::Plain).unwrap();
    let call = Call {
        method: Method::Post,
        target: Target::compile("https://a.example/").unwrap(),
        headers: vec![(
            HeaderName::from_static("authorization"),
            Template::compile("Bearer {{ secret }}", Place::Header).unwrap(),
        )],
        body: Body::Form(vec![("to".to_owned(), plain("{{ digits }}")), ("t&".to_owned(), plain("x={{ message }}"))]),
    };
    let filled = call.fill(&values("a&b=c +é\n")).unwrap();
    let Content { content_type, bytes } = filled.body.unwrap();
    assert_eq!(content_type, "application/x-www-form-urlencoded");
    assert_eq!(String::from_utf8(bytes.to_vec()).unwrap(), "to=41791234567&t%26=x%3Da%26b%3Dc+%2B%C3%A9%0A");
    assert_eq!(filled.headers[0].1, "Bearer sesame");
    assert!(filled.headers[0].1.is_sensitive());
}

#[test]
fn the_media_type_says_how_a_body_is_escaped() {
    for (content_type, place) in [
        ("application/json", Place::Json),
        ("Application/Vnd.Api+JSON; charset=utf-8", Place::Json),
        ("text/xml", Place::Xml),
        ("application/soap+xml; action=\"x\"", Place::Xml),
        ("text/html", Place::Xml),
        ("text/plain", Place::Plain),
        ("application/jsonlines", Place::Plain),
        ("json", Place::Plain),
    ] {
        assert_eq!(Place::of(content_type), place, "{content_type}");
    }
}

#[test]
fn a_status_says_what_a_reply_means_and_what_stands_inside_goes_before_it() {
    let pointed = |pointer: &str, values: &[&str]| {
        Some(Pointed { pointer: pointer.to_owned(), values: values.iter().map(|value| (*value).to_owned()).collect() })
    };
    let usual = Replies { try_later: vec![429, 503], ..Replies::default() };
    for (status, verdict) in [
        (200, Verdict::Accepted),
        (299, Verdict::Accepted),
        (302, Verdict::Misconfigured),
        (401, Verdict::Misconfigured),
        (403, Verdict::Misconfigured),
        (404, Verdict::Misconfigured),
        (400, Verdict::Failed),
        (429, Verdict::TryLater),
        (500, Verdict::Failed),
        (503, Verdict::TryLater),
    ] {
        assert_eq!(usual.judge(status, None), verdict, "{status}");
    }
    let inside = Replies {
        accepted: vec![202],
        accepted_where: pointed("/messages/0/status", &["0", "true", "queued"]),
        address_refused: vec![404],
        address_refused_where: pointed("/error", &["no such number"]),
        try_later_where: pointed("/error", &["null"]),
        ..usual
    };
    let said = |status: serde_json::Value| json!({"messages": [{"status": status}], "error": ""});
    for (status, reply, verdict) in [
        (202, Some(said(json!(0))), Verdict::Accepted),
        (202, Some(said(json!(true))), Verdict::Accepted),
        (202, Some(said(json!("queued"))), Verdict::Accepted),
        (202, Some(said(json!(["queued"]))), Verdict::Failed),
        (202, Some(said(json!("failed"))), Verdict::Failed),
        (202, Some(json!([])), Verdict::Failed),
        (202, None, Verdict::Failed),
        (200, Some(said(json!(0))), Verdict::Failed),
        (404, None, Verdict::AddressRefused),
        (202, Some(json!({"error": "no such number"})), Verdict::AddressRefused),
        (500, Some(json!({"error": "no such number"})), Verdict::AddressRefused),
        (202, Some(json!({"error": null})), Verdict::TryLater),
    ] {
        assert_eq!(inside.judge(status, reply.as_ref()), verdict, "{status} {reply:?}");
    }
}
