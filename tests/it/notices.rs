//! Notices: posted with the change that they are about, sent once at least, never in the way of a request.

mod hostile;

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use serde_json::json;
use tanager::channel::{Envelope, GateSettings, MessageKind, Reason, Recording, SendError};

use crate::app::{Customer, TestApp, Wish, eventually};

const WAITING: &str = "select count(*) from notices";

async fn number(app: &TestApp, query: &str) -> i64 {
    app.database.owner().await.query_one(query, &[]).await.unwrap().get(0)
}

async fn until_none_waits(app: &TestApp) {
    eventually("no notice waits", async || number(app, WAITING).await == 0).await;
}

/// What the trail tells of notices, oldest first: kind of event and details.
async fn told(app: &TestApp) -> Vec<(String, serde_json::Value)> {
    let events = "select kind, details::text from events where kind like 'notice.%' order by account_id, sequence";
    let rows = app.database.owner().await.query(events, &[]).await.unwrap();
    let read = |row: &tokio_postgres::Row| (row.get(0), serde_json::from_str(row.get(1)).unwrap());
    rows.iter().map(read).collect()
}

fn notices(tape: &Recording) -> Vec<Arc<Envelope>> {
    tape.sent().into_iter().filter(|message| message.kind == MessageKind::Notice).collect()
}

async fn put(app: &TestApp, customer: &Customer, channel: &str, address: &str) {
    let put = app.admin.put(&customer.path(&format!("/tan/{channel}")), json!({"address": address})).await;
    assert_eq!(put.status, 204, "{put:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_names_a_reference_that_operators_find_and_holds_up_no_request() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.sms.hold();
    put(&app, &alice, "sms", &alice.phone).await;
    app.sms.until_held(1).await;
    assert_eq!(number(&app, WAITING).await, 1, "the request was answered, and the notice waits");
    app.sms.release();
    until_none_waits(&app).await;
    let sent = notices(&app.sms);
    let found = app.admin.get("/audit?account=alice&event=notice.posted").await;
    let reference = found.body["events"][0]["details"]["reference"].as_str().unwrap().to_owned();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].body.reveal().contains(&reference), "{}", sent[0].body.reveal());
    let told = told(&app).await;
    let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["notice.posted", "notice.sent"]);
    assert_eq!((&told[1].1["transport"], &told[1].1["reference"]), (&json!("recording"), &json!(reference)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_fails_is_tried_again_under_the_same_id_and_not_before_its_time() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.sms.fail_next(SendError::TryLater(Reason::default()));
    put(&app, &alice, "sms", &alice.phone).await;
    eventually("the first try", async || app.sms.attempts() == 1).await;
    let later = "select count(*) from notices where due_at > clock_timestamp() + interval '8 seconds'";
    eventually("it is put off", async || number(&app, later).await == 1).await;
    let id: uuid::Uuid =
        app.database.owner().await.query_one("select notice_id from notices", &[]).await.unwrap().get(0);
    assert_eq!(app.running.service().send_due_notices().await.unwrap(), 0);
    assert_eq!(app.sms.attempts(), 1, "nothing is sent before its time");
    app.advance(Duration::from_secs(10));
    assert_eq!(app.running.service().send_due_notices().await.unwrap(), 1);
    let sent = notices(&app.sms);
    assert_eq!((sent.len(), sent[0].transmission), (1, id));
    assert_eq!(number(&app, WAITING).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_fails_for_a_day_is_given_up_and_the_trail_says_so() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.sms.fail_always(SendError::Failed(Reason::default()));
    put(&app, &alice, "sms", &alice.phone).await;
    let tried = "select count(*) from notices where due_at > made_at + interval '9 seconds' and tries = 1";
    eventually("it is put off", async || number(&app, tried).await == 1).await;
    for tries in 2..5 {
        app.advance(Duration::from_mins(11));
        assert_eq!(app.running.service().send_due_notices().await.unwrap(), 1);
        assert_eq!(app.sms.attempts(), tries);
    }
    app.advance(Duration::from_hours(24));
    assert_eq!(app.running.service().send_due_notices().await.unwrap(), 1);
    assert_eq!(number(&app, WAITING).await, 0);
    let (kind, details) = told(&app).await.pop().unwrap();
    assert_eq!((kind.as_str(), &details["reason"]), ("notice.failed", &json!("failed")));
    assert!(app.sms.sent().is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_finds_no_place_under_the_ceiling_for_a_day_is_given_up_too() {
    let more = "[limits]\nchannel_per_minute = 2\n".to_owned();
    let app = TestApp::start_with(Wish { more, ..Wish::default() }).await;
    let alice = app.customer("alice").await;
    app.database.owner().await.batch_execute("delete from ceilings").await.unwrap();
    put(&app, &alice, "sms", &alice.phone).await;
    let tried = "select count(*) from notices where due_at > made_at + interval '50 seconds'";
    eventually("it is put off", async || number(&app, tried).await == 1).await;
    app.advance(Duration::from_hours(23));
    assert_eq!(app.running.service().send_due_notices().await.unwrap(), 1);
    assert_eq!(number(&app, WAITING).await, 1);
    app.advance(Duration::from_hours(1));
    assert_eq!(app.running.service().send_due_notices().await.unwrap(), 1);
    assert_eq!(number(&app, WAITING).await, 0);
    let (kind, details) = told(&app).await.pop().unwrap();
    assert_eq!((kind.as_str(), &details["reason"]), ("notice.failed", &json!("channel_per_minute")));
    assert_eq!(app.sms.attempts(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_to_a_bad_address_is_not_tried_again() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    app.sms.fail_next(SendError::AddressRefused(Reason::default()));
    put(&app, &alice, "sms", &alice.phone).await;
    until_none_waits(&app).await;
    let (kind, details) = told(&app).await.pop().unwrap();
    assert_eq!((kind.as_str(), &details["reason"]), ("notice.failed", &json!("address_refused")));
    app.advance(Duration::from_hours(1));
    assert_eq!((app.running.service().send_due_notices().await.unwrap(), app.sms.attempts()), (0, 1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_instance_left_is_sent_by_another_and_by_one_only() {
    let app = TestApp::start().await;
    let other = TestApp::on(app.database.clone(), Wish { clock: Some(app.clock.clone()), ..Wish::default() }).await;
    let alice = app.customer("alice").await;
    app.sms.hold();
    put(&app, &alice, "sms", &alice.phone).await;
    app.sms.until_held(1).await;
    assert_eq!(other.running.service().send_due_notices().await.unwrap(), 0, "its holder may live");
    app.advance(Duration::from_secs(20));
    let (one, two) =
        tokio::join!(other.running.service().send_due_notices(), other.running.service().send_due_notices());
    assert_eq!(one.unwrap() + two.unwrap(), 1);
    assert_eq!((notices(&other.sms).len(), number(&app, WAITING).await), (1, 0));
    // The first one was not dead after all: a second message, which says the same under the same id.
    app.sms.release();
    eventually("the late one", async || !notices(&app.sms).is_empty()).await;
    let (late, taken) = (notices(&app.sms).remove(0), notices(&other.sms).remove(0));
    assert_eq!((late.transmission, late.body.reveal()), (taken.transmission, taken.body.reveal()));
    other.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_is_told_of_what_changes_at_another() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    put(&app, &alice, "sms", &alice.phone).await;
    put(&app, &alice, "email", &alice.email).await;
    put(&app, &alice, "sms", "+41790000001").await;
    let removed = app.admin.delete(&alice.path("/tan/sms")).await;
    assert_eq!(removed.status, 204);
    until_none_waits(&app).await;
    let mut said: Vec<(String, String)> = Vec::new();
    for (_, details) in told(&app).await.iter().filter(|(kind, _)| kind == "notice.posted") {
        let text = |name: &str| details[name].as_str().unwrap().to_owned();
        said.push((text("notice"), text("channel")));
    }
    let said: Vec<(&str, &str)> = said.iter().map(|(notice, channel)| (notice.as_str(), channel.as_str())).collect();
    let expected = [
        ("address_set", "sms"),
        ("address_added", "sms"),
        ("address_set", "email"),
        ("address_replaced", "sms"),
        ("address_changed", "email"),
        ("address_set", "sms"),
        ("channel_removed", "sms"),
        ("address_removed", "email"),
    ];
    assert_eq!(said, expected);
    assert_eq!((notices(&app.sms).len(), notices(&app.email).len()), (5, 3));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_bank_is_told_and_nothing_is_left_of_the_notice() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_none_waits(&app).await;
    app.sms.fail_next(SendError::TimedOut(Reason::default()));
    assert_eq!(app.admin.delete("/accounts/alice").await.status, 204);
    let put_off = "select count(*) from notices where due_at > made_at + interval '9 seconds'";
    eventually("it is put off", async || number(&app, put_off).await == 1).await;
    app.advance(Duration::from_secs(30));
    assert_eq!(app.running.service().send_due_notices().await.unwrap(), 1);
    let last = notices(&app.sms).pop().unwrap();
    assert_eq!((last.address.reveal(), last.account.as_str()), (alice.phone.as_str(), "alice"));
    assert_eq!(number(&app, WAITING).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_without_a_place_leaves_the_places_to_requests() {
    let gate = GateSettings { at_once: NonZeroU16::MIN, waiting: 8, patience: Duration::from_secs(5) };
    let app = TestApp::start_with(Wish { gate, ..Wish::default() }).await;
    let (alice, bob) = (app.customer_with_sms("alice").await, app.customer("bob").await);
    until_none_waits(&app).await;
    app.sms.hold();
    let asking = tokio::spawn({
        let (client, path) = (alice.client.clone(), alice.path("/tan/challenge/sms"));
        async move { client.post(&path, json!({})).await }
    });
    app.sms.until_held(1).await;
    put(&app, &bob, "sms", &bob.phone).await;
    let due = "select count(*) from notices where due_at <= clock_timestamp()";
    eventually("it is left to whoever has a place", async || number(&app, due).await == 1).await;
    app.sms.release();
    assert_eq!(asking.await.unwrap().status, 200);
    assert_eq!(app.running.service().send_due_notices().await.unwrap(), 1);
    assert_eq!(notices(&app.sms).pop().unwrap().address.reveal(), bob.phone);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_refused_tells_nobody() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    until_none_waits(&app).await;
    let before = (told(&app).await.len(), app.messages());
    assert_eq!(alice.client.delete(&alice.path("/tan/sms")).await.error(), (403, 10002));
    assert_eq!(app.admin.put(&alice.path("/tan/sms"), json!({"address": alice.phone})).await.status, 204);
    assert_eq!((told(&app).await.len(), app.messages(), number(&app, WAITING).await), (before.0, before.1, 0));
    app.stop().await;
}
