//! What each level of assurance asks for, and of what strength (section 6).

use reqwest::Method;
use serde_json::json;

use super::{Bank, Request, TRANSFER, transfer};
use crate::{app::Answer, contract::trace};

fn channels(answer: &Answer) -> Vec<&str> {
    let offered = answer.body["tan_channels"].as_array().unwrap_or_else(|| panic!("no channels: {answer:?}"));
    offered.iter().map(|channel| channel["tan_channel"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_channels_passes_every_level_and_its_token_is_ignored() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &[]).await;
    for (method, path) in [
        ("POST", "/accounts/alice/transactions"),
        ("PATCH", "/accounts/alice"),
        ("PUT", "/accounts/alice/plan"),
        ("POST", "/accounts/alice/contacts"),
        ("POST", "/accounts/alice/notes"),
        ("POST", "/accounts/alice/withdrawals/7/confirm"),
    ] {
        let request = Request::new(method, path, Some(TRANSFER));
        assert_eq!(request.send(&alice.client, "").await.status, 200, "{path}");
        assert_eq!(request.send(&alice.client, "tan_garbage").await.status, 200, "{path}");
        assert_eq!(bank.core.effects(method, path), 2, "{path}");
    }
    assert_eq!(bank.app.messages(), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_channels_are_asked_for_an_account_without_is_refused() {
    let bank = Bank::open().await;
    let (alice, bob) = (bank.customer_with("alice", &[]).await, bank.customer("bob").await);
    let refused = Request::post("/accounts/alice/mandates", "{}").send(&alice.client, "").await;
    assert_eq!((refused.error(), channels(&refused).len()), ((403, 10002), 0), "{refused:?}");
    let token = bank.unbound(&bob, "sms").await.token;
    let done = Request::post("/accounts/bob/mandates", "{}").send(&bob.client, &token).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(bank.core.lines(), ["POST /accounts/bob/mandates HTTP/1.1"]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn level_none_asks_for_a_credential_alone() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let note = Request::post("/accounts/alice/notes", "{}");
    assert_eq!(note.send(&alice.client, "").await.status, 200);
    assert_eq!(note.send(&bank.client(""), "").await.error(), (401, 40));
    let seen = bank.core.all("POST", "/accounts/alice/notes");
    assert_eq!((seen.len(), seen[0].header("x-tan-account").as_deref()), (1, Some("alice")));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn level_session_takes_a_one_shot_token_and_not_a_log_in_alone() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let contact = Request::post("/accounts/alice/contacts", "{}");
    let refused = contact.send(&alice.client, "").await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "session"));
    let approval = bank.unbound(&alice, "sms").await;
    assert_eq!(contact.send(&alice.client, &approval.token).await.status, 200);
    assert_eq!(alice.state(&approval.challenge).await, "spent");
    assert_eq!(bank.core.effects("POST", "/accounts/alice/contacts"), 1);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn level_token_takes_either_kind_of_token_once() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let rename = Request::new("PATCH", "/accounts/alice", Some(r#"{"name":"A"}"#));
    let refused = rename.send(&alice.client, "").await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "token"));
    for approval in [bank.unbound(&alice, "sms").await, bank.token_for(&alice, &rename).await] {
        assert_eq!(rename.send(&alice.client, &approval.token).await.status, 200);
        assert_eq!(rename.send(&alice.client, &approval.token).await.error(), (403, 10003));
    }
    assert_eq!(bank.core.hits("PATCH", "/accounts/alice"), 2);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_possession_is_asked_for_a_token_by_mail_does_not_do_and_stays_as_it_is() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let limit = Request::new("PUT", "/accounts/alice/limits/daily", Some("{}"));
    let refused = limit.send(&alice.client, "").await;
    assert_eq!((refused.error(), channels(&refused)), ((403, 10002), vec!["sms"]), "only what does is offered");
    let mailed = bank.unbound(&alice, "email").await;
    let before = trace(&bank.app).await;
    let refused = limit.send(&alice.client, &mailed.token).await;
    assert_eq!((refused.error(), channels(&refused)), ((403, 10002), vec!["sms"]));
    assert_eq!((trace(&bank.app).await, bank.core.seen().len()), (before, 0));
    let renamed = Request::new("PATCH", "/accounts/alice", Some("{}")).send(&alice.client, &mailed.token).await;
    assert_eq!(renamed.status, 200, "{renamed:?}");
    let texted = bank.unbound(&alice, "sms").await;
    assert_eq!(limit.send(&alice.client, &texted.token).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_nothing_of_the_asked_strength_is_refused_without_channels() {
    let bank = Bank::open().await;
    let alice = bank.customer_with("alice", &["email"]).await;
    let refused = Request::new("PUT", "/accounts/alice/limits/daily", Some("{}")).send(&alice.client, "").await;
    assert_eq!((refused.error(), channels(&refused).len()), ((403, 10002), 0), "{refused:?}");
    assert!(bank.core.seen().is_empty());
    assert_eq!(channels(&transfer(&alice, "").await), ["email"]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safe_method_can_be_protected_and_its_query_is_free_under_an_unbound_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let path = "/accounts/alice/statement?month=5";
    bank.core.on("GET", path, crate::bank_core::Script::done(200));
    assert_eq!(alice.client.get(path).await.error(), (403, 10002));
    assert!(bank.core.seen().is_empty());
    let token = bank.unbound(&alice, "sms").await.token;
    let read = alice.client.send(Method::GET, path, &[("TAN-Token", &token)], None).await;
    assert_eq!((read.status.as_u16(), &read.body), (200, &json!({"done": 200})));
    bank.close().await;
}
