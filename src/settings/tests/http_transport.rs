//! The transport that calls a gateway over HTTP: its page, its examples, what is refused, and what is doubtful.

use super::*;
use crate::call::Body;

const PAGE: &str = include_str!("../../../config/transports.toml");
const JSON: &str = include_str!("../../../config/sms-gateway-json.toml");
const FORM: &str = include_str!("../../../config/sms-gateway-form.toml");
const PATH: &str = "channel.sms.transport.gateway.";
/// What is needed for such a transport to be whole.
const WHOLE: &str = "url = 'https://sms.example/'\nbody = '{\"to\": {{ address }}, \"text\": {{ message }}}'\n";

/// The section of the page for this kind, up to the next one.
fn page() -> &'static str {
    let (_, behind) = PAGE.split_once("# --- a gateway over HTTP").unwrap();
    let (_, behind) = behind.split_once('\n').unwrap();
    behind.split("\n# --- ").next().unwrap()
}

fn with(keys: &str) -> String {
    format!("{LEAST}[channel.sms.transport.gateway]\nkind = 'http'\n{keys}")
}

fn http(settings: &Settings) -> &Http {
    match &settings.channels.sms.transports[0].kind {
        TransportKind::Http(http) => http,
        _ => panic!("no gateway"),
    }
}

/// Exactly these troubles, of the transport's section.
fn refused(keys: &str, parts: &[&str]) {
    let found = troubles(&with(keys), &[]);
    assert!(found.iter().all(|trouble| trouble.contains("channel.sms.transport.gateway")), "{found:#?}");
    assert_troubles(&found, parts);
}

#[test]
fn each_key_is_documented_with_its_default_and_no_other() {
    let least = loaded(&with(WHOLE), &[]);
    let mut known: BTreeSet<String> = BTreeSet::new();
    let key_of = |line: &str| line.split_once(" = ").map(|(key, _)| key.trim_start_matches('#').to_owned());
    let lines: Vec<_> = page().lines().filter(|line| !line.starts_with("# ") && !line.starts_with('[')).collect();
    for effective in least.effective.iter().filter(|effective| effective.path.starts_with(PATH)) {
        let key = effective.path.strip_prefix(PATH).unwrap();
        known.insert(key.to_owned());
        let line = lines.iter().find(|line| key_of(line).as_deref() == Some(key));
        let is_free = ["headers", "form"].contains(&key);
        if let (Source::Default, Some(shown), false) = (&effective.source, &effective.shown, is_free) {
            assert_eq!(line, Some(&format!("{key} = {shown}").as_str()));
        }
    }
    // Of every kind, and documented once for all.
    assert!(known.remove("timeout"));
    let documented: BTreeSet<_> = lines.iter().filter_map(|line| key_of(line)).collect();
    assert_eq!(documented, known);
    loaded(&format!("{LEAST}{}", page()), &[]);
}

#[test]
fn what_the_page_shows_commented_out_can_be_written() {
    let others =
        page().replace("\nbody", "\n#body").replace("\nsecret =", "\n#secret =").replace("Authorization", "X-A");
    let others = ["form", "secret_file", "username", "ca_file", "accepted_p", "address_refused_p", "try_later_p"]
        .iter()
        .fold(others, |text, key| text.replace(&format!("\n#{key}"), &format!("\n{key}")))
        .replace("_values = []", "_values = [0, \"x\", true]");
    let settings = loaded(&format!("{LEAST}{others}"), &[]);
    let replies = &http(&settings).replies;
    assert_eq!(replies.accepted_where.as_ref().unwrap().values, ["0", "x", "true"]);
    assert_eq!(replies.address_refused_where.as_ref().unwrap().pointer, "/error/code");
}

#[test]
fn the_examples_load_as_they_stand() {
    let settings = loaded(&format!("{LEAST}{JSON}"), &[]);
    let json = http(&settings);
    assert!(matches!(json.call.body, Body::Text { .. }) && json.username.is_none());
    assert!(json.call.headers.iter().any(|(name, _)| name == "idempotency-key"));
    assert_eq!(settings.channels.sms.transports[0].timeout, Duration::from_secs(10));
    let settings = loaded(&format!("{LEAST}{FORM}"), &[]);
    let form = http(&settings);
    assert!(matches!(&form.call.body, Body::Form(fields) if fields.len() == 4));
    assert!(form.replies.read_the_body());
    for example in [JSON, FORM] {
        let warnings = loaded(&format!("{LEAST}{example}"), &[]).warnings();
        let own: Vec<_> = warnings.iter().filter(|warning| warning.starts_with("channel.sms")).collect();
        assert_eq!(own, ["channel.sms, transport gateway: /etc/tanager/sms-gateway.secret is no file."]);
    }
}

#[test]
fn a_secret_is_in_the_configuration_a_variable_or_a_file_and_shown_nowhere() {
    let keys = format!("{WHOLE}headers = {{ X-Key = '{{{{ secret }}}}' }}\n");
    let variable = [("TANAGER_CHANNEL__SMS__TRANSPORT__GATEWAY__SECRET", "hunter2")];
    let settings = loaded(&with(&keys), &variable);
    assert!(matches!(&http(&settings).secret, Some(SecretSource::Written(secret)) if secret.reveal() == "hunter2"));
    let mut report = String::new();
    settings.report(&mut report).unwrap();
    assert!(report.contains("secret = (withheld)") && !report.contains("hunter2"), "{report}");
    let settings = loaded(&with(&format!("{keys}secret_file = 'key'")), &[]);
    assert!(matches!(&http(&settings).secret, Some(SecretSource::File(file)) if file == Path::new("/etc/tanager/key")));
    let written_out = "url = 'https://sms.example/send?key=hunter2&to={{ address }}'\n\
                       headers = { X-Key = 'hunter2' }\ncontent_type = 'text/plain'\nbody = 'hunter2 {{ message }}'";
    let mut report = String::new();
    loaded(&with(written_out), &[]).report(&mut report).unwrap();
    assert!(report.contains("https://sms.example/send?…") && !report.contains("hunter2"), "{report}");
    let both = format!("{keys}secret = 'hunter2'\nsecret_file = 'key'");
    refused(&both, &["secret: stands beside secret_file"]);
    refused(&keys, &["secret: is missing"]);
    refused(&format!("{WHOLE}secret = 'hunter2'"), &["secret: is sent nowhere"]);
    refused(&format!("{WHOLE}username = 'bank'"), &["secret: is missing"]);
    let basic = "username = 'a:b'\nsecret = 'x'\nheaders = { authorization = 'Bearer {{ secret }}' }";
    refused(&format!("{WHOLE}{basic}"), &["username: has a colon", "username: stands beside headers.Authorization"]);
}

#[test]
fn a_url_calls_only_whom_the_operator_wrote() {
    let url = |url: &str| format!("url = '{url}'\nform = {{ to = '{{{{ address }}}}', text = '{{{{ message }}}}' }}");
    for fine in [
        "https://sms.example",
        "https://sms.example?to=1",
        "https://sms.example:8443/{{ digits }}",
        "https://sms.example/{% if kind == \"tan\" %}a{% else %}b{% endif %}?l={{ language }}",
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://[::1]:80/{{ account }}",
    ] {
        loaded(&with(&url(fine)), &[]);
    }
    for (wrong, part) in [
        ("https://{{ account }}/", "written out"),
        ("{{ secret }}", "written out"),
        ("https://sms.{{ account }}/", "written out"),
        ("https://sms.example{{ account }}/", "written out"),
        ("https://sms.example:{{ digits }}/", "written out"),
        ("https://sms.example{% if kind == \"tan\" %}/{% endif %}", "written out"),
        ("ftp://sms.example/", "written out"),
        ("sms.example", "written out"),
        ("https://u:p@sms.example/", "credentials"),
        ("https://sms.example/#x", "fragment"),
        ("http://sms.example/", "unencrypted"),
        ("http://127.0.0.1.sms.example/", "unencrypted"),
        ("https://sms.example/{{ adress }}", "\"adress\", which there is not"),
    ] {
        refused(&url(wrong), &[part]);
    }
    refused("url = ''\nbody = '{{ address }}'", &["url: \"\" is empty"]);
    refused("form = { to = '{{ address }}', text = '{{ message }}' }", &["url: is missing"]);
}

#[test]
fn what_a_hostile_text_would_break_is_refused() {
    let body = |content_type: &str, body: &str| {
        format!("url = 'https://sms.example/'\ncontent_type = '{content_type}'\nbody = '''{body}'''")
    };
    let both = "{{ address }} {{ message }}";
    for (content_type, text) in [
        ("application/json", "{\"a\": [{{ address }}, {{ \"x\" ~ message }}], \"b\": {\"c\": {{ html }}}}"),
        ("application/vnd.x+json; charset=utf-8", "[{{ address }}, {{ message }}]"),
        ("text/xml", "<a b=\"{{ address }}\">{{ message }}</a>"),
        ("text/plain; charset=utf-8", both),
    ] {
        loaded(&with(&body(content_type, text)), &[]);
    }
    for (content_type, text, part) in [
        ("application/json", "{\"to\": \"{{ address }}\", \"t\": {{ message }}}", "body: is no JSON"),
        (
            "application/json",
            "[{{ address }}, {{ message }}{% if language == \"de\" %}, {% endif %}]",
            "body: is no JSON",
        ),
        ("application/json", "[{{ address }}, {{ message }}{% if html %}x{% endif %}]", "body: is no JSON"),
        ("application/xml", "<a><![CDATA[{{ message }}]]>{{ address }}</a>", "body: has a CDATA section"),
        ("application/x-www-form-urlencoded", "to={{ address }}&text={{ message }}", "content_type: is a form's"),
        ("multipart/form-data; boundary=x", both, "content_type: is a form's"),
        ("text/plain", "{{ address | upper }} {{ message }}", "no filters"),
        ("text/plain", "{{ address }} {{ message() }}", "no functions"),
        ("text/plain", "{{ address }} {{ message.x }}", "more than values"),
        ("text/plain", "{% for a in address %}{{ message }}{% endfor %}", "not known here"),
        ("text/plain", "{% include 'x' %}", "not known here"),
        ("text/plain", "{% if account == \"alice\" %}{{ message }}{% endif %}{{ address }}", "compares \"account\""),
        ("text/plain", "{% if message %}{{ message }}{% endif %}{{ address }}", "chooses by \"message\""),
        ("text/plain", "{% if kind == \"tans\" %}{{ message }}{% endif %}{{ address }}", "which it never is"),
        ("text/plain", "{% if kind %}{{ message }} {{ address }}", "is no template"),
        ("text/plain", "{{ message ", "not closed"),
        ("text/plain", "{{ address }}", "carries no message"),
        ("text/plain", "{{ message }}", "carries no address"),
    ] {
        refused(&body(content_type, text), &[part]);
    }
}

#[test]
fn header_fields_are_theirs_and_hold_no_line_break() {
    for (header, part) in [
        ("X-A = '{{ message }}'", "headers.X-A: puts a text with line breaks"),
        ("X-A = \"a\\r\\nX-B: c\"", "headers.X-A: has control characters"),
        ("'X A' = 'a'", "is no name of a header field"),
        ("Host = 'other.example'", "headers.Host: belongs to the connection"),
        ("content-Type = 'text/plain'", "content_type says what a body is"),
        ("Transfer-Encoding = 'chunked'", "belongs to the connection"),
        ("X-A = 'a', x-a = 'b'", "stands there twice"),
        ("X-A = 1", "headers.X-A: is no text"),
    ] {
        refused(&format!("{WHOLE}headers = {{ {header} }}"), &[part]);
    }
}

#[test]
fn replies_say_one_thing_each() {
    for (keys, part) in [
        ("accepted = [200]\ntry_later = [200]", "takes the status 200 for two things"),
        ("accepted = [99]", "accepted: [99] has what is no status"),
        ("accepted = 200", "accepted: 200 is no list"),
        ("accepted_pointer = 'status'\naccepted_values = ['ok']", "accepted_pointer: \"status\" is no JSON pointer"),
        ("accepted_pointer = '/status'", "accepted_values: is missing beside accepted_pointer"),
        ("try_later_values = ['ok']", "try_later_pointer: is missing beside try_later_values"),
        ("address_refused_pointer = '/a'\naddress_refused_values = [[1]]", "address_refused_values[0]"),
    ] {
        let found = troubles(&with(&format!("{WHOLE}{keys}")), &[]);
        assert!(found.iter().any(|trouble| trouble.contains(part)), "{found:#?}");
    }
    let settings = loaded(&with(&format!("{WHOLE}accepted = [200, 503]\naddress_refused = [429]")), &[]);
    assert_eq!(http(&settings).replies.try_later, [408, 425, 502, 504]);
}

#[test]
fn what_is_doubtful_is_warned_of() {
    let warned = |keys: &str| loaded(&with(keys), &[]).warnings().concat();
    let get =
        "method = 'GET'\nurl = 'http://localhost/?k={{ secret }}&to={{ digits }}&t={{ message }}'\nsecret = 'x'\n";
    let warnings = warned(&format!("{get}ca_file = 'ca.pem'"));
    for part in [
        "transport gateway: the secret stands in its URL",
        "the message, with the TAN, stands in its URL",
        "ca_file has no effect",
        "/etc/tanager/ca.pem is no file",
    ] {
        assert!(warnings.contains(part), "{warnings}");
    }
    assert!(!warned(WHOLE).contains("transport gateway"));
    refused(&format!("{get}form = {{ a = 'b' }}"), &["method: is GET, which has no body"]);
    refused(&format!("{WHOLE}form = {{ a = 'b' }}"), &["body: stands beside form"]);
    refused(&format!("{WHOLE}colour = 'red'"), &["colour"]);
}
