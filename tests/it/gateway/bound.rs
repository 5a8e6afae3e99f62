//! The flow of section 6 at the gateway: refused with all that is needed, proven, and done once, exactly as approved.

use serde_json::json;

use super::{Bank, Request, SUMMARY, TRANSFER, transfer};
use crate::{bank_core::Script, contract::trace};

const PATH: &str = "/accounts/alice/transactions";

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_refused_shown_approved_and_done() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let before = trace(&bank.app).await;

    let refused = transfer(&alice, "").await;

    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "bound"));
    assert_eq!((refused.text("assurance"), refused.text("summary")), ("bound", SUMMARY));
    assert_eq!(refused.header("cache-control"), "no-store");
    let offered = refused.body["tan_channels"].as_array().unwrap();
    assert_eq!((offered.len(), &offered[0]["tan_channel"]), (1, &json!("sms")));
    assert!(!refused.raw.contains(&alice.phone) && offered[0]["tan_info"].as_str().unwrap().contains('*'));
    assert_eq!((trace(&bank.app).await, bank.core.seen().len()), (before, 0), "the operation is not begun");

    let approval = bank.approve(&alice, &refused).await;
    assert_eq!(approval.bound, json!(true));
    assert!(bank.app.sms.last_to(&alice.phone).unwrap().body.reveal().contains(SUMMARY));
    assert!(bank.core.seen().is_empty(), "what the service does itself is nothing to the core");
    let done = transfer(&alice, &approval.token).await;
    assert_eq!((done.status.as_u16(), done.raw.as_str()), (200, r#"{"done":200}"#));
    assert_eq!(done.header("x-request-id"), "", "the core's answer passes as it is");
    assert_eq!(bank.core.last("POST", PATH).body, TRANSFER.as_bytes());
    assert_eq!(alice.state(&approval.challenge).await, "spent");

    assert_eq!(transfer(&alice, &approval.token).await.error(), (403, 10003));
    assert_eq!((bank.transfers(&alice), bank.core.effects("POST", PATH)), (1, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anything_else_than_what_was_approved_is_refused_and_voids_the_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let other_amount = TRANSFER.replace("120.00", "120.01");
    let spaced = format!("{TRANSFER} ");
    let others = [
        Request::post(PATH, &other_amount),
        Request::post(PATH, &spaced),
        Request::post("/accounts/alice/transactions?x=1", TRANSFER),
        Request::post("/accounts/alice/transactions?", TRANSFER),
        Request::post("/accounts/alice/cashouts", TRANSFER),
        Request::new("PUT", "/accounts/alice/plan", Some(TRANSFER)),
        Request::new("PATCH", "/accounts/alice", Some(TRANSFER)),
        Request::new("DELETE", "/accounts/alice", None),
    ];
    for other in &others {
        let approval = bank.transfer_token(&alice).await;
        let refused = other.send(&alice.client, &approval.token).await;
        assert_eq!(refused.error(), (403, 10004), "{} {}", other.method, other.path);
        assert_eq!(alice.state(&approval.challenge).await, "void", "{} {}", other.method, other.path);
        assert_eq!(transfer(&alice, &approval.token).await.error(), (403, 10003), "void for its own request too");
    }
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_is_part_of_what_is_approved() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let own = Request::post("/accounts/alice/transactions?a=1&b=%2F", TRANSFER);
    for path in [
        "/accounts/alice/transactions",
        "/accounts/alice/transactions?b=%2F&a=1",
        "/accounts/alice/transactions?a=1&b=/",
    ] {
        let approval = bank.token_for(&alice, &own).await;
        assert_eq!(
            Request::post(path, TRANSFER).send(&alice.client, &approval.token).await.error(),
            (403, 10004),
            "{path}"
        );
    }
    let approval = bank.token_for(&alice, &own).await;
    assert_eq!(own.send(&alice.client, &approval.token).await.status, 200);
    assert_eq!(bank.core.lines(), ["POST /accounts/alice/transactions?a=1&b=%2F HTTP/1.1"]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_nothing_to_another_account_and_stays_as_it_is() {
    let bank = Bank::open().await;
    let (alice, bob) = (bank.customer("alice").await, bank.customer("bob").await);
    let approval = bank.transfer_token(&alice).await;
    assert_eq!(transfer(&bob, &approval.token).await.error(), (403, 10003));
    assert_eq!(Request::post(PATH, TRANSFER).send(&bob.client, &approval.token).await.error(), (403, 44));
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    assert_eq!(transfer(&alice, &approval.token).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_one_account_is_nothing_to_another() {
    let bank = Bank::open().await;
    let (alice, bob) = (bank.customer("alice").await, bank.customer("bob").await);
    let refused = transfer(&alice, "").await;
    let before = trace(&bank.app).await;
    let ticket = json!({"operation": refused.text("operation")});
    assert_eq!(bob.client.post("/accounts/bob/tan/challenge/sms", ticket).await.error(), (400, 26));
    assert_eq!(trace(&bank.app).await, before);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unbound_token_does_not_do_for_a_bound_operation_and_stays_as_it_is() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.unbound(&alice, "sms").await;
    let before = trace(&bank.app).await;
    let refused = transfer(&alice, &approval.token).await;
    assert_eq!((refused.error(), refused.header("tan-required")), ((403, 10002), "bound"));
    assert!(!refused.text("operation").is_empty());
    assert_eq!((trace(&bank.app).await, bank.core.seen().len()), (before, 0));
    let renamed = Request::new("PATCH", "/accounts/alice", Some("{}")).send(&alice.client, &approval.token).await;
    assert_eq!(renamed.status, 200, "{renamed:?}");
    assert_eq!(bank.core.lines(), ["PATCH /accounts/alice HTTP/1.1"]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_tan_token_is_no_token() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    let list = format!("{}, {0}", approval.token);
    let own = Request::post(PATH, TRANSFER);
    for values in [&[approval.token.as_str(), &approval.token][..], &[&list], &[&approval.token, "x"], &[""], &[","]] {
        let headers: Vec<_> = values.iter().map(|value| ("TAN-Token", *value)).collect();
        assert_eq!(own.send_with(&alice.client, &headers).await.error(), (400, 23), "{}", values.len());
    }
    let unknown = format!("tan_{}", "A".repeat(43));
    for token in [unknown.as_str(), "garbage", &alice.client.token] {
        assert_eq!(transfer(&alice, token).await.error(), (403, 10003));
    }
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    assert_eq!(transfer(&alice, &approval.token).await.status, 200, "the token is as it was");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ran_out_begins_nothing() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let approval = bank.transfer_token(&alice).await;
    bank.app.advance(std::time::Duration::from_mins(5));
    assert_eq!(transfer(&alice, &approval.token).await.error(), (403, 10003));
    assert!(bank.core.seen().is_empty(), "{:?}", bank.core.lines());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_closed_here_too_when_the_core_has_closed_it() {
    let bank = Bank::open().await;
    let alice = bank.customer("alice").await;
    let close = Request::new("DELETE", "/accounts/alice", None);
    let approval = bank.token_for(&alice, &close).await;
    bank.core.once("DELETE", "/accounts/alice", Script::refuse(409));
    assert_eq!(close.send(&alice.client, &approval.token).await.status, 409);
    assert_eq!(bank.app.admin.get("/accounts/alice").await.status, 200, "the core has not closed it");

    assert_eq!(close.send(&alice.client, &approval.token).await.status, 200);

    assert_eq!(bank.app.admin.get("/accounts/alice").await.error(), (404, 5106));
    let after = transfer(&alice, "").await;
    assert!([(401, 40), (403, 44)].contains(&after.error()), "{after:?}");
    let again = bank.app.admin.post("/accounts", json!({"username": "alice"})).await;
    assert_eq!(again.error(), (409, 5121), "the name is not given out again");
    assert_eq!((bank.core.hits("DELETE", "/accounts/alice"), bank.transfers(&alice)), (2, 0));
    bank.close().await;
}
