//! What operators see of transports: which one carries, which one rests, how many wait, how far challenges come.

use std::time::Duration;

use serde_json::json;
use tanager::channel::{GateSettings, Reason, Recording, SendError};

use crate::app::{Customer, TestApp, Wish};

const LISTENER: &str = "operators_listen = \"127.0.0.1:0\"\n";

async fn metrics(app: &TestApp) -> String {
    let url = format!("http://{}/metrics", app.running.operators_address().unwrap());
    reqwest::get(url).await.unwrap().text().await.unwrap()
}

/// The value of the series that is written so.
fn value(metrics: &str, series: &str) -> Option<f64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

async fn channels_down(app: &TestApp) -> serde_json::Value {
    let ready = app.stranger().get("/health/ready").await;
    assert_eq!(ready.status, 200, "{ready:?}");
    assert_eq!(ready.body["status"], json!("ready"));
    ready.body["channels_down"].clone()
}

/// That many customers, each of whom asks once: a second time there is a cool-down.
async fn customers(app: &TestApp, count: usize) -> Vec<Customer> {
    let mut customers = Vec::new();
    for n in 0..count {
        customers.push(app.customer_with_sms(&format!("customer{n}")).await);
    }
    customers
}

/// Five customers ask while these transports fail, and are served all the same or not.
async fn wear_out(customers: &mut std::vec::IntoIter<Customer>, failing: &[&Recording], status: u16) {
    for customer in customers.by_ref().take(5) {
        for tape in failing {
            tape.fail_next(SendError::TryLater(Reason::new("a test")));
        }
        let asked = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
        assert_eq!(asked.status, status, "{asked:?}");
    }
}

async fn served(customer: &Customer) {
    let asked = customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_fails_rests_while_another_carries_and_recovers() {
    let (first, second) = (Recording::new(), Recording::new());
    let sms = vec![("watched-first", first.clone()), ("watched-second", second.clone())];
    let app = TestApp::start_with(Wish { server: LISTENER.to_owned(), sms, ..Wish::default() }).await;
    let mut customers = customers(&app, 26).await.into_iter();
    let resting = |name: &str| format!("tanager_transport_resting{{channel=\"sms\",transport=\"{name}\"}}");
    let begun = metrics(&app).await;
    assert_eq!(value(&begun, &resting("watched-first")), Some(0.0), "from the beginning: {begun}");
    assert_eq!(
        value(&begun, "tanager_transport_unready{channel=\"sms\",transport=\"watched-first\"}"),
        Some(0.0),
        "{begun}"
    );

    // The first one fails, the second one carries.
    wear_out(&mut customers, &[&first], 200).await;
    assert_eq!(second.sent().len(), 5);
    let attempts = first.attempts();
    served(&customers.next().unwrap()).await;
    assert_eq!((first.attempts(), second.sent().len()), (attempts, 6), "the first one rests");
    assert_eq!(channels_down(&app).await, json!([]), "the channel is up");
    let seen = metrics(&app).await;
    for (series, expected) in [
        (resting("watched-first"), 1.0),
        (resting("watched-second"), 0.0),
        (series_of("hand_overs_total", "watched-first", ",outcome=\"try_later\""), 5.0),
        (series_of("hand_overs_total", "watched-second", ",outcome=\"sent\""), 6.0),
        (series_of("hand_over_retries_total", "watched-second", ""), 5.0),
        (series_of("hand_over_seconds_count", "watched-second", ""), 6.0),
        (series_of("hand_over_seconds_bucket", "watched-second", ",le=\"10\""), 6.0),
    ] {
        assert_eq!(value(&seen, &series), Some(expected), "{series} in {seen}");
    }

    // Both fail: the channel is named, is offered all the same, and fails nobody else.
    wear_out(&mut customers, &[&first, &second], 502).await;
    assert_eq!(channels_down(&app).await, json!(["sms"]));
    let config = app.stranger().get("/config").await;
    assert!(config.body["supported_tan_channels"].as_array().unwrap().contains(&json!("sms")), "{config:?}");
    assert_eq!(value(&metrics(&app).await, &resting("watched-second")), Some(1.0));

    // The rest is over after seconds of a clock that no test turns; then a message is the probe.
    let notices = first.sent().len();
    while value(&metrics(&app).await, &resting("watched-first")) != Some(0.0) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        served(&customers.next().expect("it recovers within seconds")).await;
    }
    assert!(first.sent().len() > notices);
    assert_eq!(channels_down(&app).await, json!([]));
    app.stop().await;
}

fn series_of(metric: &str, transport: &str, more: &str) -> String {
    format!("tanager_{metric}{{channel=\"sms\",transport=\"{transport}\"{more}}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_place_is_counted_while_he_waits() {
    let gate = GateSettings { at_once: std::num::NonZeroU16::MIN, ..GateSettings::default() };
    let app = TestApp::start_with(Wish { server: LISTENER.to_owned(), gate, ..Wish::default() }).await;
    let (alice, bob) = (app.customer_with_sms("alice").await, app.customer_with_sms("bob").await);
    app.sms.hold();
    let outlet_waits = async {
        app.sms.until_held(1).await;
        // Other services of this process have the same recorder, so it is looked at until it is this one that was asked.
        while value(&metrics(&app).await, "tanager_hand_overs_waiting{channel=\"sms\"}") != Some(1.0) {}
        app.sms.release();
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(served(&alice), served(&bob), outlet_waits);
    });
    waited.await.expect("one waits, and is seen");
    while value(&metrics(&app).await, "tanager_hand_overs_waiting{channel=\"sms\"}") != Some(0.0) {}
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn challenges_are_counted_by_channel_and_by_the_transport_that_carried_them() {
    let app = TestApp::start_with(Wish { server: LISTENER.to_owned(), ..Wish::default() }).await;
    let alice = app.customer_with_sms("alice").await;
    let before = metrics(&app).await;
    alice.token(&app).await;
    let after = metrics(&app).await;
    // Other tests of this process count there too.
    let of_the_channel = |state: &str| format!("tanager_challenges_total{{channel=\"sms\",state=\"{state}\"}}");
    let of_the_transport =
        |state: &str| format!("tanager_carried_total{{channel=\"sms\",transport=\"recording\",state=\"{state}\"}}");
    for series in
        ["requested", "solved"].map(of_the_channel).into_iter().chain(["carried", "solved"].map(of_the_transport))
    {
        let (before, after) = (value(&before, &series).unwrap_or(0.0), value(&after, &series).unwrap());
        assert!(after >= before + 1.0, "{series}: {before}, {after}");
    }
    app.stop().await;
}
