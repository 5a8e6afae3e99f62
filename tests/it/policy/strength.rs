//! `strength`: which channels may serve which operation, and another way when one is lost.

use serde_json::json;
use tanager::channel::{Reason, SendError};

use super::{bank, limit, refused, solve};
use crate::{
    contract::tans_sent,
    gateway::{Request, TRANSFER, transfer},
};

const PATH: &str = "/accounts/alice/transactions";

#[tokio::test(flavor = "multi_thread")]
async fn when_one_channel_is_down_the_same_ticket_is_solved_by_another() {
    let bank = bank("").await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let (channels, ticket) = refused(&Request::post(PATH, TRANSFER), &alice.client, "").await;
    assert_eq!(channels, ["sms", "email"]);

    bank.app.sms.fail_always(SendError::TryLater(Reason::new("")));
    let wanted = json!({"operation": ticket});
    let down = alice.client.post("/accounts/alice/tan/challenge/sms", wanted).await;
    assert_eq!(down.error(), (502, 5133), "{down:?}");
    let approval = solve(&bank.app, &alice, "email", Some(&ticket)).await;

    assert_eq!(approval.bound, json!(true));
    assert_eq!((transfer(&alice, &approval.token).await.status.as_u16(), bank.transfers(&alice)), (200, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_way_that_is_too_weak_is_refused_and_its_token_stays_as_it_is() {
    let bank = bank("").await;
    let alice = bank.customer_with("alice", &["sms", "email"]).await;
    let (channels, ticket) = refused(&limit(), &alice.client, "").await;
    assert_eq!(channels, ["sms"], "email only informs");

    let weak = solve(&bank.app, &alice, "email", Some(&ticket)).await;
    assert_eq!(weak.bound, json!(true));
    let (channels, _) = refused(&limit(), &alice.client, &weak.token).await;
    assert_eq!((channels, alice.state(&weak.challenge).await.as_str()), (vec!["sms".to_owned()], "solved"));
    assert!(bank.core.seen().is_empty());

    let strong = solve(&bank.app, &alice, "sms", Some(&ticket)).await;
    assert_eq!(limit().send(&alice.client, &strong.token).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_strong_enough_is_the_banks_to_say() {
    let bank = bank("strength = \"possession\"").await;
    let alice = bank.customer_with("alice", &["email"]).await;
    let (channels, ticket) = refused(&limit(), &alice.client, "").await;
    assert_eq!(channels, ["email"]);
    let approval = solve(&bank.app, &alice, "email", Some(&ticket)).await;
    assert_eq!(limit().send(&alice.client, &approval.token).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_nothing_that_is_strong_enough_is_refused_and_offered_nothing() {
    let bank = bank("").await;
    let alice = bank.customer_with("alice", &["email"]).await;
    let before = tans_sent(&bank.app);
    assert_eq!(refused(&limit(), &alice.client, "").await.0, [""; 0]);
    assert_eq!((tans_sent(&bank.app), bank.core.seen().len()), (before, 0));
    bank.close().await;
}
