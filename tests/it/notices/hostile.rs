//! Rows that somebody bent, and a channel that hangs: neither holds up the notices of others, and no customer is told for ever.

use std::time::Duration;

use futures_util::future::join_all;
use tanager::channel::{Reason, SendError};

use super::{WAITING, notices, number, put};
use crate::app::{TestApp, Wish, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_cannot_be_read_hold_up_none_that_can() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.sms.fail_next(SendError::TryLater(Reason::default()));
    put(&app, &alice, "sms", &alice.phone).await;
    let put_off = "select count(*) from notices where due_at > made_at + interval '9 seconds'";
    eventually("it is put off", async || number(&app, put_off).await == 1).await;
    let bent = "insert into notices select account_id, gen_random_uuid(), 'eaten', channel, address, reference, language, made_at, \
                made_at, tries from notices, generate_series(1, 20)";
    app.database.owner().await.batch_execute(bent).await.unwrap();
    app.advance(Duration::from_secs(10));
    app.running.service().send_due_notices().await.unwrap();
    assert_eq!((notices(&app.sms).len(), number(&app, WAITING).await), (1, 20), "the others are left");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_account_cannot_be_read_is_told_once() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.sms.fail_next(SendError::TryLater(Reason::default()));
    put(&app, &alice, "sms", &alice.phone).await;
    let put_off = "select count(*) from notices where due_at > made_at + interval '9 seconds'";
    eventually("it is put off", async || number(&app, put_off).await == 1).await;
    let bent = "update accounts set contact_phone = '\\x00' where username = 'alice'";
    app.database.owner().await.batch_execute(bent).await.unwrap();
    for _ in 0..3 {
        app.advance(Duration::from_mins(1));
        app.running.service().send_due_notices().await.unwrap();
    }
    assert_eq!((notices(&app.sms).len(), number(&app, WAITING).await), (1, 0));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_hang_on_one_channel_hold_up_none_of_another() {
    let app = TestApp::start_with(Wish { worker: true, ..Wish::default() }).await;
    let mut crowd = Vec::new();
    for n in 0..40 {
        crowd.push(app.customer(&format!("customer-{n}")).await);
    }
    app.email.hold();
    join_all(crowd.iter().map(|customer| put(&app, customer, "email", &customer.email))).await;
    app.email.until_held(8).await;
    // The worker has begun with those that found no place.
    eventually("it is at them", async || number(&app, "select count(*) from notices where tries > 1").await > 0).await;
    put(&app, &crowd[0], "sms", &crowd[0].phone).await;
    eventually("the other channel's notice", async || notices(&app.sms).len() == 1).await;
    app.email.release();
    app.stop().await;
}
