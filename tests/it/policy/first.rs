//! `[enrolment] first = "operator"`: a stolen password brings nothing to a bare account.

use reqwest::Method;
use serde_json::{Value, json};

use super::{active, bank, enrol, send, service, solve};
use crate::{
    app::{Answer, Customer, Installation, TestApp},
    contract::trace,
    gateway::transfer,
};

const BY_OPERATORS: &str = "[enrolment]\nfirst = \"operator\"";

/// Everything that a customer can try to bring the first channel with.
async fn tries(customer: &Customer) -> Vec<(&'static str, Answer)> {
    let mut answers = Vec::new();
    for (way, body) in [
        ("sms", json!({})),
        ("sms", json!({"address": "+41790000042"})),
        ("email", json!({})),
        ("email", json!({"address": "mallory@example.com"})),
        ("totp", json!({})),
        ("totp", json!({"name": "mine"})),
        ("recovery", json!({})),
    ] {
        let path = customer.path(&format!("/tan/{way}"));
        for token in ["", "tan_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            answers.push((way, send(&customer.client, Method::POST, &path, token, Some(&body)).await));
        }
    }
    answers
}

async fn assert_nothing_comes(app: &TestApp, customer: &Customer) {
    let (before, messages) = (trace(app).await, app.messages());
    for (way, answer) in tries(customer).await {
        assert_eq!(answer.error(), (403, 44), "{way}: {answer:?}");
        assert!(answer.text("detail").contains("set up by the bank"), "{way}: {answer:?}");
    }
    assert_eq!((trace(app).await, app.messages()), (before, messages), "nothing is written, nothing sent");
    assert_eq!(active(customer).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_a_channel_brings_none_on_any_way() {
    let app = service(BY_OPERATORS, "").await;
    let alice = app.customer("alice").await;
    assert_nothing_comes(&app, &alice).await;

    let contact = json!({"contact_data": {"phone": "+41790000042", "email": "alice@elsewhere.example"}});
    assert_eq!(alice.client.patch("/accounts/alice", contact).await.status, 204, "contact data is no channel");
    assert_nothing_comes(&app, &alice).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_gateway_it_is_the_same() {
    let bank = bank(BY_OPERATORS).await;
    let alice = bank.customer_with("alice", &[]).await;
    assert_nothing_comes(&bank.app, &alice).await;
    let refused = transfer(&alice, "").await;
    assert_eq!((refused.error(), &refused.body["tan_channels"]), ((403, 10002), &json!([])));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_brings_the_first_and_the_customer_all_others() {
    let app = service(BY_OPERATORS, "").await;
    let alice = app.customer_with_sms("alice").await;
    let refused = send(&alice.client, Method::POST, "/accounts/alice/tan/email", "", Some(&json!({}))).await;
    assert_eq!(refused.error(), (403, 10002), "the first one protects it: {refused:?}");
    enrol(&app, &alice, "email", &solve(&app, &alice, "sms", None).await.token).await;
    assert_eq!(active(&alice).await, json!(["sms", "email"]));

    let account = json!({"username": "bob", "contact_data": {"email": "bob@example.com"}, "tan_channels": ["email"]});
    assert_eq!(app.admin.post("/accounts", account).await.status, 201);
    assert_eq!(app.admin.get("/accounts/bob").await.body["tan_channels"], json!(["email"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_brings_it_too() {
    let place = Installation::new().await.with("TANAGER_ENROLMENT__FIRST", "operator");
    let file = place.path("customers.csv");
    std::fs::write(&file, "username,phone,email,tan_channels,language\nalice,+41791234567,,sms,\n").unwrap();
    let said = place.run(&["account", "import", file.to_str().unwrap()]).await;
    assert!(said.status.success(), "{said:?}");
    let owner = place.database.owner().await;
    let brought = owner.query_one("select brought_by from channels", &[]).await.unwrap();
    assert_eq!(brought.get::<_, String>(0), "operator");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_removes_the_last_one_does_not_come_back_by_himself() {
    let app = service(BY_OPERATORS, "").await;
    let alice = app.customer_with_sms("alice").await;
    let token = solve(&app, &alice, "sms", None).await.token;
    let pending = send(&alice.client, Method::POST, "/accounts/alice/tan/email", &token, Some(&json!({}))).await;
    assert_eq!(pending.status, 202, "{pending:?}");
    let tan = app.tan_sent_to(&alice.email);

    let token = solve(&app, &alice, "sms", None).await.token;
    let gone = send(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &token, None).await;
    assert_eq!(gone.status, 204, "{gone:?}");

    let challenge = pending.body["challenge"]["challenge_id"].as_str().unwrap();
    assert_eq!(alice.confirm(challenge, &tan).await.error(), (409, 5144), "what was begun before ends with it");
    assert_nothing_comes(&app, &alice).await;
    app.set_address(&alice, "sms", &alice.phone).await;
    assert_eq!(active(&alice).await, json!(["sms"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_self_the_customer_brings_his_first() {
    let app = service("", "").await;
    let alice = app.customer("alice").await;
    enrol(&app, &alice, "sms", "").await;
    assert_eq!(active(&alice).await, Value::from(vec!["sms"]));
    app.stop().await;
}
