//! `[enrolment] waiting` with `[server] own_operations = "bound"`: a customer who has just enrolled stands outside of the
//! service's own operations until his first channel counts. Operators can help, and a pending enrolment can be withdrawn.

use reqwest::Method;
use serde_json::{Value, json};

use super::{WAITING, active, enrol, offered, send, service, solve};
use crate::{
    app::{Answer, Customer, TestApp},
    contract::trace,
};

async fn bound_service() -> TestApp {
    service("[enrolment]\nwaiting = \"2 h\"", "own_operations = \"bound\"").await
}

async fn newcomer(app: &TestApp) -> Customer {
    let alice = app.customer("alice").await;
    enrol(app, &alice, "sms", "").await;
    alice
}

/// The service's own operations on factors.
async fn own_operations(alice: &Customer, token: &str) -> Vec<Answer> {
    let contact = |phone: Value| json!({"contact_data": {"phone": phone}});
    let (path, client) = ("/accounts/alice", &alice.client);
    vec![
        send(client, Method::POST, "/accounts/alice/tan/email", token, Some(&json!({}))).await,
        send(client, Method::DELETE, "/accounts/alice/tan/sms", token, None).await,
        send(client, Method::PATCH, path, token, Some(&contact(Value::Null))).await,
        send(client, Method::PATCH, path, token, Some(&contact(json!("+41790000042")))).await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_can_neither_add_nor_change_nor_remove_until_his_channel_counts() {
    let app = bound_service().await;
    let alice = newcomer(&app).await;
    let before = trace(&app).await;
    for refused in own_operations(&alice, "").await {
        assert_eq!((refused.error(), offered(&refused)), ((403, 10002), vec![]), "{refused:?}");
    }
    assert_eq!((trace(&app).await, active(&alice).await), (before, json!(["sms"])));

    app.advance(WAITING);
    let refused = send(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", "", None).await;
    assert_eq!(offered(&refused), ["sms"]);
    let approval = solve(&app, &alice, "sms", Some(refused.text("operation"))).await;
    let gone = send(&alice.client, Method::DELETE, "/accounts/alice/tan/sms", &approval.token, None).await;
    assert_eq!((gone.status.as_u16(), active(&alice).await), (204, json!([])));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_helps_at_once() {
    let app = bound_service().await;
    let alice = newcomer(&app).await;
    let put = app.admin.put("/accounts/alice/tan/sms", json!({"address": alice.phone})).await;
    assert_eq!(put.status, 204, "{put:?}");
    for refused in own_operations(&alice, "").await {
        assert_eq!((refused.error(), offered(&refused)), ((403, 10002), vec!["sms".to_owned()]), "{refused:?}");
    }
    assert_eq!(app.admin.delete("/accounts/alice/tan/sms").await.status, 204);
    assert_eq!(active(&alice).await, json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_token_a_newcomer_is_free_to_go_on() {
    let app = service("[enrolment]\nwaiting = \"2 h\"", "").await;
    let alice = newcomer(&app).await;
    enrol(&app, &alice, "email", &solve(&app, &alice, "sms", None).await.token).await;
    assert_eq!(active(&alice).await, json!(["sms", "email"]));
    app.stop().await;
}
