//! The same of the factors that need no message: how strong they are, when they count, and what their removal costs.

use reqwest::Method;
use serde_json::{Value, json};
use tanager::channel::{Reason, SendError};

use super::{WAITING, active, answer, bank, code, enrol, limit, offered, prove, refused, send, solve, statement};
use crate::{
    app::{Answer, Authenticator, Client, Customer},
    gateway::{Approval, Bank, Request, TRANSFER, transfer},
};

const WEAK: &str = "[channel.totp]\nstrength = \"inform\"\n[channel.recovery]\nstrength = \"inform\"\n";
const LAST: &str = r#"no-factor-left; operations="transfer, mandate""#;

fn transfer_request() -> Request<'static> {
    Request::post("/accounts/alice/transactions", TRANSFER)
}

/// A bank whose time stands still.
async fn still(more: &str) -> Bank {
    let bank = bank(more).await;
    bank.app.stop_clock().await;
    bank
}

/// Enrols an app by that name; an empty token is none.
async fn enrol_app(bank: &Bank, customer: &Customer, name: &str, token: &str) -> Authenticator {
    let path = customer.path("/tan/totp");
    let begun = send(&customer.client, Method::POST, &path, token, Some(&json!({"name": name}))).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    let device = Authenticator::from_secret(begun.text("secret"));
    prove(customer, &begun, &code(&bank.app, &device)).await;
    device
}

async fn make_codes(customer: &Customer, token: &str) -> Vec<String> {
    let made = send(&customer.client, Method::POST, &customer.path("/tan/recovery"), token, Some(&json!({}))).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// What a code of this channel yields, for the ticket.
async fn show(customer: &Customer, channel: &str, code: &str, ticket: &str) -> Approval {
    let path = customer.path(&format!("/tan/challenge/{channel}"));
    let asked = customer.client.post(&path, json!({"operation": ticket})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    answer(customer, &asked, code).await
}

/// A customer with a telephone, an app and recovery codes.
async fn well_equipped(bank: &Bank) -> (Customer, Authenticator, Vec<String>) {
    let alice = bank.customer("alice").await;
    let device = enrol_app(bank, &alice, "phone", &solve(&bank.app, &alice, "sms", None).await.token).await;
    let codes = make_codes(&alice, &solve(&bank.app, &alice, "sms", None).await.token).await;
    (alice, device, codes)
}

async fn remove(client: &Client, what: &str, token: &str) -> Answer {
    send(client, Method::DELETE, &format!("/accounts/alice/tan/{what}"), token, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_telephone_lost_an_app_or_a_recovery_code_solves_the_same_ticket() {
    let bank = still("").await;
    let (alice, device, codes) = well_equipped(&bank).await;
    bank.app.sms.fail_always(SendError::TryLater(Reason::new("")));
    for request in [transfer_request(), limit()] {
        let (channels, ticket) = refused(&request, &alice.client, "").await;
        assert_eq!(channels, ["sms", "totp", "recovery"]);
        let by_app = show(&alice, "totp", &code(&bank.app, &device), &ticket).await;
        assert_eq!(request.send(&alice.client, &by_app.token).await.status, 200, "{}", request.path);
    }
    for (request, code) in [transfer_request(), limit()].iter().zip(&codes) {
        let (_, ticket) = refused(request, &alice.client, "").await;
        let by_code = show(&alice, "recovery", code, &ticket).await;
        assert_eq!(request.send(&alice.client, &by_code.token).await.status, 200, "{}", request.path);
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_only_inform_approve_nothing_that_asks_for_possession() {
    let bank = still(WEAK).await;
    let (alice, device, codes) = well_equipped(&bank).await;
    assert_eq!(refused(&transfer_request(), &alice.client, "").await.0, ["sms", "totp", "recovery"]);
    let (channels, ticket) = refused(&limit(), &alice.client, "").await;
    assert_eq!(channels, ["sms"]);
    let shown = code(&bank.app, &device);
    for (channel, code) in [("totp", &shown), ("recovery", &codes[0])] {
        let weak = show(&alice, channel, code, &ticket).await;
        assert_eq!(weak.bound, json!(true));
        assert_eq!(refused(&limit(), &alice.client, &weak.token).await.0, ["sms"], "{channel}");
        assert_eq!(alice.state(&weak.challenge).await, "solved", "{channel}");
    }
    assert!(bank.core.seen().is_empty());
    let strong = solve(&bank.app, &alice, "sms", Some(&ticket)).await;
    assert_eq!(limit().send(&alice.client, &strong.token).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preference_orders_them_too() {
    let bank = still("[channel]\npreference = [\"totp\", \"recovery\"]\n").await;
    let (alice, ..) = well_equipped(&bank).await;
    assert_eq!(active(&alice).await, json!(["totp", "recovery", "sms"]));
    assert_eq!(offered(&alice.client.get("/accounts/alice/tan").await), ["totp", "recovery", "sms"]);
    assert_eq!(refused(&transfer_request(), &alice.client, "").await.0, ["totp", "recovery", "sms"]);
    let account = bank.app.admin.get("/accounts/alice").await;
    assert_eq!(account.text("tan_channel"), "totp");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_beside_an_old_telephone_approves_nothing_that_is_bound() {
    let bank = still("[enrolment]\nwaiting = \"2 h\"").await;
    let (alice, device, codes) = well_equipped(&bank).await;
    let (channels, ticket) = refused(&transfer_request(), &alice.client, "").await;
    assert_eq!(channels, ["sms"]);
    let shown = code(&bank.app, &device);
    for (channel, code) in [("totp", &shown), ("recovery", &codes[0])] {
        let early = show(&alice, channel, code, &ticket).await;
        assert_eq!(refused(&transfer_request(), &alice.client, &early.token).await.0, ["sms"], "{channel}");
        assert_eq!(alice.state(&early.challenge).await, "solved", "{channel}");
    }
    let (channels, ticket) = refused(&statement(), &alice.client, "").await;
    assert_eq!(channels, ["sms", "totp", "recovery"]);
    let at_once = show(&alice, "totp", &code(&bank.app, &device), &ticket).await;
    assert_eq!(statement().send(&alice.client, &at_once.token).await.status, 200);

    bank.app.advance(WAITING);
    let (channels, ticket) = refused(&transfer_request(), &alice.client, "").await;
    assert_eq!(channels, ["sms", "totp", "recovery"]);
    let approval = show(&alice, "totp", &code(&bank.app, &device), &ticket).await;
    assert_eq!((transfer(&alice, &approval.token).await.status.as_u16(), bank.transfers(&alice)), (200, 1));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_devices_the_one_that_counts_is_named_and_does() {
    let bank = still("[enrolment]\nwaiting = \"2 h\"").await;
    let alice = bank.customer_with("alice", &[]).await;
    let old = enrol_app(&bank, &alice, "old", "").await;
    bank.app.advance(WAITING);
    let asked = alice.client.post("/accounts/alice/tan/challenge/totp", json!({})).await;
    let token = answer(&alice, &asked, &code(&bank.app, &old)).await.token;
    let new = enrol_app(&bank, &alice, "new", &token).await;

    let offer = transfer(&alice, "").await;
    assert_eq!(offer.body["tan_channels"], json!([{"tan_channel": "totp", "tan_info": "old"}]), "{offer:?}");
    let offer = statement().send(&alice.client, "").await;
    assert_eq!(offer.body["tan_channels"], json!([{"tan_channel": "totp", "tan_info": "old, new"}]), "{offer:?}");
    let (_, ticket) = refused(&transfer_request(), &alice.client, "").await;
    let by_new = show(&alice, "totp", &code(&bank.app, &new), &ticket).await;
    refused(&transfer_request(), &alice.client, &by_new.token).await;
    let by_old = show(&alice, "totp", &code(&bank.app, &old), &ticket).await;
    assert_eq!(transfer(&alice, &by_old.token).await.status, 200);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_device_is_not_removed_without_a_word() {
    let bank = still("").await;
    let alice = bank.customer_with("alice", &[]).await;
    let phone = enrol_app(&bank, &alice, "phone", "").await;
    let ask = async || {
        let asked = alice.client.post("/accounts/alice/tan/challenge/totp", json!({})).await;
        answer(&alice, &asked, &code(&bank.app, &phone)).await.token
    };
    enrol_app(&bank, &alice, "tablet", &ask().await).await;

    let asked = remove(&alice.client, "totp?name=tablet", "").await;
    assert_eq!(asked.text("summary"), "remove the authenticator app tablet", "another one is left");
    let all = remove(&alice.client, "totp", "").await;
    assert_eq!(all.text("summary"), "remove all authenticator apps; no longer possible then: transfer, mandate");
    let gone = remove(&alice.client, "totp?name=tablet", &ask().await).await;
    assert_eq!((gone.status.as_u16(), gone.headers.get("tan-warning")), (204, None), "{gone:?}");

    let asked = remove(&alice.client, "totp?name=phone", "").await;
    let summary = "remove the authenticator app phone; no longer possible then: transfer, mandate";
    assert_eq!(asked.text("summary"), summary);
    let gone = remove(&alice.client, "totp?name=phone", &ask().await).await;
    assert_eq!((gone.status.as_u16(), gone.header("tan-warning")), (204, LAST));
    assert_eq!(transfer(&alice, "").await.body["tan_channels"], json!([]));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_recovery_codes_are_not_removed_without_a_word() {
    let bank = still("").await;
    let alice = bank.customer_with("alice", &[]).await;
    let codes = make_codes(&alice, "").await;
    let asked = remove(&alice.client, "recovery", "").await;
    let summary = "remove the recovery codes; no longer possible then: transfer, mandate";
    assert_eq!(asked.text("summary"), summary);
    let approval = show(&alice, "recovery", &codes[0], asked.text("operation")).await;
    let gone = remove(&alice.client, "recovery", &approval.token).await;
    assert_eq!((gone.status.as_u16(), gone.header("tan-warning")), (204, LAST));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_beside_an_app_that_only_informs_is_warned_of() {
    let bank = still(WEAK).await;
    let (alice, ..) = well_equipped(&bank).await;
    let asked = remove(&alice.client, "sms", "").await;
    assert_eq!(asked.text("summary"), "send no more TANs by SMS; no longer possible then: limit");
    let gone = remove(&alice.client, "sms", &solve(&bank.app, &alice, "sms", None).await.token).await;
    assert_eq!(gone.header("tan-warning"), r#"no-factor-left; operations="limit""#);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_they_are_off_they_are_not_offered_and_not_missed() {
    let bank = still("[channel.totp]\nenabled = false\n[channel.recovery]\nenabled = false\n").await;
    let alice = bank.customer("alice").await;
    let token = solve(&bank.app, &alice, "sms", None).await.token;
    for way in ["totp", "recovery"] {
        let path = format!("/accounts/alice/tan/{way}");
        let answer = send(&alice.client, Method::POST, &path, &token, Some(&json!({}))).await;
        assert_eq!(answer.error(), (409, 5132), "{way}: {answer:?}");
    }
    assert_eq!(active(&alice).await, Value::from(vec!["sms"]));
    enrol(&bank.app, &alice, "email", &token).await;
    bank.close().await;
}
