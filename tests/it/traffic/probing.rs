//! The whole way over REST: closed, refused, probed one by one, and opened or closed again by what the probes brought.

use std::time::Duration;

use serde_json::json;
use tanager::domain::prefix_guard::PrefixStanding;

use super::{limits, of_prefix};
use crate::app::{Answer, TestApp};

const PREFIX: &str = "+882131";
const FLOOR: &str = "prefix_floor = 30\nprefix_minimum = 10\nprefix_closed = \"30 min\"\nprefix_probes = 2\n\
                     prefix_probe_period = \"1 min\"";
/// The bucket of five minutes is over, and its TANs have run out.
const RIPE: Duration = Duration::from_mins(11);

/// A new customer enrols the number of that number; solved at once where they are honest.
async fn enrol(app: &TestApp, number: usize, honest: bool) -> Answer {
    let customer = app.customer(&format!("customer{number}")).await;
    let phone = format!("{PREFIX}{number:06}");
    let enrolled = customer.client.post(&customer.path("/tan/sms"), json!({"address": phone})).await;
    if enrolled.status == 202 && honest {
        let challenge = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
        assert_eq!(customer.confirm(challenge, &app.tan_sent_to(&phone)).await.status, 200);
    }
    enrolled
}

async fn judge(app: &TestApp) -> PrefixStanding {
    app.running.service().judge_prefixes().await.unwrap();
    of_prefix(app, PREFIX).await.standing
}

fn assert_refused(answer: &Answer, within: std::ops::RangeInclusive<u64>) {
    assert_eq!((answer.error(), answer.text("limit")), ((429, 5131), "prefix_floor"));
    assert!(within.contains(&answer.retry_after()), "{}", answer.retry_after());
}

/// Closed by ten that nobody solved, and half open again; refused until then.
async fn half_open() -> TestApp {
    let app = TestApp::start_with(limits(FLOOR)).await;
    for number in 0..10 {
        assert_eq!(enrol(&app, number, false).await.status, 202);
    }
    app.advance(RIPE);
    assert!(matches!(judge(&app).await, PrefixStanding::Closed { .. }));
    let refused = enrol(&app, 10, true).await;
    assert_refused(&refused, 1_700..=1_800);
    app.advance(Duration::from_secs(refused.retry_after()));
    assert!(matches!(judge(&app).await, PrefixStanding::HalfOpen { .. }));
    app
}

/// Two messages go, a minute apart, and none between; then they are ripe.
async fn probe(app: &TestApp, honest: bool) {
    for number in [20, 30] {
        assert_eq!(enrol(app, number, honest).await.status, 202);
        assert_refused(&enrol(app, number + 1, honest).await, 50..=60);
        app.advance(Duration::from_mins(1));
    }
    app.advance(RIPE);
}

#[tokio::test(flavor = "multi_thread")]
async fn solved_probes_open_a_prefix_for_everybody() {
    let app = half_open().await;
    probe(&app, true).await;
    assert_eq!(judge(&app).await, PrefixStanding::Open);
    for number in 40..43 {
        assert_eq!(enrol(&app, number, true).await.status, 202);
    }
    assert_eq!(judge(&app).await, PrefixStanding::Open);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_that_come_to_nothing_close_it_again_for_as_long() {
    let app = half_open().await;
    probe(&app, false).await;
    assert!(matches!(judge(&app).await, PrefixStanding::Closed { .. }));
    assert_refused(&enrol(&app, 40, true).await, 1_700..=1_800);
    app.stop().await;
}
