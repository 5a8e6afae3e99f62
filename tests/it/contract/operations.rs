//! The service's own protected operations, and the proof they ask for (section 6).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tanager::channel::{Reason, SendError};

use super::{trace, until_sent, with_token};
use crate::app::{Answer, Client, Customer, TestApp, Wish};

const SMS: &str = "/accounts/alice/tan/sms";

/// Each of the service's own protected operations.
fn operations() -> [(Method, &'static str, Option<String>); 6] {
    let phone = |value: serde_json::Value| Some(json!({"contact_data": {"phone": value}}).to_string());
    [
        (Method::PATCH, "/accounts/alice", phone(json!("+41790000042"))),
        (Method::PATCH, "/accounts/alice", phone(json!(null))),
        (Method::DELETE, "/accounts/alice", None),
        (Method::POST, "/accounts/alice/tan/email", Some(json!({"address": "new@example.com"}).to_string())),
        (Method::DELETE, SMS, None),
        (Method::POST, "/accounts/alice/token", Some(json!({"scope": "readonly"}).to_string())),
    ]
}

/// A token for the ticket of a refusal.
async fn bound(app: &TestApp, customer: &Customer, refused: &Answer) -> String {
    let body = json!({"operation": refused.text("operation")});
    let challenge = customer.client.post(&customer.path("/tan/challenge/sms"), body).await;
    assert_eq!(challenge.status, 200, "{challenge:?}");
    let solved = customer.confirm(challenge.text("challenge_id"), &app.tan_sent_to(&customer.phone)).await;
    assert_eq!(solved.body["bound"], json!(true), "{solved:?}");
    solved.text("tan_token").to_owned()
}

async fn sent(client: &Client, operation: &(Method, &str, Option<String>), token: &str) -> Answer {
    client.send(operation.0.clone(), operation.1, &[("TAN-Token", token)], operation.2.clone()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_proof_is_answered_with_all_that_is_needed_to_give_it() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_sent(&app.sms, 1).await;
    let before = trace(&app).await;
    for (method, path, body) in operations() {
        let refused = alice.client.send(method.clone(), path, &[], body).await;
        assert_eq!(refused.error(), (403, 10002), "{method} {path}");
        assert_eq!((refused.header("tan-required"), refused.text("assurance")), ("token", "token"));
        let offered = refused.body["tan_channels"].as_array().unwrap();
        assert_eq!((offered.len(), &offered[0]["tan_channel"]), (1, &json!("sms")), "{refused:?}");
        assert!(offered[0]["tan_info"].as_str().unwrap().contains('*'));
        assert!(!refused.text("operation").is_empty());
        let summary = refused.text("summary");
        assert!(!summary.is_empty() && summary.chars().count() <= 140, "{summary}");
    }
    assert_eq!(trace(&app).await, before, "the operation is not begun");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_works_for_its_own_request_once() {
    let app = TestApp::start().await;
    for (number, operation) in operations().into_iter().enumerate() {
        let customer = app.customer_with_sms(&format!("alice{number}")).await;
        let path = operation.1.replace("/accounts/alice", &customer.path(""));
        let operation = (operation.0, path.as_str(), operation.2);
        let refused = customer.client.send(operation.0.clone(), operation.1, &[], operation.2.clone()).await;
        let token = bound(&app, &customer, &refused).await;
        let summary = refused.text("summary").to_owned();
        assert!(app.sms.last_to(&customer.phone).unwrap().body.reveal().contains(&summary), "{summary}");
        let done = sent(&customer.client, &operation, &token).await;
        assert!(done.status.is_success(), "{} {}: {done:?}", operation.0, operation.1);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_on_another_request_is_refused_and_void() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    until_sent(&app.email, 1).await;
    let asked = |path: &'static str, body: &str| (Method::POST, path, Some(body.to_owned()));
    let wish = r#"{"scope":"readonly"}"#;
    let others = [
        (Method::DELETE, SMS, None),
        asked("/accounts/alice/token", r#"{"scope": "readonly"}"#),
        asked("/accounts/alice/token", r#"{"scope":"readwrite"}"#),
        asked("/accounts/alice/token?x=1", wish),
        asked("/accounts/alice/token?", wish),
    ];
    for other in &others {
        app.advance(Duration::from_mins(1));
        let own = asked("/accounts/alice/token", wish);
        let refused = alice.client.send(own.0.clone(), own.1, &[], own.2.clone()).await;
        let token = bound(&app, &alice, &refused).await;
        let tokens = super::count(&app, "select count(*) from access_tokens").await;
        assert_eq!(sent(&alice.client, other, &token).await.error(), (403, 10004), "{} {:?}", other.1, other.2);
        assert_eq!(sent(&alice.client, other, &token).await.error(), (403, 10003), "{} {:?}", other.1, other.2);
        assert_eq!(sent(&alice.client, &own, &token).await.error(), (403, 10003), "void also for its own request");
        assert_eq!(super::count(&app, "select count(*) from access_tokens").await, tokens);
    }
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channels"], json!(["sms", "email"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solved_challenge_starts_no_cool_down_when_its_token_is_void() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let refused = alice.client.delete(SMS).await;
    let token = bound(&app, &alice, &refused).await;
    let wish = Some(json!({"scope": "readonly"}));
    let other = with_token(&alice.client, Method::POST, "/accounts/alice/token", &token, wish).await;
    assert_eq!(other.error(), (403, 10004));
    let again = alice.client.delete(SMS).await;
    assert_eq!(bound(&app, &alice, &again).await.len(), 47);
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    assert_eq!(alice.confirm(&id, &app.tan_sent_to(&alice.phone)).await.status, 200);
    assert_eq!(alice.client.delete(&alice.path(&format!("/tan/challenge/{id}"))).await.status, 204);
    alice.challenge("sms").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unbound_token_is_spent_by_any_one_operation() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let wish = || Some(json!({"scope": "readonly"}));
    let minted = with_token(&alice.client, Method::POST, "/accounts/alice/token", &token, wish()).await;
    assert_eq!(minted.status, 200, "{minted:?}");
    let before = trace(&app).await;
    for (method, path, body) in operations() {
        let again = alice.client.send(method, path, &[("TAN-Token", &token)], body).await;
        assert_eq!(again.error(), (403, 10003));
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_proves_nothing_gets_one_reply_for_all() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let bob = app.customer_with_sms("bob").await;
    let (spent, expired, theirs) = (alice.token(&app).await, alice.token(&app).await, bob.token(&app).await);
    let wish = Some(json!({"scope": "readonly"}));
    assert_eq!(with_token(&alice.client, Method::POST, "/accounts/alice/token", &spent, wish).await.status, 200);
    let unknown = format!("tan_{}", "A".repeat(43));
    let mut replies = Vec::new();
    for token in [&unknown, "garbage", "tan_", &spent, &theirs, &alice.client.token] {
        replies.push(with_token(&alice.client, Method::DELETE, SMS, token, None).await);
    }
    app.advance(Duration::from_mins(5));
    replies.push(with_token(&alice.client, Method::DELETE, SMS, &expired, None).await);
    let first = replies[0].raw.clone();
    for reply in &replies {
        assert_eq!((reply.error(), &reply.raw), ((403, 10003), &first));
        assert!(!reply.headers.contains_key("tan-required"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_bound_is_asked_an_unbound_token_does_not_do_and_stays_as_it_is() {
    let server = "own_operations = \"bound\"".to_owned();
    let app = TestApp::start_with(Wish { server, ..Wish::default() }).await;
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.challenge("sms").await.text("challenge_id").to_owned();
    let unbound = alice.confirm(&challenge, &app.tan_sent_to(&alice.phone)).await.text("tan_token").to_owned();
    let before = trace(&app).await;
    for operation in operations() {
        let refused = sent(&alice.client, &operation, &unbound).await;
        assert_eq!(refused.error(), (403, 10002), "{}", operation.1);
        assert_eq!((refused.header("tan-required"), refused.text("assurance")), ("bound", "bound"));
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(alice.state(&challenge).await, "solved");
    let refused = alice.client.delete(SMS).await;
    let token = bound(&app, &alice, &refused).await;
    assert_eq!(with_token(&alice.client, Method::DELETE, SMS, &token, None).await.status, 204);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_channels_passes_and_its_token_is_ignored() {
    let app = TestApp::start().await;
    for number in 3..6 {
        let operation = operations().into_iter().nth(number).unwrap();
        if operation.1 == SMS {
            continue;
        }
        let customer = app.customer(&format!("alice{number}")).await;
        let path = operation.1.replace("/accounts/alice", &customer.path(""));
        let operation = (operation.0, path.as_str(), operation.2);
        let done = sent(&customer.client, &operation, "garbage").await;
        assert!(done.status.is_success(), "{path}: {done:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_needs_no_token_and_one_that_comes_is_ignored() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    let enrolled = with_token(&app.admin, Method::POST, "/accounts/alice/tan/email", &token, Some(json!({}))).await;
    assert_eq!(enrolled.status, 202, "{enrolled:?}");
    assert_eq!(with_token(&app.admin, Method::DELETE, SMS, "garbage", None).await.status, 204);
    assert_eq!(app.admin.delete("/accounts/alice").await.status, 204);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_reserved_while_the_message_is_on_its_way_and_released_when_that_fails() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(&app).await;
    app.email.fail_next(SendError::Failed(Reason::default()));
    app.email.hold();
    let (client, held) = (alice.client.clone(), token.clone());
    let body = || Some(json!({"address": "new@example.com"}));
    let path = "/accounts/alice/tan/email";
    let first = tokio::spawn(async move { with_token(&client, Method::POST, path, &held, body()).await });
    app.email.until_held(1).await;
    let other = with_token(&alice.client, Method::DELETE, SMS, &token, None).await;
    assert_eq!(other.error(), (409, 10005));
    assert!((1..=30).contains(&other.retry_after()), "{other:?}");
    app.email.release();
    assert_eq!(first.await.unwrap().error(), (502, 5133));
    let again = with_token(&alice.client, Method::POST, path, &token, body()).await;
    assert_eq!(again.status, 202, "{again:?}");
    assert_eq!(with_token(&alice.client, Method::DELETE, SMS, &token, None).await.error(), (403, 10003));
    app.stop().await;
}
