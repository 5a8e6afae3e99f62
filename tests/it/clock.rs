//! Time that runs behind an account's last event: a little of it is that event's time, more of it is refused.

use std::time::Duration;

use serde_json::json;

use crate::{
    app::{Customer, TestApp, other_than},
    rows::Rows,
};

/// What stands in every account's trail in this test but for its start: a challenge that was sent.
async fn with_an_open_challenge(app: &TestApp) -> (Customer, String) {
    let alice = app.customer_with_sms("alice").await;
    let challenge = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    assert_eq!(challenge.status, 200, "{challenge:?}");
    let id = challenge.text("challenge_id").to_owned();
    (alice, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_a_little_behind_counts_as_the_time_of_the_last_event() {
    let app = TestApp::start().await;
    let (alice, id) = with_an_open_challenge(&app).await;
    let owner = app.database.owner().await;
    let last = "select extract(epoch from event_at)::text from accounts where username = 'alice'";
    let before: String = owner.query_one(last, &[]).await.unwrap().get(0);

    app.clock.turn_back(Duration::from_secs(4));
    let wrong = alice.confirm(&id, &other_than(&app.tan_sent_to(&alice.phone))).await;
    assert_eq!((wrong.error(), wrong.number("attempts_left")), ((409, 5134), 2));
    assert_eq!(owner.query_one(last, &[]).await.unwrap().get::<_, String>(0), before, "time did not run backwards");
    let early = "select count(*) from events later join events earlier using (account_id) \
                 where later.sequence > earlier.sequence and later.at < earlier.at";
    assert_eq!(owner.query_one(early, &[]).await.unwrap().get::<_, i64>(0), 0, "no event is before an earlier one");
    assert_eq!(alice.confirm(&id, &app.tan_sent_to(&alice.phone)).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_further_behind_is_refused_and_nothing_is_changed() {
    let app = TestApp::start().await;
    let (alice, id) = with_an_open_challenge(&app).await;
    let (owner, messages) = (app.database.owner().await, app.messages());
    let tan = app.tan_sent_to(&alice.phone);

    app.clock.turn_back(Duration::from_mins(1));
    let before = Rows::of(&owner).await;
    let refused = [
        alice.confirm(&id, &tan).await,
        alice.confirm(&id, &other_than(&tan)).await,
        alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await,
        alice.client.post("/accounts/alice/tan/email", json!({})).await,
        alice.client.delete(&alice.path(&format!("/tan/challenge/{id}"))).await,
        alice.client.get("/accounts/alice").await,
        app.admin.put("/accounts/alice/tan/email", json!({"address": "other@example.com"})).await,
        app.core.post("/accounts/alice/token", json!({"scope": "readwrite"})).await,
        alice.client.delete("/accounts/alice/token").await,
    ];
    for answer in &refused {
        assert_eq!(answer.error(), (503, 10090), "{answer:?}");
        assert!(answer.retry_after() >= 1);
    }
    assert_eq!(before, Rows::of(&owner).await, "nothing was changed");
    assert_eq!(app.messages(), messages, "and nothing was sent");

    app.advance(Duration::from_mins(1));
    assert_eq!(alice.confirm(&id, &tan).await.status, 200, "no try was counted, the session lives");
    app.stop().await;
}
