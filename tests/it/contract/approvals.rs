//! What was approved is what is done: a token names the address it was asked for, and nobody's unproven enrolment outlives
//! the first proven channel.

use reqwest::Method;
use serde_json::json;

use super::with_token;
use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_enrols_no_address_that_was_put_in_after_it_was_approved() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let refused = alice.client.post(&alice.path("/tan/email"), json!({})).await;
    assert_eq!(refused.error(), (403, 10002));
    let summary = refused.text("summary");
    assert!(summary.contains("a***@example.com") && !summary.contains(&alice.email), "{summary}");
    let ticket = json!({"operation": refused.text("operation")});
    let asked = alice.client.post(&alice.path("/tan/challenge/sms"), ticket).await;
    assert!(!asked.text("summary").contains(&alice.email), "{asked:?}");
    let message = app.sms.last_to(&alice.phone).unwrap();
    assert!(message.body.reveal().contains(&alice.email), "the message shows what is approved");
    let solved = alice.confirm(asked.text("challenge_id"), &app.tan_sent_to(&alice.phone)).await;
    let token = solved.text("tan_token").to_owned();
    let patched =
        alice.client.patch("/accounts/alice", json!({"contact_data": {"email": "eve@attacker.example"}})).await;
    assert_eq!(patched.status, 204, "{patched:?}");

    let body = Some(json!({}));
    let enrolled = with_token(&alice.client, Method::POST, &alice.path("/tan/email"), &token, body).await;

    assert_eq!(enrolled.error(), (403, 10004), "{enrolled:?}");
    assert_eq!(app.email.attempts(), 0, "nothing was sent to the other address");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_that_nobody_approved_does_not_outlive_the_first_proven_channel() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let thief = app.log_in("alice").await;
    let pending = thief.post(&alice.path("/tan/email"), json!({"address": "eve@attacker.example"})).await;
    assert_eq!(pending.status, 202, "{pending:?}");
    let challenge = pending.body["challenge"]["challenge_id"].as_str().unwrap();
    let tan = app.tan_sent_to("eve@attacker.example");
    let own = alice.client.post(&alice.path("/tan/sms"), json!({})).await;
    let own = own.body["challenge"]["challenge_id"].as_str().unwrap();
    assert_eq!(alice.confirm(own, &app.tan_sent_to(&alice.phone)).await.status, 200);

    let confirmed = thief.post(&alice.path(&format!("/tan/challenge/{challenge}/confirm")), json!({"tan": tan})).await;

    assert_eq!(confirmed.error(), (409, 5144));
    let account = alice.client.get("/accounts/alice").await;
    assert_eq!(account.body["tan_channels"], json!(["sms"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_too_long_to_be_shown_whole_is_refused() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let label = "x".repeat(60);
    let body = json!({"address": format!("alice@{label}.{label}.example")});

    let refused = alice.client.post(&alice.path("/tan/email"), body).await;

    assert_eq!(refused.error(), (400, 26), "{refused:?}");
    assert_eq!(app.email.attempts(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_has_one_count_however_it_is_capitalised() {
    let wish = crate::app::Wish { more: "[limits]\naddress_per_hour = 2\n".to_owned(), ..crate::app::Wish::default() };
    let app = TestApp::start_with(wish).await;
    let enrol = async |name: &str, address: &str| {
        let customer = app.customer(name).await;
        customer.client.post(&customer.path("/tan/email"), json!({"address": address})).await
    };
    assert_eq!(enrol("ann", "victim@example.com").await.status, 202);
    assert_eq!(enrol("ben", "Victim@example.com").await.status, 202);

    let refused = enrol("cat", "VICTIM@example.com").await;

    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "address_per_hour"));
    assert_eq!(app.email.attempts(), 2);
    app.stop().await;
}
