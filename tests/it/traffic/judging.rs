//! A prefix closes by itself, is probed, and is closed again or opened.

use std::time::Duration;

use serde_json::{Value, json};
use tanager::domain::prefix_guard::PrefixStanding;

use super::{counted, limits, of_prefix};
use crate::app::{Customer, TestApp, Wish};

const PREFIX: &str = "+882131";
const FLOOR: &str = "prefix_floor = 30\nprefix_minimum = 10\nprefix_closed = \"30 min\"\nprefix_probes = 5";
const RIPE: Duration = Duration::from_mins(20);

async fn start() -> TestApp {
    TestApp::start_with(limits(FLOOR)).await
}

async fn judge(app: &TestApp) {
    app.running.service().judge_prefixes().await.unwrap();
}

/// What the trail of the system tells of prefixes.
async fn told(app: &TestApp) -> Vec<(String, Value)> {
    let query = "select kind, details::text from events where kind like 'prefix.%' order by sequence";
    let rows = app.database.owner().await.query(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), serde_json::from_str(row.get(1)).unwrap())).collect()
}

async fn kinds(app: &TestApp) -> Vec<String> {
    told(app).await.into_iter().map(|(kind, _)| kind).collect()
}

/// Twenty messages of which none was solved, and the judgement.
async fn close(app: &TestApp) {
    counted(app, RIPE, PREFIX, 20, 0).await;
    judge(app).await;
    assert!(matches!(of_prefix(app, PREFIX).await.standing, PrefixStanding::Closed { .. }));
}

/// Half open, its probes sent and ripe.
async fn probe(app: &TestApp, sent: i32, solved: i32) {
    app.advance(Duration::from_mins(31));
    assert!(matches!(of_prefix(app, PREFIX).await.standing, PrefixStanding::HalfOpen { .. }));
    counted(app, Duration::ZERO, PREFIX, sent, solved).await;
    app.advance(RIPE);
    judge(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_with_too_few_solved_is_closed_and_the_trail_says_by_what() {
    let app = start().await;
    counted(&app, RIPE, PREFIX, 20, 5).await;
    counted(&app, RIPE, "+417910", 20, 6).await;
    counted(&app, RIPE, "+417911", 9, 0).await;
    judge(&app).await;
    judge(&app).await;

    let told = told(&app).await;
    assert_eq!(told.len(), 1, "{told:?}");
    let (kind, details) = &told[0];
    assert_eq!(kind, "prefix.closed");
    let PrefixStanding::Closed { until } = of_prefix(&app, PREFIX).await.standing else { panic!("it is not closed") };
    let until = until.as_seconds().to_string();
    assert_eq!(*details, json!({"prefix": PREFIX, "sent": "20", "solved": "5", "until": until}));
    assert_eq!(of_prefix(&app, "+417910").await.standing, PrefixStanding::Open);
    assert_eq!(of_prefix(&app, "+417911").await.standing, PrefixStanding::Open);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_messages_that_nobody_solves_close_their_prefix_once_their_tans_have_run_out() {
    let app = start().await;
    for number in 0..10 {
        let customer = app.customer(&format!("mule{number}")).await;
        let address = json!({"address": format!("{PREFIX}00000{number}")});
        let enrolled = customer.client.post(&customer.path("/tan/sms"), address).await;
        assert_eq!(enrolled.status, 202, "{enrolled:?}");
    }
    judge(&app).await;
    assert_eq!(of_prefix(&app, PREFIX).await.standing, PrefixStanding::Open, "they may still be typing");
    app.advance(Duration::from_mins(10));
    judge(&app).await;
    assert!(matches!(of_prefix(&app, PREFIX).await.standing, PrefixStanding::Closed { .. }));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_messages_that_are_solved_and_those_to_addresses_long_in_force_close_nothing() {
    let app = start().await;
    let old = app.customer("old").await;
    app.set_address(&old, "sms", &format!("{PREFIX}999999")).await;
    app.advance(Duration::from_hours(24 * 7));
    // Sessions live a day.
    let old = Customer { client: app.log_in("old").await, ..old };
    for number in 0..20 {
        let customer = app.customer(&format!("new{number}")).await;
        let address = format!("{PREFIX}0000{number:02}");
        let body = json!({"address": address});
        let enrolled = customer.client.post(&customer.path("/tan/sms"), body).await;
        let challenge = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
        if number % 2 == 0 {
            assert_eq!(customer.confirm(challenge, &app.tan_sent_to(&address)).await.status, 200);
        }
    }
    for _ in 0..4 {
        app.advance(Duration::from_secs(61));
        assert_eq!(old.client.post("/accounts/old/tan/challenge/sms", json!({})).await.status, 200);
    }
    app.advance(Duration::from_mins(10));
    judge(&app).await;
    assert_eq!(kinds(&app).await, [""; 0]);
    let query = "select sum(sent), sum(young_sent), sum(young_solved) from traffic";
    let sums = app.database.owner().await.query_one(query, &[]).await.unwrap();
    assert_eq!((sums.get::<_, i64>(0), sums.get::<_, i64>(1), sums.get::<_, i64>(2)), (24, 20, 10));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_that_nobody_solves_close_it_again() {
    let app = start().await;
    close(&app).await;
    probe(&app, 5, 1).await;
    assert!(matches!(of_prefix(&app, PREFIX).await.standing, PrefixStanding::Closed { .. }));
    assert_eq!(kinds(&app).await, ["prefix.closed", "prefix.closed"]);
    probe(&app, 4, 0).await;
    assert!(matches!(of_prefix(&app, PREFIX).await.standing, PrefixStanding::HalfOpen { .. }), "too few to tell");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_that_are_solved_open_it_and_what_came_before_is_not_held_against_it() {
    let app = start().await;
    close(&app).await;
    probe(&app, 5, 2).await;
    assert_eq!(of_prefix(&app, PREFIX).await.standing, PrefixStanding::Open);
    let told = told(&app).await;
    assert_eq!(told[1], ("prefix.opened".to_owned(), json!({"prefix": PREFIX, "sent": "5", "solved": "2"})));

    // The day still has 27 of which 2 were solved.
    judge(&app).await;
    assert_eq!(kinds(&app).await.len(), 2);
    app.advance(RIPE);
    counted(&app, Duration::ZERO, PREFIX, 10, 0).await;
    app.advance(RIPE);
    judge(&app).await;
    assert_eq!(kinds(&app).await, ["prefix.closed", "prefix.opened", "prefix.closed"]);

    // Opened for good, it is forgotten after a day, and closes like any other.
    probe(&app, 5, 5).await;
    app.advance(Duration::from_hours(26));
    app.running.service().sweep_traffic().await.unwrap();
    let rows = "select count(*) from prefixes";
    assert_eq!(app.database.owner().await.query_one(rows, &[]).await.unwrap().get::<_, i64>(0), 0);
    close(&app).await;
    assert_eq!(kinds(&app).await.len(), 5);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_judge_at_once_turn_a_prefix_once() {
    let app = start().await;
    let others = [
        TestApp::on(app.database.clone(), limits(FLOOR)).await,
        TestApp::on(app.database.clone(), limits(FLOOR)).await,
    ];
    for round in 1..=5 {
        counted(&app, RIPE, &format!("+88213{round}"), 20, 0).await;
        let (one, two) = (&others[0], &others[1]);
        tokio::join!(judge(&app), judge(one), judge(two), judge(&app), judge(one), judge(two));
        assert_eq!(kinds(&app).await.len(), round);
    }
    for instance in others {
        instance.stop().await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_guard_switched_off_what_was_closed_is_opened() {
    let app = start().await;
    close(&app).await;
    let off = TestApp::on(app.database.clone(), Wish::default()).await;
    judge(&off).await;
    assert_eq!(of_prefix(&off, PREFIX).await.standing, PrefixStanding::Open);
    assert_eq!(kinds(&off).await, ["prefix.closed", "prefix.opened"]);
    counted(&off, RIPE, PREFIX, 1_000, 0).await;
    judge(&off).await;
    assert_eq!(kinds(&off).await.len(), 2);
    off.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_are_closed_stands_in_the_metrics() {
    let wish = Wish { server: "operators_listen = \"127.0.0.1:0\"".to_owned(), ..limits(FLOOR) };
    let app = TestApp::start_with(wish).await;
    close(&app).await;
    judge(&app).await;
    let url = format!("http://{}/metrics", app.running.operators_address().unwrap());
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    // Every service of this process has one recorder: the number may be another test's.
    assert!(text.lines().any(|line| line.starts_with("tanager_prefixes_closed ")), "{text}");
    app.stop().await;
}
