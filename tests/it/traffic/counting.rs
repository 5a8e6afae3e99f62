//! Real challenges appear in the figures.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tanager::{
    channel::{Reason, SendError},
    domain::{caller::Scope, channel::Channel, prefix_guard::PrefixStanding, traffic::Counts},
    service::Failure,
};

use super::{caller, limits, of_prefix, prefix_of, statistics};
use crate::app::{Client, Customer, TestApp, Wish, other_than};

async fn request(customer: &Customer) -> crate::app::Answer {
    customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await
}

/// All that can be counted, each once or more: three sent, one failed, one solved, one spent, one block.
async fn live(app: &TestApp) -> Customer {
    let alice = app.customer_with_sms("alice").await;
    let token = alice.token(app).await;
    app.sms.fail_next(SendError::Failed(Reason::new("")));
    assert_eq!(request(&alice).await.error(), (502, 5133));
    let enrol = Some(json!({"address": alice.email}).to_string());
    let headers = [("TAN-Token", token.as_str())];
    let enrolled = alice.client.send(Method::POST, &alice.path("/tan/email"), &headers, enrol).await;
    assert_eq!(enrolled.status, 202, "{enrolled:?}");
    let asked = request(&alice).await;
    let wrong = other_than(&app.tan_sent_to(&alice.phone));
    for _ in 0..5 {
        alice.confirm(asked.text("challenge_id"), &wrong).await;
    }
    alice
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_failed_solved_spent_and_blocked_is_shown_by_channel_and_prefix() {
    let app = TestApp::start_with(limits("attempts_per_tan = 5")).await;
    let none = statistics(&app).await;
    assert_eq!((none.all.day, none.prefixes.len()), (Counts::default(), 0));
    assert_eq!(none.channels.len(), 2, "the configured ones are shown, idle as they are");

    let alice = live(&app).await;

    let shown = statistics(&app).await;
    let sms = Counts { sent: 2, failed: 1, solved: 1, spent: 1, blocked: 1 };
    let email = Counts { sent: 1, ..Counts::default() };
    let of_channels: Vec<_> = shown.channels.iter().map(|(channel, figures)| (*channel, figures.day)).collect();
    assert_eq!(of_channels, [(Channel::Sms, sms), (Channel::Email, email)]);
    assert_eq!(shown.all.day, sms + email);
    assert_eq!(shown.all.hour, shown.all.day);
    assert_eq!(shown.prefixes.len(), 1, "a mailbox has no prefix");
    let row = &shown.prefixes[0];
    assert_eq!((row.prefix.as_str(), row.channel), (prefix_of(&alice.phone), Channel::Sms));
    assert_eq!((row.figures.day, row.figures.hour, row.standing), (sms, sms, PrefixStanding::Open));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_later_the_hour_is_over_and_a_day_later_the_day_and_then_nothing_is_kept() {
    let app = TestApp::start_with(limits("attempts_per_tan = 5")).await;
    let alice = live(&app).await;
    let at_first = of_prefix(&app, prefix_of(&alice.phone)).await.figures;
    app.advance(Duration::from_mins(50));
    assert_eq!(of_prefix(&app, prefix_of(&alice.phone)).await.figures, at_first);

    app.advance(Duration::from_mins(10));
    let later = of_prefix(&app, prefix_of(&alice.phone)).await.figures;
    assert_eq!((later.hour, later.day), (Counts::default(), at_first.day));

    app.advance(Duration::from_hours(23));
    assert_eq!(statistics(&app).await.all.day, Counts::default());
    let owner = app.database.owner().await;
    let rows = async || owner.query_one("select count(*) from traffic", &[]).await.unwrap().get::<_, i64>(0);
    app.running.service().sweep_traffic().await.unwrap();
    assert!(rows().await > 0, "what is swept is older than what is shown");
    app.advance(Duration::from_mins(65));
    app.running.service().sweep_traffic().await.unwrap();
    assert_eq!(rows().await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_add_up() {
    let one = TestApp::start().await;
    let other = TestApp::on(one.database.clone(), Wish::default()).await;
    let (alice, bob) = (one.customer_with_sms("alice").await, one.customer_with_sms("bob").await);
    let elsewhere = Client::new(&other.admin.url, &bob.client.token);
    let bob = Customer { client: elsewhere, ..bob };
    for _ in 0..3 {
        alice.token(&one).await;
    }
    bob.token(&other).await;
    tokio::join!(statistics(&one), statistics(&other));
    for app in [&one, &other] {
        let Counts { sent, solved, .. } = statistics(app).await.all.day;
        assert_eq!((sent, solved), (4, 4));
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_operators() {
    let app = TestApp::start().await;
    for scope in [Scope::Service, Scope::ReadWrite, Scope::ReadOnly] {
        let refused = app.running.service().statistics(&caller(scope)).await;
        assert!(matches!(refused, Err(Failure::Refused(_))), "{scope:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_busiest_prefixes_are_listed_and_every_one_that_is_closed() {
    let app = TestApp::start().await;
    let owner = app.database.owner().await;
    owner
        .batch_execute(
            "insert into traffic (bucket, channel, prefix, sent)
             select to_timestamp(300 * floor(extract(epoch from now()) / 300)), 'sms', '+49' || n, 1000 - n
             from generate_series(100, 299) n;
             insert into prefixes (meter, prefix, closed_at, half_open_at, probe_at, opened_at, sent, solved)
             select sha256(p::bytea), p, now(), now() + h, now() + h, o, 50, 1
             from (values ('+49290', interval '1 h', null), ('+88213', interval '-1 min', null),
                          ('+49299', interval '1 h', now())) v (p, h, o)",
        )
        .await
        .unwrap();
    let shown = statistics(&app).await.prefixes;
    assert_eq!(shown.len(), 100);
    let sent: Vec<u64> = shown.iter().map(|row| row.figures.day.sent).collect();
    assert!(sent.is_sorted_by(|one, next| one >= next), "{sent:?}");
    let standing = |prefix| shown.iter().find(|row| row.prefix == prefix).map(|row| row.standing.name());
    assert_eq!(standing("+49100"), Some("open"));
    assert_eq!(standing("+49290"), Some("closed"), "it is not among the busiest");
    assert_eq!(standing("+88213"), Some("half-open"), "nothing was sent to it for a day");
    assert_eq!(standing("+49299"), None, "opened again, and not among the busiest");
    app.stop().await;
}
