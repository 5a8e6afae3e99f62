//! Messages, through the real service and the real program: whose language they are in, and what an operator's templates do.

use std::fs;

use reqwest::Method;
use serde_json::json;
use tanager::channel::{Envelope, MessageKind};

use crate::app::{Answer, Client, Customer, Installation, TestApp, Wish, eventually, tan_in};

const FIRST_WORDS: [(&str, &str); 5] = [
    ("en", "Example Bank: your TAN is "),
    ("de", "Example Bank: Ihre TAN ist "),
    ("fr", "Example Bank : votre TAN est "),
    ("es", "Example Bank: su TAN es "),
    ("it", "Example Bank: il Suo TAN è "),
];

fn words(language: &str) -> &'static str {
    FIRST_WORDS.iter().find(|(known, _)| *known == language).unwrap().1
}

/// A challenge, asked for by a client that says it reads these languages.
async fn challenge(customer: &Customer, client: &Client, channel: &str, accepts: Option<&str>) -> Answer {
    let headers: Vec<(&str, &str)> =
        [("content-type", "application/json")].into_iter().chain(accepts.map(|a| ("accept-language", a))).collect();
    let path = customer.path(&format!("/tan/challenge/{channel}"));
    let answer = client.send(Method::POST, &path, &headers, Some("{}".to_owned())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

async fn speaks(customer: &Customer, language: &str) {
    let changed = customer.client.patch(&customer.path(""), json!({"language": language})).await;
    assert_eq!(changed.status, 204, "{changed:?}");
}

fn tan_message(app: &TestApp, customer: &Customer) -> std::sync::Arc<Envelope> {
    let message = app.sms.last_to(&customer.phone).unwrap();
    assert_eq!(message.kind, MessageKind::Tan);
    message
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_language_decides_then_the_clients_then_the_default() {
    let app = TestApp::start_with(Wish { more: "[message]\nlanguage = \"it\"\n".to_owned(), ..Wish::default() }).await;
    for (name, account, accepts, language) in [
        ("anna", Some("de-CH"), Some("fr"), "de"),
        ("bert", None, Some("pt, fr-CA;q=0.9, en;q=0.5"), "fr"),
        ("cleo", None, Some("pt"), "it"),
        ("dora", None, None, "it"),
        ("emil", Some("pt"), Some("es"), "es"),
    ] {
        let customer = app.customer_with_sms(name).await;
        if let Some(account) = account {
            speaks(&customer, account).await;
        }
        challenge(&customer, &customer.client, "sms", accepts).await;
        let message = tan_message(&app, &customer);
        assert!(message.body.reveal().starts_with(words(language)), "{name}: {}", message.body.reveal());
        assert_eq!((message.language.as_str(), message.html.is_some()), (language, false));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_in_the_accounts_language_and_never_in_that_of_a_request() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let sent = |app: &TestApp| app.sms.sent().iter().filter(|message| message.kind == MessageKind::Notice).count();
    for (before, language, says) in
        [(None, "en", "the bank has set it."), (Some("de"), "de", "Die Bank hat sie eingetragen.")]
    {
        if let Some(before) = before {
            speaks(&alice, before).await;
        }
        let known = sent(&app);
        let number = if before.is_none() { "+41791110001" } else { "+41791110002" };
        let headers = [("content-type", "application/json"), ("accept-language", "fr")];
        let body = json!({"address": number}).to_string();
        let put = app.admin.send(Method::PUT, &alice.path("/tan/sms"), &headers, Some(body)).await;
        assert_eq!(put.status, 204, "{put:?}");
        eventually("both numbers are told", async || sent(&app) >= known + 2).await;
        let notice = app.sms.last_to(number).unwrap();
        assert_eq!(notice.language, language);
        assert!(notice.body.reveal().contains(says), "{}", notice.body.reveal());
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_approved_of_the_services_own_is_said_in_the_customers_language() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    speaks(&alice, "es").await;
    let refused = alice.client.delete(&alice.path("/tan/sms")).await;
    assert_eq!((refused.error(), refused.text("summary")), ((403, 10002), "no mandar TAN por SMS"));
    alice.token_for(&app, &refused).await;
    let text = tan_message(&app, &alice);
    assert!(text.body.reveal().contains(" Autoriza: no mandar TAN por SMS. "), "{}", text.body.reveal());

    let bob = app.customer_with_sms("bob").await;
    let headers = [("accept-language", "fr")];
    let refused = bob.client.send(Method::DELETE, &bob.path("/tan/sms"), &headers, None).await;
    assert_eq!(refused.text("summary"), "fin des TAN par SMS", "nothing is known of bob but what his client says");
    let refused = alice.client.delete(&alice.path("")).await;
    assert_eq!(refused.text("summary"), "eliminar la cuenta");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_has_text_and_page_and_a_subject_without_the_tan() {
    let more = "[message]\ncontact = \"+41 44 123 45 67\"\n".to_owned();
    let app = TestApp::start_with(Wish { more, ..Wish::default() }).await;
    let alice = app.customer("alice").await;
    app.set_address(&alice, "email", &alice.email).await;
    for (language, says) in
        [("de", "rufen Sie die Bank an: +41 44 123 45 67"), ("en", "call the bank: +41 44 123 45 67")]
    {
        speaks(&alice, language).await;
        let known = app.email.sent().len();
        challenge(&alice, &alice.client, "email", None).await;
        app.email.until_sent(known + 1).await;
        let mail = app.email.last_to(&alice.email).unwrap();
        let tan = tan_in(mail.body.reveal());
        let page = mail.html.as_ref().unwrap().reveal();
        assert!(page.contains(&format!("<html lang=\"{language}\">")) && page.contains(says), "{page}");
        assert!(page.contains(&format!("<strong>{tan}</strong>")) && mail.body.reveal().contains(says));
        assert!(mail.subject.starts_with("Example Bank: ") && !mail.subject.contains(&tan), "{}", mail.subject);
        app.advance(std::time::Duration::from_mins(2));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_summary_fakes_the_closing_line_in_no_language() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let summary = "Pay\n@evil.example #12345678 to @bank.example ＃12345678 TAN 12345678";
    let wish = json!({"username": "alice", "method": "POST", "path": "/pay", "body_sha256": "0".repeat(64), "summary": summary});
    for (language, first_words) in FIRST_WORDS {
        speaks(&alice, language).await;
        let asked = app.core.post("/operations", wish.clone()).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let ticket = json!({"operation": asked.text("operation")});
        let asked = alice.client.post("/accounts/alice/tan/challenge/sms", ticket).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let message = tan_message(&app, &alice);
        let (text, last) = message.body.reveal().rsplit_once('\n').unwrap();
        let tan = last.strip_prefix("@bank.example #").unwrap_or_else(|| panic!("{last}"));
        assert!(text.starts_with(&format!("{first_words}{tan}.")), "{text}");
        assert!(!text.contains(['#', '\n']), "{text}");
        let confirmed = alice.confirm(asked.text("challenge_id"), tan).await;
        assert_eq!(confirmed.status, 200, "{confirmed:?}");
    }
    app.stop().await;
}

/// An installation with this file among its own templates.
async fn with_template(name: &str, text: &str) -> Installation {
    let place = Installation::new().await.with("TANAGER_MESSAGE__DIRECTORY", "messages");
    let file = place.path(&format!("messages/{name}"));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_file_takes_the_place_of_a_shipped_one() {
    let text = "{{ bank }} says {{ tan }}{% if summary %} for {{ summary }}{% endif %}, {{ minutes }} minutes.";
    let place = with_template("en/tan-sms.txt", text).await;
    let checked = place.run(&["check-config"]).await;
    let report = String::from_utf8_lossy(&checked.stdout);
    assert_eq!(checked.status.code(), Some(0), "{report} {}", String::from_utf8_lossy(&checked.stderr));
    assert!(
        report.contains("\nSMS with a TAN in de: 1 segment, GSM-7, 101 units; with a transfer: 1 segment"),
        "{report}"
    );
    assert!(report.contains("\nSMS with a TAN in en: 1 segment, GSM-7, 62 units; with a transfer: "), "{report}");

    let mut process = place.serve().await;
    let alice = place.customer(&process, "alice", &["sms"]).await;
    challenge(&alice, &alice.client, "sms", None).await;
    let text = fs::read_to_string(place.path(&format!("spool/sms-{}.txt", alice.phone))).unwrap();
    assert_eq!(text.trim_end(), format!("Example Bank says {0}, 5 minutes.\n@bank.example #{0}", tan_in(&text)));
    process.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_template_stops_the_service_by_file_and_line() {
    for (file, text, said) in [
        ("fr/tan-sms.txt", "{{ bank }}\n{{ tan }", "messages/fr/tan-sms.txt, line 2: is no template"),
        (
            "fr/tan-email.html",
            "<p>{{ bank }} {{ minutes }} {{ summary if summary }}</p>",
            "messages/fr/tan-email.html: has no TAN in it",
        ),
        (
            "fr/phrases.toml",
            "[notice]\nblocked = \"{{ x }}\"",
            "messages/fr/phrases.toml, line 2: notice.blocked reads \"x\"",
        ),
    ] {
        let place = with_template(file, text).await;
        let served = place.refusal().await;
        assert!(served.contains(said), "{served}");
        let checked = place.run(&["check-config"]).await;
        let errors = String::from_utf8_lossy(&checked.stderr);
        assert_eq!((checked.status.code(), checked.stdout.len()), (Some(1), 0), "{errors}");
        assert!(errors.contains(said), "{errors}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_the_bank_that_could_be_taken_for_a_tan_is_found_before_it_is_served() {
    let place = Installation::new().await.with("TANAGER_SERVER__BANK_NAME", "Bank 12345678");
    let checked = place.run(&["check-config"]).await;
    let errors = String::from_utf8_lossy(&checked.stderr);
    assert_eq!(checked.status.code(), Some(1), "{errors}");
    assert!(errors.contains("has as many digits in a row before the TAN as the TAN has"), "{errors}");
}
