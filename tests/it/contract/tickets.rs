//! Operation tickets (sections 5 and 6).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{seconds, trace, until_sent};
use crate::app::{Answer, Customer, TestApp};

const SMS: &str = "/accounts/alice/tan/sms";

async fn ticket(customer: &Customer) -> String {
    let refused = customer.client.delete(&customer.path("/tan/sms")).await;
    assert_eq!(refused.error(), (403, 10002));
    refused.text("operation").to_owned()
}

async fn requested(customer: &Customer, ticket: &str) -> Answer {
    customer.client.post(&customer.path("/tan/challenge/sms"), json!({"operation": ticket})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_for_a_ticket_shows_what_is_approved_and_its_message_says_it() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let refused = alice.client.delete(SMS).await;
    let summary = refused.text("summary").to_owned();
    let challenge = requested(&alice, refused.text("operation")).await;
    assert_eq!((challenge.status.as_u16(), challenge.text("summary")), (200, summary.as_str()));
    let message = app.sms.last_to(&alice.phone).unwrap();
    assert!(message.body.reveal().contains(&summary));
    let id = challenge.text("challenge_id");
    let watched = alice.client.get(&alice.path(&format!("/tan/challenge/{id}"))).await;
    assert_eq!(watched.text("summary"), summary);
    let solved = alice.confirm(id, &app.tan_sent_to(&alice.phone)).await;
    assert_eq!(solved.body["bound"], json!(true));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_was_changed_is_refused_wherever_it_was_changed() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_sent(&app.sms, 1).await;
    let good = ticket(&alice).await;
    let before = trace(&app).await;
    for place in (0..good.len()).step_by(7).chain([good.len() - 1]) {
        let mut changed = good.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'Q' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(requested(&alice, &changed).await.error(), (400, 26), "at {place} of {}", good.len());
    }
    for changed in [&good[..good.len() - 1], &good[1..], &format!("{good}A"), &format!("{good}="), &format!(" {good}")]
    {
        assert_eq!(requested(&alice, changed).await.error(), (400, 26));
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(requested(&alice, &good).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_s_ticket_is_a_malformed_one() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let bob = app.customer_with_sms("bob").await;
    until_sent(&app.sms, 2).await;
    let theirs = ticket(&bob).await;
    let before = trace(&app).await;
    let other = requested(&alice, &theirs).await;
    let garbage = requested(&alice, "garbage").await;
    assert_eq!((other.error(), &other.raw), ((400, 26), &garbage.raw));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_ran_out_is_refused() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_sent(&app.sms, 1).await;
    let (one, other) = (ticket(&alice).await, ticket(&alice).await);
    app.advance(Duration::from_mins(10) - Duration::from_secs(30));
    let in_time = requested(&alice, &one).await;
    assert_eq!(in_time.status, 200, "{in_time:?}");
    app.advance(Duration::from_mins(1));
    let before = trace(&app).await;
    assert_eq!(requested(&alice, &other).await.error(), (409, 5144));
    assert_eq!(trace(&app).await, before);
    let id = in_time.text("challenge_id");
    let solved = alice.confirm(id, &app.tan_sent_to(&alice.phone)).await;
    assert_eq!(solved.status, 200, "once a challenge is there, its own times count");
    assert!(seconds(&solved.body["expiration"]) > seconds(&in_time.body["solve_expiration"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_sealed_and_nothing_is_stored_for_it() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_sent(&app.sms, 1).await;
    let before = trace(&app).await;
    let (one, other) = (ticket(&alice).await, ticket(&alice).await);
    assert_ne!(one, other, "two tickets for the same request are not alike");
    for part in ["alice", "DELETE", "/accounts", "sms"] {
        assert!(!one.contains(part), "{one}");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_may_be_used_for_a_second_challenge() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let ticket = ticket(&alice).await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let challenge = requested(&alice, &ticket).await;
        let solved = alice.confirm(challenge.text("challenge_id"), &app.tan_sent_to(&alice.phone)).await;
        tokens.push(solved.text("tan_token").to_owned());
    }
    let removed = super::with_token(&alice.client, Method::DELETE, SMS, &tokens[1], None).await;
    assert_eq!(removed.status, 204);
    let put = app.admin.put(SMS, json!({"address": alice.phone})).await;
    assert_eq!(put.status, 204);
    let again = super::with_token(&alice.client, Method::DELETE, SMS, &tokens[0], None).await;
    assert_eq!(again.error(), (403, 10003), "the other one went with the channel");
    app.stop().await;
}
