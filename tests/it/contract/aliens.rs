//! What is another account's (sections 1 and 2): it gets the reply that an unknown one gets, to the byte.

use reqwest::Method;
use serde_json::json;

use super::{
    routes::{Place, TABLE},
    trace, with_token,
};
use crate::app::{Answer, TestApp};

/// A reply without what differs by nature: its request's name, its date, and in which order the names in a list stand,
/// which is another for each thread that serves.
fn likeness(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let differs = ["x-request-id", "date"];
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !differs.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), sorted(value.to_str().unwrap())))
        .collect();
    headers.sort_unstable();
    (answer.status.as_u16(), headers, answer.raw.clone())
}

fn sorted(list: &str) -> String {
    let mut names: Vec<&str> = list.split(", ").collect();
    names.sort_unstable();
    names.join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_path_is_refused_alike_whether_it_exists_or_not() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let bob = app.customer_with_sms("bob").await;
    let left = app.customer("gone").await;
    assert_eq!(app.admin.delete(&left.path("")).await.status, 204);
    let challenge = bob.challenge("sms").await.text("challenge_id").to_owned();
    let tokens = bob.client.get("/accounts/bob/tokens").await;
    let token = tokens.body["tokens"][0]["token_id"].as_str().unwrap();
    let before = trace(&app).await;
    for route in TABLE.iter().filter(|route| route.path.contains("{username}")) {
        let mut replies = Vec::new();
        for username in ["bob", "nobody", "gone", "Alice"] {
            let place = Place { username, challenge: &challenge, token };
            let body = route.body_for("x");
            replies.push(alice.client.send(route.verb(), &place.path(route.path), &[], body).await);
        }
        assert_eq!(replies[0].error(), (403, 44), "{} {}", route.method, route.path);
        let first = likeness(&replies[0]);
        assert!(replies.iter().all(|reply| likeness(reply) == first), "{} {}: {replies:?}", route.method, route.path);
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_path_is_refused_alike_with_any_channel_id_and_body() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.customer_with_sms("bob").await;
    for username in ["bob", "nobody"] {
        let base = format!("/accounts/{username}/tan");
        for channel in ["sms", "email", "pigeon"] {
            assert_eq!(alice.client.post(&format!("{base}/{channel}"), json!({})).await.error(), (403, 44));
            assert_eq!(alice.client.delete(&format!("{base}/{channel}")).await.error(), (403, 44));
            assert_eq!(alice.client.post(&format!("{base}/challenge/{channel}"), json!({})).await.error(), (403, 44));
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_challenge_is_an_unknown_one() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let bob = app.customer_with_sms("bob").await;
    let theirs = bob.challenge("sms").await.text("challenge_id").to_owned();
    let tan = app.tan_sent_to(&bob.phone);
    let before = trace(&app).await;
    let unknown = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";
    let path = |id: &str| alice.path(&format!("/tan/challenge/{id}"));
    let pairs = [
        (alice.client.get(&path(&theirs)).await, alice.client.get(&path(unknown)).await),
        (alice.client.delete(&path(&theirs)).await, alice.client.delete(&path(unknown)).await),
        (alice.retransmit(&theirs).await, alice.retransmit(unknown).await),
        (alice.confirm(&theirs, &tan).await, alice.confirm(unknown, &tan).await),
    ];
    for (other, none) in pairs {
        assert_eq!(other.error(), (404, 5143));
        assert_eq!(likeness(&other), likeness(&none));
    }
    assert_eq!(trace(&app).await, before, "nothing was counted, nothing was sent");
    assert_eq!(bob.state(&theirs).await, "open");
    assert_eq!(bob.confirm(&theirs, &tan).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_tokens_are_unknown_ones() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let bob = app.customer_with_sms("bob").await;
    let listed = bob.client.get("/accounts/bob/tokens").await;
    let theirs = listed.body["tokens"][0]["token_id"].as_str().unwrap();
    let other = alice.client.delete(&alice.path(&format!("/tokens/{theirs}"))).await;
    let none = alice.client.delete(&alice.path("/tokens/0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f")).await;
    assert_eq!(other.error(), (404, 21));
    assert_eq!(likeness(&other), likeness(&none));
    assert_eq!(bob.client.get("/accounts/bob").await.status, 200, "bob is still logged in");

    let proof = bob.token(&app).await;
    let path = "/accounts/alice/tan/sms";
    let other = with_token(&alice.client, Method::DELETE, path, &proof, None).await;
    let made_up = format!("tan_{}", "A".repeat(43));
    let none = with_token(&alice.client, Method::DELETE, path, &made_up, None).await;
    assert_eq!(other.error(), (403, 10003));
    assert_eq!(likeness(&other), likeness(&none));
    assert_eq!(alice.client.get("/accounts/alice").await.body["tan_channels"], json!(["sms"]));
    let own = with_token(&bob.client, Method::DELETE, "/accounts/bob/tan/sms", &proof, None).await;
    assert_eq!(own.status, 204, "bob's token is as it was: {own:?}");
    app.stop().await;
}
