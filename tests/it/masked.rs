//! An address is masked in one way wherever it is shown, and one that a row has is shown and removed like any other,
//! whether or not it would be accepted today.

use reqwest::Method;
use serde_json::{Value, json};
use tanager::{
    domain::{
        address::{Address, PhoneNumber},
        channel::Channel,
        username::Username,
    },
    storage::datastore::{Author, Wanted},
};

use crate::app::{Answer, Customer, TestApp, Wish};

fn masked(channel: Channel, address: &str) -> String {
    Address::parse(channel, address).unwrap().masked()
}

/// Every text in a reply's body that has the name of a member that shows an address.
fn shown(body: &Value) -> Vec<String> {
    match body {
        Value::Array(items) => items.iter().flat_map(shown).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("tan_info" | "phone" | "email", Value::String(text)) => vec![text.clone()],
                _ => shown(value),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Each reply that shows an address of the account to anybody but an operator, or to one who looks into a complaint.
async fn replies(app: &TestApp, alice: &Customer) -> Vec<(&'static str, Answer)> {
    let (own, path) = (&alice.client, |rest: &str| alice.path(rest));
    let mut seen = vec![
        ("the account", own.get(&path("")).await),
        ("its channels", own.get(&path("/tan")).await),
        ("a new address", own.post(&path("/tan/sms"), json!({"address": "+41790000042"})).await),
        ("contact data", own.patch(&path(""), json!({"contact_data": {"email": null}})).await),
        ("a removal", own.delete(&path("/tan/email")).await),
        ("its end", own.delete(&path("")).await),
    ];
    let asked = own.post(&path("/tan/challenge/sms"), json!({})).await;
    let challenge = path(&format!("/tan/challenge/{}", asked.text("challenge_id")));
    seen.push(("a challenge", asked));
    seen.push(("a look at it", own.get(&challenge).await));
    app.advance(std::time::Duration::from_mins(2));
    seen.push(("sent again", own.post(&format!("{challenge}/retransmit"), json!({})).await));
    let operation = json!({"method": "POST", "path": "/pay", "body_sha256": "00".repeat(32)});
    let reserve = json!({"username": alice.username, "operation": operation});
    seen.push(("a bank core's refusal", app.core.post("/tokens/reserve", reserve).await));
    let mut ahead = operation;
    ahead["username"] = json!(alice.username);
    ahead["summary"] = json!(format!("send receipts to {} and {}", alice.email, alice.phone));
    seen.push(("a ticket ahead of time", app.core.post("/operations", ahead).await));
    let ticket = json!({"operation": seen.last().unwrap().1.text("operation")});
    seen.push(("a challenge for it", own.post(&path("/tan/challenge/email"), ticket).await));
    seen.push(("what operators see of challenges", app.admin.get(&path("/challenges")).await));
    seen.push(("the trail", app.admin.get("/audit?limit=1000").await));
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_masked_in_one_way_wherever_it_is_shown() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    app.set_address(&alice, "email", &alice.email).await;
    let allowed = [
        masked(Channel::Sms, &alice.phone),
        masked(Channel::Email, &alice.email),
        masked(Channel::Sms, "+41790000042"),
    ];
    for (place, answer) in replies(&app, &alice).await {
        let body = answer.raw.as_str();
        assert!(!body.contains(&alice.phone) && !body.contains(&alice.email), "{place}: {body}");
        assert!(body.contains('*'), "{place} shows none: {} {body}", answer.status);
        for text in shown(&answer.body) {
            assert!(allowed.contains(&text), "{place}: {text:?} is none of {allowed:?}");
        }
    }
    app.stop().await;
}

/// The account has this number, as it was put in force when it was possible.
async fn put_in_row(app: &TestApp, alice: &Customer, number: &str) {
    let (store, username) = (app.store(&Wish::default()), Username::parse(&alice.username).unwrap());
    let number = Address::Phone(PhoneNumber::stored(number));
    let changed = store.transact(Wanted::account(&username), Author::durable("a test"), |account, now| {
        account.set_address(now, number.clone());
    });
    changed.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_possible_no_more_is_shown_masked_and_can_be_removed() {
    const NUMBER: &str = "+4179123";
    assert!(PhoneNumber::parse(NUMBER).is_err());
    let app = TestApp::start().await;
    let (alice, bob) = (app.customer_with_sms("alice").await, app.customer_with_sms("bob").await);
    for customer in [&alice, &bob] {
        put_in_row(&app, customer, NUMBER).await;
        let listed = customer.client.get(&customer.path("/tan")).await;
        assert_eq!(listed.body["tan_channels"][0]["tan_info"], json!("+41***23"), "{listed:?}");
        let shown = customer.client.get(&customer.path("")).await;
        assert_eq!(shown.body["contact_data"]["phone"], json!("+41***23"), "{shown:?}");
        let clear = app.admin.get(&customer.path("")).await;
        assert_eq!(clear.body["contact_data"]["phone"], json!(NUMBER), "{clear:?}");
    }
    // A message still goes there, and its TAN still proves the customer: he can be rid of it himself.
    let refused = alice.client.delete(&alice.path("/tan/sms")).await;
    assert_eq!(refused.error(), (403, 10002), "{refused:?}");
    let asked =
        alice.client.post(&alice.path("/tan/challenge/sms"), json!({"operation": refused.text("operation")})).await;
    assert_eq!(asked.text("tan_info"), "+41***23", "{asked:?}");
    let token = alice.confirm(asked.text("challenge_id"), &app.tan_sent_to(NUMBER)).await;
    let headers = [("TAN-Token", token.text("tan_token"))];
    let removed = alice.client.send(Method::DELETE, &alice.path("/tan/sms"), &headers, None).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    // So can an operator, and put a better one in its place.
    assert_eq!(app.admin.delete(&bob.path("/tan/sms")).await.status, 204);
    let same = app.admin.put(&bob.path("/tan/sms"), json!({"address": NUMBER})).await;
    assert_eq!(same.error(), (400, 10008), "it does not come back");
    assert_eq!(app.admin.put(&bob.path("/tan/sms"), json!({"address": bob.phone})).await.status, 204);
    app.stop().await;
}
