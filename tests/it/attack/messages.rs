//! Messages that would go out past the limits.

use std::{num::NonZeroU16, time::Duration};

use futures_util::future::join_all;
use serde_json::json;
use tanager::channel::{GateSettings, Recording};

use super::wish;
use crate::app::{Client, Customer, TestApp, Wish, eventually};

async fn customers(app: &TestApp, prefix: &str, numbers: std::ops::Range<u32>) -> Vec<(Customer, String)> {
    let mut customers = Vec::new();
    for number in numbers {
        customers.push((app.customer(&format!("customer{number}")).await, format!("{prefix}{number:06}")));
    }
    customers
}

async fn enrol(client: &Client, customer: &Customer, phone: &str) -> crate::app::Answer {
    client.post(&customer.path("/tan/sms"), json!({"address": phone})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dead_holders_left_is_sent_again_under_the_ceiling_too() {
    let wish = || wish("channel_per_minute = 3");
    let app = TestApp::start_with(wish()).await;
    let other = TestApp::on(app.database.clone(), wish()).await;
    let customers = customers(&app, "+41791", 0..3).await;
    app.sms.hold();
    let asking = customers.iter().map(|(customer, phone)| enrol(&customer.client, customer, phone));
    let outcome = async {
        app.sms.until_held(3).await;
        // Their leases are over, their places under the ceiling are not free again.
        other.advance(Duration::from_secs(20));
        for look in 1..=2 {
            // What was taken over has another lease, and is not found a second time.
            assert_eq!(other.running.service().take_over_lapsed().await.unwrap(), 3, "look {look}");
        }
        assert_eq!(other.sms.attempts(), 0, "three went out in this minute");
        other.advance(Duration::from_secs(41));
        other.running.service().take_over_lapsed().await.unwrap();
        other.sms.until_sent(3).await;
        app.sms.release();
    };
    tokio::join!(join_all(asking), outcome);
    other.stop().await;
    app.stop().await;
}

/// So many sendings by text message that a dead holder left long ago: copies of one that is under way.
const LEFT: &str = "insert into challenges select (jsonb_populate_record(c, jsonb_build_object( \
                      'challenge_id', substr(c.challenge_id::text, 1, 24) || lpad(to_hex(n), 12, '0'), \
                      'claim_until', c.claim_until - interval '1 minute'))).* \
                    from challenges c, generate_series(1, 150) as n where c.channel = 'sms'";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_busy_channel_left_hides_nothing_that_another_left() {
    let gate = GateSettings { at_once: NonZeroU16::MIN, ..GateSettings::default() };
    let app = TestApp::start_with(Wish { gate, ..Wish::default() }).await;
    let other = TestApp::on(app.database.clone(), Wish { gate, ..Wish::default() }).await;
    let (alice, bob, carol) = (app.customer("alice").await, app.customer("bob").await, app.customer("carol").await);
    [&app.sms, &app.email, &other.sms].into_iter().for_each(Recording::hold);
    let mail = async { app.admin.with_token(&alice.client.token).post(&alice.path("/tan/email"), json!({})).await };
    let text = async { app.admin.with_token(&bob.client.token).post(&bob.path("/tan/sms"), json!({})).await };
    let busy = async { other.admin.with_token(&carol.client.token).post(&carol.path("/tan/sms"), json!({})).await };
    let outcome = async {
        tokio::join!(app.email.until_held(1), app.sms.until_held(1), other.sms.until_held(1));
        app.database.owner().await.batch_execute(LEFT).await.unwrap();
        other.advance(Duration::from_secs(20));
        other.running.service().take_over_lapsed().await.unwrap();
        eventually("the mail is taken over", async || other.email.sent().len() == 1).await;
        [&app.sms, &app.email, &other.sms].into_iter().for_each(Recording::release);
    };
    tokio::join!(mail, text, busy, outcome);
    other.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_prefix_is_probed_by_one_of_those_who_come_at_once_at_two_instances() {
    let limits = "prefix_floor = 30\nprefix_minimum = 10\nprefix_probes = 2\nchannel_per_minute = 100";
    let app = TestApp::start_with(wish(limits)).await;
    let other = TestApp::on(app.database.clone(), wish(limits)).await;
    let customers = customers(&app, "+882131", 0..24).await;
    let now = app.store(&wish(limits)).now().await.unwrap().as_seconds();
    let ring = "insert into traffic (bucket, channel, prefix, sent, young_sent) \
                values (to_timestamp(($1::bigint - 1200) / 300 * 300), 'sms', '+882131', 50, 50)";
    app.database.owner().await.execute(ring, &[&now]).await.unwrap();
    app.running.service().judge_prefixes().await.unwrap();
    for _ in 0..3 {
        for place in [&app, &other] {
            place.advance(Duration::from_mins(31));
        }
        let before = app.sms.attempts() + other.sms.attempts();
        let asks = customers.iter().enumerate().map(async |(number, (customer, phone))| {
            let client = if number % 2 == 0 { &app.admin } else { &other.admin };
            enrol(&client.with_token(&customer.client.token), customer, phone).await.status
        });
        let answers = join_all(asks).await;
        let sent = app.sms.attempts() + other.sms.attempts() - before;
        assert_eq!(sent, answers.iter().filter(|status| **status == 202).count());
        assert!(sent <= 1, "{answers:?}");
        assert!(answers.iter().all(|status| [202, 429, 503].contains(&status.as_u16())), "{answers:?}");
    }
    other.stop().await;
    app.stop().await;
}
