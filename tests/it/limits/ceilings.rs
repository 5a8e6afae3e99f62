//! A channel's ceiling: the bill, over all accounts and instances.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::{request, wish};
use crate::app::{Customer, TestApp};

async fn customers(app: &TestApp, count: u32) -> Vec<Customer> {
    let mut customers = Vec::new();
    for number in 0..count {
        customers.push(app.customer(&format!("customer{number}")).await);
    }
    customers
}

async fn enrol(customer: &Customer) -> crate::app::Answer {
    customer.client.post(&customer.path("/tan/sms"), json!({"address": customer.phone})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_carries_so_many_messages_a_minute_whoever_asks_at_once_at_whichever_instance() {
    let wish = || wish("channel_per_minute = 7");
    let app = TestApp::start_with(wish()).await;
    let other = TestApp::on(app.database.clone(), wish()).await;
    let customers = customers(&app, 20).await;
    let asks = customers.iter().enumerate().map(async |(number, customer)| {
        let here = if number % 2 == 0 { &app.admin } else { &other.admin };
        let client = here.with_token(&customer.client.token);
        client.post(&customer.path("/tan/sms"), json!({"address": customer.phone})).await
    });

    let answers = join_all(asks).await;

    let sent = answers.iter().filter(|answer| answer.status == 202).count();
    assert_eq!(app.sms.attempts() + other.sms.attempts(), sent, "what was refused was not sent");
    assert!((1..=7).contains(&sent), "{sent}");
    for answer in answers.iter().filter(|answer| answer.status == 429) {
        assert_eq!((answer.error(), answer.text("limit")), ((429, 5131), "channel_per_minute"));
        assert!((1..=60).contains(&answer.retry_after()), "{}", answer.retry_after());
    }
    // A place that was locked at that moment is busy (503); asked again, all of them are used, and not one more.
    let again = join_all(customers.iter().map(enrol)).await;
    assert!(again.iter().any(|answer| answer.status == 429), "{again:?}");
    let mut total = app.sms.attempts() + other.sms.attempts();
    while total < 7 {
        let late = join_all(customers.iter().map(enrol)).await;
        assert!(late.iter().any(|answer| answer.status == 202), "{late:?}");
        total = app.sms.attempts() + other.sms.attempts();
    }
    assert_eq!(total, 7);
    let mail = customers[0].client.post("/accounts/customer0/tan/email", json!({})).await;
    assert_eq!(mail.status, 202, "{mail:?}: another channel has its own ceiling");
    other.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ceiling_says_to_the_second_when_the_next_message_goes() {
    let app = TestApp::start_with(wish("channel_per_minute = 2")).await;
    let customers = customers(&app, 4).await;
    assert_eq!(enrol(&customers[0]).await.status, 202);
    app.advance(Duration::from_secs(20));
    assert_eq!(enrol(&customers[1]).await.status, 202);

    let refused = enrol(&customers[2]).await;

    assert_eq!(refused.text("limit"), "channel_per_minute");
    assert!((39..=40).contains(&refused.retry_after()), "{}", refused.retry_after());
    app.advance(Duration::from_secs(refused.retry_after()));
    assert_eq!(enrol(&customers[2]).await.status, 202);
    assert_eq!(enrol(&customers[3]).await.text("limit"), "channel_per_minute");
    assert_eq!(app.sms.attempts(), 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_could_not_be_handed_over_took_its_place_and_a_notice_takes_one_too() {
    let app = TestApp::start_with(wish("channel_per_minute = 2")).await;
    let alice = app.customer_with_sms("alice").await; // told of the address that the bank set
    app.sms.fail_always(tanager::channel::SendError::Failed(tanager::channel::Reason::new("")));
    assert_eq!(request(&alice).await.error(), (502, 5133));
    let refused = request(&alice).await;
    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "channel_per_minute"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ceiling_without_its_places_lets_nothing_through() {
    let app = TestApp::start_with(wish("channel_per_minute = 2")).await;
    let alice = app.customer("alice").await;
    app.database.owner().await.batch_execute("delete from ceilings").await.unwrap();
    let refused = enrol(&alice).await;
    assert_eq!((refused.error(), refused.text("limit")), ((429, 5131), "channel_per_minute"));
    assert_eq!(app.sms.attempts(), 0);
    app.stop().await;
}
