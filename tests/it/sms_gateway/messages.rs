//! What arrives at a gateway, to the byte, whatever a customer or an operator wrote.

use serde_json::{Value, json};
use tanager::{
    channel::{Envelope, MessageBody, SendError, Sender},
    domain::{address::Address, channel::Channel},
};

use super::{JSON, SECRET, Scene, TARGET, accepts, envelope, send, sender};
use crate::{
    app::{Client, tan_in},
    bank_core::{BankCore, Reply, Script},
};

const FORM: &str = "timeout = \"5 s\"\n[channel.sms.transport.gateway]\nkind = \"http\"\nurl = \"URL/v1/messages\"\n\
                    username = \"bank\"\nsecret = \"sesame-4711-swordfish\"\n\
                    accepted_pointer = \"/status\"\naccepted_values = [\"queued\"]\n\
                    form = { to = \"{{ digits }}\", text = \"{{ message }}\", reference = \"{{ transmission }}\" }\n";
/// What a customer is shown of a transfer that was written to break things.
const HOSTILE: &str = r#"a"b\c</x>&'{{ secret }}%41😀"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_summary_arrives_as_json_to_the_byte() {
    let scene = Scene::new().await;
    let core = BankCore::open().await;
    let config = scene.place.path("tanager.toml");
    let gateway = format!(
        "{}\n[gateway]\nlisten = \"127.0.0.1:0\"\nupstream = \"{}\"\nupstream_authorization = \"drop\"\n\
         [[gateway.operation]]\nname = \"transfer\"\nmethod = \"POST\"\npath = \"/accounts/{{username}}/transactions\"\n\
         assurance = \"bound\"\nsummary = \"{{{{ body.to }}}}\"\n",
        std::fs::read_to_string(&config).unwrap(),
        core.url()
    );
    std::fs::write(&config, gateway.replace("upstream_authorization = \"drop\"\n", "")).unwrap();
    let place = scene.place.with("TANAGER_SERVER__BANK_NAME", r#"B"ä\nk 😀"#);
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["sms"]).await;
    let log = process.log();
    let (_, address) = log.split_once("serving the gateway address=").unwrap();
    let at_gateway =
        Client::new(&format!("http://{}", address.split_whitespace().next().unwrap()), &alice.client.token);
    let refused = at_gateway.post("/accounts/alice/transactions", json!({"to": HOSTILE})).await;
    assert_eq!(refused.error(), (403, 10002), "{refused:?}");

    let ticket = json!({"operation": refused.text("operation")});
    let challenge = alice.client.post("/accounts/alice/tan/challenge/sms", ticket).await;

    assert_eq!(challenge.status, 200, "{challenge:?}");
    let seen = scene.gateway.last("POST", TARGET);
    let read: Value = serde_json::from_slice(&seen.body).unwrap();
    let text = read["text"].as_str().unwrap();
    assert!(text.contains(r#"B"ä\nk 😀"#) && text.contains(refused.text("summary")), "{text}");
    assert!(text.contains(r#"a"b\c</x>&'{{ secret }}"#), "{text}");
    let exact = format!(r#"{{"to": {}, "text": {}}}"#, json!(alice.phone), json!(text));
    assert_eq!(String::from_utf8(seen.body.clone()).unwrap(), exact);
    assert_eq!(seen.header("content-length"), Some(exact.len().to_string()));
    assert_eq!(seen.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {SECRET}")));
    assert_eq!(uuid::Uuid::parse_str(&seen.header("idempotency-key").unwrap()).unwrap().get_version_num(), 7);
    let mut names: Vec<_> = seen.head.fields().into_iter().map(|(name, _)| name).collect();
    names.sort();
    assert_eq!(
        names,
        ["accept", "authorization", "content-length", "content-type", "host", "idempotency-key", "user-agent"]
    );
    let solved = alice.confirm(challenge.text("challenge_id"), &tan_in(text)).await;
    assert_eq!((solved.status.as_u16(), &solved.body["bound"]), (200, &json!(true)), "{solved:?}");
    assert_eq!(scene.gateway.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_arrives_encoded_with_its_basic_credentials() {
    let scene = Scene::of(FORM).await;
    let place = scene.place.with("TANAGER_SERVER__BANK_NAME", "A&B=C + D%");
    let process = place.serve().await;
    let alice = place.customer(&process, "alice", &["sms"]).await;
    let challenge = alice.challenge("sms").await;
    let seen = scene.gateway.last("POST", TARGET);
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&seen.body).into_owned().collect();
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["reference", "text", "to"]);
    assert!(fields[1].1.starts_with("A&B=C + D%: "), "{}", fields[1].1);
    assert_eq!(format!("+{}", fields[2].1), alice.phone);
    let exact = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    assert_eq!(String::from_utf8(seen.body.clone()).unwrap(), exact);
    assert_eq!(seen.header("content-type").as_deref(), Some("application/x-www-form-urlencoded"));
    let basic = data_encoding::BASE64.encode(format!("bank:{SECRET}").as_bytes());
    assert_eq!(seen.header("authorization"), Some(format!("Basic {basic}")));
    let solved = alice.confirm(challenge.text("challenge_id"), &tan_in(&fields[1].1)).await;
    assert_eq!(solved.status, 200);
    let failed = Reply::new(200).json(&json!({"status": "failed"}));
    scene.gateway.on("POST", TARGET, Script::say(&failed));
    assert_eq!(super::asked(&alice).await, (502, 5133), "200, and the error inside");
}

#[tokio::test]
async fn nothing_gets_into_a_header_field_that_would_end_it() {
    let gateway = BankCore::open().await;
    gateway.on("POST", TARGET, accepts());
    let keys = JSON.replace("headers = {", "headers = { X-Subject = \"{{ subject }}\",");
    let sender = sender(&keys, &gateway);
    for subject in ["Bank\r\nX-Evil: 1", "Bank\nX-Evil: 1", "Bank\r", "a\0b", "\u{7f}", "a\tb"] {
        let hostile = Envelope { subject: subject.to_owned(), ..envelope("x") };
        let sent = sender.send(&hostile).await;
        assert!(matches!(sent, Err(SendError::Misconfigured(_))), "{subject:?}: {sent:?}");
        assert!(!sent.unwrap_err().to_string().contains("Evil"));
    }
    assert_eq!(gateway.connections(), 0, "nothing was sent");
    let fine = Envelope { subject: "Bänk: 😀".to_owned(), ..envelope("x") };
    assert_eq!(sender.send(&fine).await, Ok(()));
    assert_eq!(gateway.last("POST", TARGET).header("x-subject").as_deref(), Some("Bänk: 😀"));
    for address in ["+41791234567\r\nX-Evil: 1", "a@example.com\nBcc: b@example.com"] {
        assert!(Address::parse(Channel::Sms, address).is_err() && Address::parse(Channel::Email, address).is_err());
    }
}

#[tokio::test]
async fn a_mail_service_gets_subject_and_both_parts() {
    let gateway = BankCore::open().await;
    gateway.on("POST", TARGET, accepts());
    let body = r#"body = '{"to": {{ address }}, "s": {{ subject }}, "t": {{ message }}{% if html %}, "h": {{ html }}{% endif %}, "l": {{ channel ~ kind ~ language ~ account }}}'"#;
    let keys: String =
        JSON.lines().map(|line| if line.starts_with("body") { body } else { line }.to_owned() + "\n").collect();
    let sender = sender(&keys, &gateway);
    let mail = |html: Option<&str>| Envelope {
        channel: Channel::Email,
        address: Address::parse(Channel::Email, "o'neil+b@example.com").unwrap(),
        subject: "Ihre \"TAN\"".to_owned(),
        html: html.map(|html| MessageBody::new(html.to_owned())),
        ..envelope("a\nb")
    };
    assert_eq!(sender.send(&mail(Some("<p class=\"a\">1</p>"))).await, Ok(()));
    assert_eq!(sender.send(&mail(None)).await, Ok(()));
    let read = |at: usize| serde_json::from_slice::<Value>(&gateway.seen()[at].body).unwrap();
    let mut expected = json!({"to": "o'neil+b@example.com", "s": "Ihre \"TAN\"", "t": "a\nb", "l": "emailtanenalice"});
    assert_eq!(read(1), expected);
    expected["h"] = json!("<p class=\"a\">1</p>");
    assert_eq!(read(0), expected);
}

#[tokio::test]
async fn a_value_in_the_url_stays_where_it_is() {
    let gateway = BankCore::open().await;
    let target = "/send/%2B41791234567?t=Your%20TAN%20is%2012345678.&id=00000000-0000-0000-0000-000000000007";
    gateway.on("GET", target, accepts());
    let keys = "kind = 'http'\nmethod = 'GET'\n\
                url = 'URL/send/{{ address }}?t={{ message }}&id={{ transmission }}'\n";
    assert_eq!(send(&sender(keys, &gateway)).await, Ok(()));
    let seen = gateway.last("GET", target);
    assert_eq!((seen.body.len(), seen.header("content-length")), (0, None));
}
