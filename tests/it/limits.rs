//! Limits over transmissions: of an account, and over all accounts of an address and a prefix.

mod ceilings;
mod refusals;

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tanager::{
    domain::{
        address::Address,
        channel::Channel,
        event::{Event, EventKind},
        meter::Meter,
        username::Username,
    },
    storage::datastore::{Author, Wanted},
};

use crate::app::{Customer, TestApp, Wish};

fn wish(limits: &str) -> Wish {
    Wish { more: format!("[limits]\n{limits}"), ..Wish::default() }
}

/// Requests a challenge and solves it, so that no cool-down is left.
async fn send_one(app: &TestApp, customer: &Customer) {
    customer.token(app).await;
}

async fn request(customer: &Customer) -> crate::app::Answer {
    customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_gets_so_many_messages_in_an_hour_and_retry_after_is_exact() {
    let app = TestApp::start_with(wish("account_per_hour = 3")).await;
    let alice = app.customer_with_sms("alice").await;
    for _ in 0..3 {
        send_one(&app, &alice).await;
        app.advance(Duration::from_mins(10));
    }
    let sent = app.sms.attempts();

    let refused = request(&alice).await;

    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "account_per_hour"));
    assert!((1_795..=1_800).contains(&refused.retry_after()), "{}", refused.retry_after());
    assert_eq!(app.sms.attempts(), sent, "nothing was sent");
    app.advance(Duration::from_secs(refused.retry_after()));
    assert_eq!(request(&alice).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_behind_many_accounts_has_one_count_also_for_those_at_once() {
    let app = TestApp::start_with(wish("address_per_hour = 4")).await;
    let mut customers = Vec::new();
    for name in ["ann", "ben", "cat", "dan", "eve", "fay", "gus", "hal"] {
        let customer = app.customer(name).await;
        let put = app.admin.put(&customer.path("/tan/sms"), json!({"address": "+41791234567"})).await;
        assert_eq!(put.status, 204);
        customers.push(customer);
    }
    app.sms.until_sent(customers.len()).await; // each was told of the address that the bank set

    let answers = join_all(customers.iter().map(request)).await;

    let sent = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(sent, 4, "{answers:?}");
    assert!(
        answers
            .iter()
            .filter(|answer| answer.status != 200)
            .all(|answer| answer.error() == (429, 5131) && answer.text("limit") == "address_per_hour")
    );
    assert_eq!(app.sms.attempts() - customers.len(), 4);
    let owner = app.database.owner().await;
    let windows = owner.query_one("select count(*), max(hour_count) from windows", &[]).await.unwrap();
    assert_eq!((windows.get::<_, i64>(0), windows.get::<_, i32>(1)), (1, 4));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_that_is_over_its_limit_cannot_be_enrolled() {
    let app = TestApp::start_with(wish("address_per_hour = 1")).await;
    let (alice, bob) = (app.customer("alice").await, app.customer("bob").await);
    let body = json!({"address": "+41791234567"});
    assert_eq!(alice.client.post(&alice.path("/tan/sms"), body.clone()).await.status, 202);

    let refused = bob.client.post(&bob.path("/tan/sms"), body).await;

    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "address_per_hour"));
    assert_eq!(app.sms.attempts(), 1);
    assert_eq!(bob.client.get(&bob.path("/tan")).await.body["tan_channels"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_one_prefix_share_a_ceiling_and_others_are_not_touched() {
    let app = TestApp::start_with(wish("prefix_per_hour = 2")).await;
    let enrol = async |name: &str, number: &str| {
        let customer = app.customer(name).await;
        customer.client.post(&customer.path("/tan/sms"), json!({"address": number})).await
    };
    assert_eq!(enrol("ann", "+88213100001").await.status, 202);
    assert_eq!(enrol("ben", "+88213100002").await.status, 202);
    let refused = enrol("cat", "+88213100003").await;
    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "prefix_per_hour"));
    assert_eq!(enrol("dan", "+41791234567").await.status, 202);
    assert_eq!(app.sms.attempts(), 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_outside_the_allowed_prefixes_is_no_address_here() {
    let app = TestApp::start_with(wish("allowed_prefixes = [\"+41\"]")).await;
    let alice = app.customer("alice").await;
    let refused = alice.client.post(&alice.path("/tan/sms"), json!({"address": "+12025550123"})).await;
    assert_eq!(refused.error(), (400, 10008));
    assert_eq!(app.sms.attempts(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_could_not_be_handed_over_counts_for_the_address_and_not_for_the_account() {
    let app = TestApp::start_with(wish("account_per_hour = 1\naddress_per_hour = 2")).await;
    let alice = app.customer_with_sms("alice").await;
    app.sms.fail_always(tanager::channel::SendError::Failed(tanager::channel::Reason::new("")));
    assert_eq!(request(&alice).await.error(), (502, 5133));
    assert_eq!(request(&alice).await.error(), (502, 5133), "the account's limit and its cool-down are not spent");
    let refused = request(&alice).await;
    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "address_per_hour"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_limits_in_either_order_do_not_deadlock() {
    let app = TestApp::start().await;
    let names = ["alice", "bob"];
    for name in names {
        app.customer(name).await;
    }
    let meter = |number| Meter::Address(Address::parse(Channel::Sms, number).unwrap());
    let forth = vec![meter("+41790000001"), meter("+41790000002"), meter("+41790000003")];
    let back: Vec<_> = forth.iter().rev().cloned().collect();

    let store = app.store(&wish("address_per_hour = 1000\naddress_per_day = 1000"));
    let touch = async |name: &str, meters: Vec<Meter>| {
        let username = Username::parse(name).unwrap();
        for _ in 0..100 {
            let touched = store.transact(Wanted::account(&username), Author::durable("test"), |account, _| {
                account.allowance.metered.clone_from(&meters);
                account.note(Event::of(EventKind::AccountChanged));
            });
            assert!(touched.await.unwrap().is_some());
        }
    };
    tokio::join!(touch(names[0], forth), touch(names[1], back));

    let owner = app.database.owner().await;
    let counts: Vec<i32> =
        owner.query("select hour_count from windows", &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(counts, [200, 200, 200]);
    app.stop().await;
}
