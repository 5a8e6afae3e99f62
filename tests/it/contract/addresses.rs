//! Telephone numbers and mailboxes (10008), on every route that reads one.

use reqwest::Method;
use serde_json::{Value, json};

use super::trace;
use crate::app::{TestApp, Wish};

const PHONES: &[&str] = &[
    "",
    " ",
    "+",
    "0791234567",
    "0041791234567",
    "41791234567",
    "+0791234567",
    "-41791234567",
    "+41-",
    "+4179123456x",
    "+41791234567\n",
    "+41791234567\r\nBcc: x",
    "\u{0}+41791234567",
    "+4179123\u{7}4567",
    "+41791234567;ext=1",
    "tel:+41791234567",
    "+1234567890123456",
    "+123",
    "+٤١٧٩١٢٣٤٥٦٧",
    "+4179123",
    "+417912345678",
    "+41 (0)79 123 45 67",
    "+41 079 123 45 67",
    "+999791234567",
    "--help",
    "+41791234567,+41791234568",
    "alice@example.com",
];

const MAILBOXES: &[&str] = &[
    "",
    " ",
    "@",
    "alice",
    "alice@",
    "@example.com",
    "-alice@example.com",
    "--help@example.com",
    "a b@example.com",
    "alice@example.com\n",
    "alice@example.com\r\nBcc: x@example.com",
    "alice\u{0}@example.com",
    "alice@exa\u{7}mple.com",
    "Alice <alice@example.com>",
    "alice@example.com,bob@example.com",
    "alice@@example.com",
    "alice@[127.0.0.1]",
    "alice@127.0.0.1",
    "alice%bank.example@relay.example",
    "bank!alice@example.com",
    "|id@example.com",
    "/tmp/x@example.com",
    "alice@example.com.",
    "\"alice\"@example.com",
    "alice@example..com",
    ".alice@example.com",
    "+41791234567",
];

/// Each way in, with the address in its place.
fn ways_in(phone: bool, address: &str) -> [(bool, Method, String, Value); 4] {
    let (member, channel) = if phone { ("phone", "sms") } else { ("email", "email") };
    let contact = json!({member: address});
    let path = format!("/accounts/alice/tan/{channel}");
    [
        (true, Method::POST, "/accounts".to_owned(), json!({"username": "newcomer", "contact_data": contact})),
        (false, Method::PATCH, "/accounts/alice".to_owned(), json!({"contact_data": contact})),
        (false, Method::POST, path.clone(), json!({"address": address})),
        (true, Method::PUT, path, json!({"address": address})),
    ]
}

async fn refused(app: &TestApp, phone: bool, address: &str) {
    let alice = app.log_in("alice").await;
    let before = trace(app).await;
    for (by_operator, method, path, body) in ways_in(phone, address) {
        let client = if by_operator { &app.admin } else { &alice };
        let answer = client.send(method.clone(), &path, &[], Some(body.to_string())).await;
        // U+0000 is in no text of a database, and so is no text at all.
        let expected = if address.contains('\0') { (400, 26) } else { (400, 10008) };
        assert_eq!(answer.error(), expected, "{method} {path} {address:?}");
        assert!(address.len() < 5 || !answer.raw.contains(address), "the reply repeats {address:?}");
    }
    assert_eq!(trace(app).await, before, "{address:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_telephone_number_is_refused_on_every_way_in() {
    let app = TestApp::start().await;
    app.customer("alice").await;
    for address in PHONES {
        refused(&app, true, address).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_mailbox_is_refused_on_every_way_in() {
    let app = TestApp::start().await;
    app.customer("alice").await;
    let long = format!("{}@example.com", "a".repeat(300));
    for address in MAILBOXES.iter().copied().chain([long.as_str()]) {
        refused(&app, false, address).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_outside_the_allowed_prefixes_is_refused_on_every_way_in() {
    let more = "[limits]\nallowed_prefixes = [\"+41\", \"+4930\"]\n".to_owned();
    let app = TestApp::start_with(Wish { more, ..Wish::default() }).await;
    app.customer("alice").await;
    for address in ["+4989123456", "+12125550123", "+4217912345"] {
        refused(&app, true, address).await;
    }
    let allowed = app.admin.put("/accounts/alice/tan/sms", json!({"address": "+4930123456"})).await;
    assert_eq!(allowed.status, 204, "{allowed:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_masked_for_all_but_operators() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    let listed = alice.client.get("/accounts/alice/tan").await;
    let challenge = alice.challenge("sms").await;
    let protected = alice.client.delete("/accounts/alice/tan/email").await;
    assert_eq!(protected.error(), (403, 10002));
    let shown = alice.client.get("/accounts/alice").await;
    for answer in [&listed, &challenge, &protected, &shown] {
        assert!(!answer.raw.contains(&alice.phone) && !answer.raw.contains(&alice.email), "{}", answer.raw);
        assert!(answer.raw.contains('*'), "{}", answer.raw);
    }
    let clear = app.admin.get("/accounts/alice").await;
    assert_eq!(clear.body["contact_data"], json!({"phone": alice.phone, "email": alice.email}));
    assert_eq!(app.admin.get("/accounts").await.body["accounts"][0]["contact_data"]["phone"], json!(alice.phone));
    app.stop().await;
}
