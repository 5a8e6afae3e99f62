//! What each deed writes to the trail, in order.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tanager::{channel::SendError, service::Verdict};
use tokio_postgres::Client;

use crate::app::{Answer, Customer, TestApp, other_than};

/// Alice's trail, read deed by deed.
struct Trail {
    owner: Client,
    read: i64,
}

impl Trail {
    async fn of(app: &TestApp) -> Self {
        Self { owner: app.database.owner().await, read: 0 }
    }

    /// What was written since it was last read, without what the customer is told: when that is sent is not known here
    /// (`notices`).
    async fn since(&mut self) -> Vec<String> {
        let query = "select e.kind, e.sequence from events e join accounts a using (account_id) \
                     where a.username = 'alice' and e.sequence > $1 and e.kind not like 'notice.%' order by e.sequence";
        let rows = self.owner.query(query, &[&self.read]).await.unwrap();
        let kinds = rows.iter().map(|row| row.get(0)).collect();
        self.read = rows.last().map_or(self.read, |row| row.get(1));
        kinds
    }

    /// The deed was answered so, and wrote exactly these.
    async fn wrote(&mut self, deed: &str, answer: &Answer, status: u16, kinds: &[&str]) {
        assert_eq!(answer.status, status, "{deed}: {answer:?}");
        assert_eq!(self.since().await, kinds, "{deed}");
    }
}

async fn request(alice: &Customer) -> Answer {
    alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await
}

async fn with_token(alice: &Customer, method: Method, path: &str, token: &Answer) -> Answer {
    alice.client.send(method, path, &[("TAN-Token", token.text("tan_token"))], None).await
}

fn path_of(challenge: &Answer) -> String {
    format!("/accounts/alice/tan/challenge/{}", challenge.text("challenge_id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factors_life_is_in_the_trail() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app).await;
    let alice = app.customer("alice").await;
    assert_eq!(trail.since().await, ["account.created", "session.opened"]);

    let enrolled = alice.client.post("/accounts/alice/tan/sms", json!({})).await;
    trail.wrote("enrol", &enrolled, 202, &["channel.pending", "transmission.sent"]).await;
    let id = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    let active = alice.confirm(id, &app.tan_sent_to(&alice.phone)).await;
    trail.wrote("prove", &active, 200, &["challenge.solved", "channel.activated"]).await;

    let requested = request(&alice).await;
    trail.wrote("request", &requested, 200, &["challenge.requested", "transmission.sent"]).await;
    let id = requested.text("challenge_id");
    let solved = alice.confirm(id, &app.tan_sent_to(&alice.phone)).await;
    trail.wrote("confirm", &solved, 200, &["challenge.solved"]).await;
    let other = with_token(&alice, Method::POST, "/accounts/alice/tan/email", &solved).await;
    let kinds = ["token.reserved", "channel.pending", "transmission.sent", "token.spent"];
    trail.wrote("enrol another, with a token", &other, 202, &kinds).await;
    let dropped = alice.client.delete("/accounts/alice/tan/email").await;
    trail.wrote("withdraw", &dropped, 204, &["challenge.voided"]).await;

    let put = app.admin.put("/accounts/alice/tan/sms", json!({"address": "+41791111111"})).await;
    trail.wrote("an operator sets an address", &put, 204, &["channel.activated"]).await;
    let patched = alice.client.patch("/accounts/alice", json!({"language": "de"})).await;
    trail.wrote("change the language", &patched, 204, &["account.changed"]).await;
    let again = alice.client.patch("/accounts/alice", json!({"language": "de"})).await;
    trail.wrote("change nothing", &again, 204, &[]).await;
    let removed = app.admin.delete("/accounts/alice/tan/sms").await;
    trail.wrote("an operator removes", &removed, 204, &["channel.removed"]).await;
    let deleted = app.core.delete("/accounts/alice").await;
    trail.wrote("delete", &deleted, 204, &["account.deleted"]).await;
    assert!(matches!(app.running.service().verify_trail(None).await.unwrap(), Verdict::Whole { .. }));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenges_ends_are_in_the_trail() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app).await;
    let alice = app.customer_with_sms("alice").await;
    assert_eq!(trail.since().await, ["account.created", "session.opened", "channel.activated"]);

    app.sms.fail_next(SendError::TryLater(tanager::channel::Reason::new("told to".to_owned())));
    let kinds = ["challenge.requested", "transmission.failed", "challenge.voided"];
    trail.wrote("a message that fails", &request(&alice).await, 502, &kinds).await;
    let requested = request(&alice).await;
    trail.wrote("request", &requested, 200, &["challenge.requested", "transmission.sent"]).await;
    trail.wrote("too early", &request(&alice).await, 429, &["limit.refused"]).await;
    trail.wrote("too early again", &request(&alice).await, 429, &[]).await;
    let (id, tan) = (requested.text("challenge_id"), app.tan_sent_to(&alice.phone));
    trail.wrote("look", &alice.client.get(&path_of(&requested)).await, 200, &[]).await;
    trail.wrote("no candidate", &alice.confirm(id, "12").await, 400, &[]).await;
    trail.wrote("wrong", &alice.confirm(id, &other_than(&tan)).await, 409, &["challenge.wrong"]).await;
    trail.wrote("wrong", &alice.confirm(id, &other_than(&tan)).await, 409, &["challenge.wrong"]).await;
    trail.wrote("last wrong", &alice.confirm(id, &other_than(&tan)).await, 429, &["challenge.exhausted"]).await;
    trail.wrote("right, too late", &alice.confirm(id, &tan).await, 429, &["limit.refused"]).await;

    app.advance(Duration::from_mins(2));
    let alice = Customer { client: app.log_in("alice").await, ..alice };
    assert_eq!(trail.since().await, ["session.opened"]);
    let again = alice.client.post(&format!("{}/retransmit", path_of(&requested)), json!({})).await;
    trail.wrote("retransmit", &again, 200, &["challenge.retransmitted", "transmission.sent"]).await;
    let wrong = other_than(&app.tan_sent_to(&alice.phone));
    trail.wrote("fourth wrong", &alice.confirm(id, &wrong).await, 409, &["challenge.wrong"]).await;
    trail.wrote("fifth wrong", &alice.confirm(id, &wrong).await, 409, &["challenge.wrong", "account.blocked"]).await;
    trail.wrote("blocked", &alice.confirm(id, &wrong).await, 429, &["limit.refused"]).await;
    let unblocked = app.admin.post("/accounts/alice/unblock", json!({})).await;
    trail.wrote("unblock", &unblocked, 204, &["account.unblocked"]).await;
    trail.wrote("abort", &alice.client.delete(&path_of(&requested)).await, 204, &["challenge.aborted"]).await;
    trail.wrote("abort again", &alice.client.delete(&path_of(&requested)).await, 204, &[]).await;
    assert!(matches!(app.running.service().verify_trail(None).await.unwrap(), Verdict::Whole { .. }));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tokens_and_a_sessions_end_are_in_the_trail() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app).await;
    let alice = app.customer_with_sms("alice").await;
    trail.since().await;

    let refused = alice.client.delete("/accounts/alice/tan/sms").await;
    trail.wrote("no proof", &refused, 403, &[]).await;
    let ticket = json!({"operation": refused.text("operation")});
    let requested = alice.client.post("/accounts/alice/tan/challenge/sms", ticket).await;
    trail.wrote("request", &requested, 200, &["challenge.requested", "transmission.sent"]).await;
    let solved = alice.confirm(requested.text("challenge_id"), &app.tan_sent_to(&alice.phone)).await;
    trail.wrote("confirm", &solved, 200, &["challenge.solved"]).await;
    let elsewhere = with_token(&alice, Method::POST, "/accounts/alice/tan/email", &solved).await;
    trail.wrote("another operation", &elsewhere, 403, &["challenge.voided", "token.mismatched"]).await;
    let void = with_token(&alice, Method::DELETE, "/accounts/alice/tan/sms", &solved).await;
    trail.wrote("a void token", &void, 403, &[]).await;

    let requested = request(&alice).await;
    let solved = alice.confirm(requested.text("challenge_id"), &app.tan_sent_to(&alice.phone)).await;
    trail.since().await;
    app.email.fail_next(SendError::TryLater(tanager::channel::Reason::new("told to".to_owned())));
    let unsent = with_token(&alice, Method::POST, "/accounts/alice/tan/email", &solved).await;
    let kinds = ["token.reserved", "channel.pending", "transmission.failed", "challenge.voided", "token.released"];
    trail.wrote("a message that fails", &unsent, 502, &kinds).await;
    let stepped_up = with_token(&alice, Method::POST, "/accounts/alice/session/step-up", &solved).await;
    trail.wrote("step up", &stepped_up, 200, &["token.spent", "session.stepped_up"]).await;

    let requested = request(&alice).await;
    let solved = alice.confirm(requested.text("challenge_id"), &app.tan_sent_to(&alice.phone)).await;
    trail.since().await;
    let headers = [("TAN-Token", solved.text("tan_token"))];
    let wish = Some(json!({"scope": "readonly", "operations": []}).to_string());
    let minted = alice.client.send(Method::POST, "/accounts/alice/token", &headers, wish).await;
    trail.wrote("make an API token", &minted, 200, &["token.spent", "session.opened"]).await;
    let listed = alice.client.get("/accounts/alice/tokens").await;
    let last = listed.body["tokens"].as_array().unwrap().last().unwrap()["token_id"].as_str().unwrap();
    let ended = alice.client.delete(&format!("/accounts/alice/tokens/{last}")).await;
    trail.wrote("end it", &ended, 204, &["session.closed"]).await;

    let requested = request(&alice).await;
    trail.wrote("request", &requested, 200, &["challenge.requested", "transmission.sent"]).await;
    let out = alice.client.delete("/accounts/alice/token").await;
    trail.wrote("log out", &out, 204, &["challenge.voided", "session.closed"]).await;
    assert!(matches!(app.running.service().verify_trail(None).await.unwrap(), Verdict::Whole { .. }));
    app.stop().await;
}
