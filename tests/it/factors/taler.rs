//! Taler's flow for an account that has neither telephone nor mailbox: the code of its app, and nothing is sent.

use serde_json::json;

use super::send;
use crate::{
    app::{Authenticator, Customer},
    contract::seconds,
    gateway::{
        Bank,
        taler::{asked, confirmed, ids, repeated, withdrawal},
    },
};

/// A bank whose time stands still, and a customer with an app.
async fn bank_with_app() -> (Bank, Customer, Authenticator) {
    let bank = Bank::open().await;
    bank.app.stop_clock().await;
    let alice = bank.customer_with("alice", &[]).await;
    let (challenge, device) = super::set_up(&super::enrol(&alice, &json!({}), "").await);
    assert_eq!(alice.confirm(&challenge, &device.code_at(bank.app.now())).await.status, 200);
    bank.app.advance(super::STEP);
    (bank, alice, device)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_taler_s_proves_itself_with_an_app() {
    let (bank, alice, device) = bank_with_app().await;
    let first = withdrawal().send(&alice.client, "").await;
    let id = ids(&first).remove(0);
    let offered = &first.body["challenges"];
    assert_eq!((&offered[0]["tan_channel"], &offered[0]["tan_info"]), (&json!("totp"), &json!("default")));
    assert_eq!(confirmed(&alice.client, &id, "123456").await.error(), (404, 5143), "not asked for yet");
    for _ in 0..2 {
        let ready = asked(&alice.client, &id, "").await;
        assert_eq!(ready.status, 200, "{ready:?}");
        let at = u64::try_from(bank.app.now()).unwrap();
        assert_eq!(seconds(&ready.body["earliest_retransmission"]), at, "nothing has to be waited for");
        assert!(seconds(&ready.body["solve_expiration"]) > at);
        assert_eq!(ready.body.as_object().unwrap().len(), 2);
    }
    let wrong = confirmed(&alice.client, &id, &device.code_at(bank.app.now() + 60)).await;
    assert_eq!((wrong.error(), wrong.number("retry_counter")), ((409, 5134), 2));
    assert_eq!(confirmed(&alice.client, &id, &device.code_at(bank.app.now())).await.status, 204);
    assert_eq!(repeated(&alice, &id).await.status, 200);
    let again = ids(&repeated(&alice, &id).await).remove(0);
    assert_eq!(asked(&alice.client, &again, "").await.status, 200);
    let replayed = confirmed(&alice.client, &again, &device.code_at(bank.app.now())).await;
    assert_eq!(replayed.error(), (409, 5134), "a code is right once, here too");
    assert_eq!(bank.app.messages(), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_are_offered_to_taler_s_clients_who_have_no_telephone() {
    let (bank, alice, device) = bank_with_app().await;
    let token = super::proven(&alice, "totp", &device.code_at(bank.app.now())).await;
    let made = send(&alice.client, reqwest::Method::POST, "/accounts/alice/tan/recovery", &token, None).await;
    let codes = super::codes_in(&made);
    let offered = ids(&withdrawal().send(&alice.client, "").await);
    assert_eq!(offered.len(), 2);
    assert_eq!(asked(&alice.client, &offered[1], "").await.status, 200);
    assert_eq!(confirmed(&alice.client, &offered[1], &codes[0]).await.status, 204);
    assert_eq!(repeated(&alice, &offered[1]).await.status, 200);
    bank.close().await;
}

/// The service beside a gateway serves the same: only the door is another.
#[tokio::test(flavor = "multi_thread")]
async fn at_the_gateway_apps_and_codes_are_the_customers_own_too() {
    let (bank, alice, device) = bank_with_app().await;
    assert_eq!(super::channels(&alice).await, serde_json::Value::Null, "the account itself is the bank core's there");
    let listed = alice.client.get("/accounts/alice/tan").await;
    assert_eq!(listed.body["tan_channels"][0]["tan_info"], "default");
    let token = super::proven(&alice, "totp", &device.code_at(bank.app.now())).await;
    assert_eq!(super::remove(&alice, "totp?name=default", &token).await.status, 204);
    bank.close().await;
}
