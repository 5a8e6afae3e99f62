//! `[server] own_strength`: whether a mailbox alone may bring, change or remove what is stronger than itself.

use reqwest::Method;
use serde_json::{Value, json};

use super::{active, enrol, offered, send, service, solve};
use crate::{
    app::{Answer, Customer, TestApp},
    contract::trace,
};

/// Each of the service's own operations that changes what the account can be proven with, or makes a way past it.
async fn own_operations(alice: &Customer, token: &str) -> Vec<Answer> {
    let client = &alice.client;
    let contact = json!({"contact_data": {"phone": "+41790000042"}});
    let wish = json!({"scope": "readonly"});
    vec![
        send(client, Method::POST, "/accounts/alice/tan/totp", token, None).await,
        send(client, Method::POST, "/accounts/alice/tan/recovery", token, None).await,
        send(client, Method::PATCH, "/accounts/alice", token, Some(&contact)).await,
        send(client, Method::DELETE, "/accounts/alice/tan/sms", token, None).await,
        send(client, Method::POST, "/accounts/alice/token", token, Some(&wish)).await,
        send(client, Method::POST, "/accounts/alice/session/step-up", token, None).await,
        send(client, Method::DELETE, "/accounts/alice", token, None).await,
    ]
}

async fn strongest() -> TestApp {
    service("", "own_strength = \"strongest\"").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_alone_moves_nothing_where_the_strongest_is_asked_for() {
    let app = strongest().await;
    let alice = app.customer_with_both("alice").await;
    let weak = solve(&app, &alice, "email", None).await.token;
    let before = trace(&app).await;
    for refused in own_operations(&alice, &weak).await {
        assert_eq!((refused.error(), offered(&refused)), ((403, 10002), vec!["sms".to_owned()]), "{refused:?}");
    }
    assert_eq!((trace(&app).await, active(&alice).await), (before, json!(["sms", "email"])));

    let strong = solve(&app, &alice, "sms", None).await.token;
    let begun = send(&alice.client, Method::POST, "/accounts/alice/tan/totp", &strong, None).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_strongest_of_a_mailbox_is_a_mailbox() {
    let app = strongest().await;
    let alice = app.customer("alice").await;
    enrol(&app, &alice, "email", "").await;
    let token = solve(&app, &alice, "email", None).await.token;
    enrol(&app, &alice, "sms", &token).await;
    assert_eq!(active(&alice).await, json!(["sms", "email"]));
    let weak = solve(&app, &alice, "email", None).await.token;
    let refused = send(&alice.client, Method::DELETE, "/accounts/alice/tan/email", &weak, None).await;
    assert_eq!(refused.error(), (403, 10002), "from now on it is not enough");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unless_the_bank_says_so_any_channel_serves() {
    let app = TestApp::start().await;
    let alice = app.customer_with_both("alice").await;
    let weak = solve(&app, &alice, "email", None).await.token;
    let gone: Option<&Value> = None;
    let removed = send(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &weak, gone).await;
    assert_eq!(removed.status, 204, "a lost telephone is no lost account: {removed:?}");
    app.stop().await;
}
