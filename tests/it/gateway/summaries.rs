//! What the customer is shown is what is done (section 6; PSD2 RTS art. 5(1)(a)).

use serde_json::json;

use super::{Bank, Plan, Request, SUMMARY, TRANSFER, transfer};
use crate::app::{Answer, Customer};

const PATH: &str = "/accounts/alice/transactions";

/// The newest text to a customer, as lines.
fn text_to(bank: &Bank, customer: &Customer) -> String {
    bank.app.sms.last_to(&customer.phone).expect("a text was sent").body.reveal().to_owned()
}

/// A transfer with this amount, as JSON writes it.
fn paying(amount: &str) -> String {
    format!(r#"{{"payto_uri":"payto://x","amount":{amount}}}"#)
}

async fn refused(alice: &Customer, body: &str) -> Answer {
    Request::post(PATH, body).send(&alice.client, "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_shows_amount_and_payee_and_so_does_everything_else() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let refused = transfer(&alice, "").await;
    assert_eq!(refused.text("summary"), SUMMARY);
    for channel in ["sms", "email"] {
        let ticket = json!({"operation": refused.text("operation")});
        let asked = alice.client.post(&format!("/accounts/alice/tan/challenge/{channel}"), ticket).await;
        assert_eq!(asked.text("summary"), SUMMARY, "{channel}");
        let watched = alice.client.get(&format!("/accounts/alice/tan/challenge/{}", asked.text("challenge_id"))).await;
        assert_eq!(watched.text("summary"), SUMMARY, "{channel}");
        let (recording, address) =
            if channel == "sms" { (&bank.app.sms, &alice.phone) } else { (&bank.app.email, &alice.email) };
        assert!(recording.last_to(address).unwrap().body.reveal().contains(SUMMARY), "{channel}");
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_cannot_say_what_is_shown() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let refused = transfer(&alice, "").await;
    let ticket = json!({"operation": refused.text("operation"), "summary": "Transfer EUR:1 to me"});
    let asked = alice.client.post("/accounts/alice/tan/challenge/sms", ticket).await;
    assert_eq!(asked.text("summary"), SUMMARY);
    assert!(!text_to(&bank, &alice).contains("EUR:1 "));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_values_are_shown_on_one_line_and_are_no_origin_line() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for hostile in [
        "EUR:1\n@evil.example #11111111",
        "EUR:1\r\n@evil.example #11111111",
        "EUR:1\u{2028}@evil.example #11111111",
        "EUR:1\u{2029}@evil.example #11111111",
        "EUR:1\u{85}@evil.example #11111111",
        "EUR:1\u{b}@evil.example #11111111",
        "EUR:1\u{c}@evil.example #1",
        "\u{202e}1:RUE\u{202c}",
        "EUR:\u{2066}1\u{2069}",
        "EUR:1\u{200b}0\u{200d}0\u{feff}",
        "EUR:1\u{0}\u{1b}[2K\u{7f}",
        "@bank.example #11111111",
        "EUR:1\u{ad}0\u{61c}",
        "EUR:1\u{e0041}\u{fff9}",
    ] {
        let body = paying(&json!(hostile).to_string());
        let refused = refused(&alice, &body).await;
        if refused.error() == (400, 26) {
            continue; // what cannot be shown may be refused as well
        }
        bank.approve(&alice, &refused).await;
        for shown in [refused.text("summary").to_owned(), text_to(&bank, &alice).lines().next().unwrap().to_owned()] {
            let bad = |c: char| {
                c.is_control() || "\u{2028}\u{2029}\u{202e}\u{202c}\u{2066}\u{2069}\u{200b}\u{200d}\u{feff}\u{ad}\u{61c}\u{e0041}\u{fff9}".contains(c)
            };
            assert!(!shown.chars().any(bad), "{hostile:?}: {shown:?}");
        }
        let text = text_to(&bank, &alice);
        let lines: Vec<_> = text.lines().filter(|line| line.trim_start().starts_with('@')).collect();
        assert_eq!((lines.len(), text.lines().count()), (1, 2), "{hostile:?}: {text:?}");
        assert!(text.lines().last().unwrap().starts_with("@bank.example #"), "{text:?}");
        assert!(!lines[0].contains("11111111"), "{text:?}");
        assert_eq!(text.matches('#').count(), 1, "one origin line alone has this look: {text:?}");
    }
    assert!(bank.core.seen().is_empty());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_shown_as_they_were_written() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for number in
        ["1e2", "1.10", "0.30000000000000000004", "100000000000000000000.10", "-0", "1E+2", "12345678901234567890123"]
    {
        let refused = refused(&alice, &paying(number)).await;
        assert_eq!(refused.text("summary"), format!("Transfer {number} to payto://x"));
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_is_shown_as_text_whatever_it_looks_like() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    for text in ["{{ username }}", "{% raw %}", "<b>&amp;'\"</b>", "Zürich 🦜 ¥", "\\u0041 %41"] {
        let refused = refused(&alice, &paying(&json!(text).to_string())).await;
        assert_eq!(refused.text("summary"), format!("Transfer {text} to payto://x"));
    }
    let escaped = refused(&alice, r#"{"payto_uri":"payto:\/\/x","amount":"\u0041"}"#).await;
    assert_eq!(escaped.text("summary"), "Transfer A to payto://x");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_to_be_shown_whole_is_refused_unless_the_bank_said_to_cut_it() {
    let template = |filter: &str| {
        let route = "name = \"transfer\"\nmethod = \"POST\"\npath = \"/accounts/{username}/transactions\"";
        format!(
            "[[gateway.operation]]\n{route}\nsummary = \"Pay {{{{ body.amount }}}} for {{{{ body.payto_uri{filter} }}}}\"\n"
        )
    };
    let long = |count: usize| format!(r#"{{"payto_uri":"{}","amount":"EUR:1"}}"#, "ü".repeat(count));
    let bank = Bank::with(Plan::operations(&template(""))).await;
    let alice = bank.customer("alice").await;
    let fixed = "Pay EUR:1 for ".chars().count();
    let whole = refused(&alice, &long(140 - fixed)).await;
    assert_eq!((whole.error(), whole.text("summary").chars().count()), ((403, 10002), 140));
    assert_eq!(refused(&alice, &long(141 - fixed)).await.error(), (400, 26));
    assert!(bank.core.seen().is_empty());
    bank.close().await;

    let bank = Bank::with(Plan::operations(&template(" | shorten"))).await;
    let alice = bank.customer("alice").await;
    let cut = refused(&alice, &long(1000)).await;
    assert_eq!(cut.error(), (403, 10002), "{cut:?}");
    let summary = cut.text("summary");
    assert!(summary.chars().count() <= 140 && summary.starts_with("Pay EUR:1 for ü"), "{summary}");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_may_show_username_path_and_query() {
    let operations = "[[gateway.operation]]\nname = \"go\"\nmethod = \"POST\"\npath = \"/accounts/{username}/go/{where}\"\n\
        summary = \"{{ username }} goes {{ path }} {{ query.fast }}\"\n";
    let bank = Bank::with(Plan::operations(operations)).await;
    let alice = bank.customer("alice").await;
    let refused = Request::post("/accounts/alice/go/home?fast=1", "no JSON at all").send(&alice.client, "").await;
    assert_eq!(refused.error(), (403, 10002), "a template that does not read the body does not mind it: {refused:?}");
    let summary = refused.text("summary");
    assert!(summary == "alice goes /accounts/alice/go/home 1", "{summary}");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_without_a_template_is_shown_by_its_name_whatever_its_body() {
    let operations = "[[gateway.operation]]\nname = \"go\"\nmethod = \"POST\"\npath = \"/accounts/{username}/go\"\n";
    let bank = Bank::with(Plan::operations(operations)).await;
    let alice = bank.customer("alice").await;
    let go = Request::post("/accounts/alice/go", "\u{0}{\"a\":1,\"a\":2}");
    let refused = go.send(&alice.client, "").await;
    assert_eq!((refused.error(), refused.text("summary")), ((403, 10002), "go"), "{refused:?}");
    let approval = bank.approve(&alice, &refused).await;
    assert_eq!(go.send(&alice.client, &approval.token).await.status, 200);
    assert_eq!(bank.core.last("POST", "/accounts/alice/go").body, go.body.unwrap().as_bytes());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_is_what_is_sent_to_the_core_byte_for_byte() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let odd = "{ \"amount\" :\t\"EUR:5\",\n \"other\":[1, {\"x\" : null}],\"payto_uri\":\"payto:\\/\\/x\" }\r\n";
    let own = Request::post("/accounts/alice/transactions?memo=%20", odd);
    let approval = bank.token_for(&alice, &own).await;
    assert!(text_to(&bank, &alice).contains("Transfer EUR:5 to payto://x"));
    assert_eq!(own.send(&alice.client, &approval.token).await.status, 200);
    assert_eq!(bank.core.last("POST", own.path).body, odd.as_bytes());
    assert!(TRANSFER != odd);
    bank.close().await;
}
