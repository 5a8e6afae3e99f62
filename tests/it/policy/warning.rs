//! What a removal costs: told to the customer before he approves it, and by `TAN-Warning` when it is done.

use reqwest::Method;
use serde_json::{Value, json};

use super::{bank, limit, refused, send, solve};
use crate::{
    app::{Answer, Client, Customer},
    gateway::{Bank, transfer},
};

const LAST: &str = r#"no-factor-left; operations="transfer, mandate""#;
const STRONGEST: &str = r#"no-factor-left; operations="limit""#;
const BY_SMS: &str = "send no more TANs by SMS";

/// The service's own listener, where contact data is changed.
fn inside(bank: &Bank, customer: &Customer) -> Client {
    bank.app.admin.with_token(&customer.client.token)
}

async fn remove(client: &Client, channel: &str, token: &str) -> Answer {
    send(client, Method::DELETE, &format!("/accounts/alice/tan/{channel}"), token, None).await
}

async fn patch(client: &Client, contact: &Value, token: &str) -> Answer {
    send(client, Method::PATCH, "/accounts/alice", token, Some(&json!({"contact_data": contact}))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_factor_of_all_is_not_removed_without_a_word() {
    let bank = bank("").await;
    let alice = bank.customer("alice").await;
    let asked = remove(&alice.client, "sms", "").await;
    let summary = format!("{BY_SMS}; no longer possible then: transfer, mandate");
    assert_eq!((asked.error(), asked.text("summary")), ((403, 10002), summary.as_str()));
    assert_eq!(asked.header("tan-warning"), "", "nothing is done yet");

    let approval = solve(&bank.app, &alice, "sms", Some(asked.text("operation"))).await;
    let shown = bank.app.sms.last_to(&alice.phone).unwrap();
    assert!(shown.body.reveal().contains(&format!(" It approves: {summary}. ")), "{}", shown.body.reveal());
    let gone = remove(&alice.client, "sms", &approval.token).await;

    assert_eq!((gone.status.as_u16(), gone.raw.as_str(), gone.header("tan-warning")), (204, "", LAST));
    let transfer = transfer(&alice, "").await;
    assert_eq!((transfer.error(), &transfer.body["tan_channels"]), ((403, 10002), &json!([])), "it says the truth");
    assert_eq!(limit().send(&alice.client, "").await.status, 200, "and this passes for an account without channels");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_factor_of_a_strength_is_warned_of_as_well() {
    let bank = bank("").await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let asked = remove(&alice.client, "sms", "").await;
    assert_eq!(asked.text("summary"), format!("{BY_SMS}; no longer possible then: limit"));
    // An unbound token does as well, and its answer says the same.
    let gone = remove(&alice.client, "sms", &solve(&bank.app, &alice, "email", None).await.token).await;
    assert_eq!((gone.status.as_u16(), gone.header("tan-warning")), (204, STRONGEST));
    assert_eq!(refused(&limit(), &alice.client, "").await.0, [""; 0]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_costs_nothing_says_nothing() {
    let bank = bank("").await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let asked = remove(&alice.client, "email", "").await;
    assert_eq!(asked.text("summary"), "send no more TANs by email");
    let gone = remove(&alice.client, "email", &solve(&bank.app, &alice, "sms", None).await.token).await;
    assert_eq!((gone.status.as_u16(), gone.headers.get("tan-warning")), (204, None));

    let token = solve(&bank.app, &alice, "sms", None).await.token;
    let pending = send(&alice.client, Method::POST, "/accounts/alice/tan/email", &token, Some(&json!({}))).await;
    assert_eq!(pending.status, 202, "{pending:?}");
    let withdrawn = remove(&alice.client, "email", "").await;
    assert_eq!((withdrawn.status.as_u16(), withdrawn.headers.get("tan-warning")), (204, None));
    let said =
        send(&inside(&bank, &alice), Method::PATCH, "/accounts/alice", "", Some(&json!({"language": "de"}))).await;
    assert_eq!((said.status.as_u16(), said.headers.get("tan-warning")), (204, None));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_away_warns_like_its_channel() {
    let bank = bank("").await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let client = inside(&bank, &alice);
    let asked = patch(&client, &json!({"phone": null}), "").await;
    assert_eq!(asked.text("summary"), format!("{BY_SMS}; no longer possible then: limit"));
    let both = json!({"phone": null, "email": null});
    let asked = patch(&client, &both, "").await;
    assert_eq!(asked.text("summary"), format!("{BY_SMS} and email; no longer possible then: transfer, mandate"));
    let gone = patch(&client, &both, &solve(&bank.app, &alice, "sms", None).await.token).await;
    assert_eq!((gone.status.as_u16(), gone.header("tan-warning")), (204, LAST));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_warned_too() {
    let bank = bank("").await;
    bank.customer_with("alice", &["sms", "email"]).await;
    let admin = &bank.app.admin;
    assert_eq!(remove(admin, "sms", "").await.header("tan-warning"), STRONGEST);
    let gone = patch(admin, &json!({"email": null}), "").await;
    assert_eq!((gone.status.as_u16(), gone.header("tan-warning")), (204, LAST));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_bank_can_read_it() {
    let bank = bank("").await;
    let alice = bank.customer("alice").await;
    let token = solve(&bank.app, &alice, "sms", None).await.token;
    let headers = [("TAN-Token", token.as_str()), ("Origin", "https://bank.example")];
    let gone = alice.client.send(Method::DELETE, "/accounts/alice/tan/sms", &headers, None).await;
    assert_eq!((gone.status.as_u16(), gone.header("tan-warning")), (204, LAST));
    assert!(gone.header("access-control-expose-headers").contains("tan-warning"), "{gone:?}");
    bank.close().await;
}
