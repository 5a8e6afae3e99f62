//! The REST contract (`api.md`), line by line, as a client sees it: one file a noun. What a request must not do is looked
//! up in the database and in what was sent, never in the service.

mod accounts;
mod addresses;
mod aliens;
mod approvals;
mod blocks;
mod bodies;
mod callers;
mod challenges;
mod channels;
mod confirming;
mod contact_data;
mod conventions;
mod cors;
mod enrolments;
mod hand_overs;
mod headers;
mod idempotency;
mod members;
mod operations;
mod paths;
mod public;
mod retransmissions;
pub mod routes;
mod sessions;
mod states;
mod tickets;
mod tokens;
mod voiding;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tanager::channel::{MessageKind, Recording};

use crate::app::{Answer, Client, Customer, TestApp, other_than};

/// All that a request can leave behind in the database: rows by table, and each account's row; but not that a limit
/// refused, which is counted, nor how an earlier notice ended, which is written behind its request.
const TRACE: &str = "select json_build_array(
  (select json_agg(to_jsonb(a) - array['version', 'event_sequence', 'event_mac', 'event_at',
    'refused_limits', 'refused_since', 'refused_times', 'refusals_due'] order by username) from accounts a),
  (select count(*) from channels), (select count(*) from challenges), (select count(*) from access_tokens),
  (select count(*) from events where kind not in ('limit.refused', 'limit.repeated', 'notice.sent', 'notice.failed')))::text";

/// What there is to see of what was done: the database, and the messages.
pub async fn trace(app: &TestApp) -> (String, usize) {
    let owner = app.database.owner().await;
    (owner.query_one(TRACE, &[]).await.unwrap().get(0), tans_sent(app))
}

/// How many messages with a TAN were handed over. Notices go out behind replies, and are awaited where they matter.
pub fn tans_sent(app: &TestApp) -> usize {
    let sent = [app.sms.sent(), app.email.sent()].concat();
    sent.iter().filter(|message| message.kind == MessageKind::Tan).count()
}

/// One number out of the database, past the service.
pub async fn count(app: &TestApp, sql: &str) -> i64 {
    app.database.owner().await.query_one(sql, &[]).await.unwrap().get(0)
}

/// The seconds since 1970 of a timestamp.
pub fn seconds(timestamp: &Value) -> u64 {
    timestamp["t_s"].as_u64().unwrap_or_else(|| panic!("{timestamp} is no timestamp"))
}

/// Waits for messages that are sent behind the reply: notices.
pub async fn until_sent(recording: &Recording, count: usize) {
    let sent = tokio::time::timeout(Duration::from_secs(20), recording.until_sent(count)).await;
    sent.unwrap_or_else(|_| panic!("{count} messages were awaited, {} came", recording.sent().len()));
}

/// A request with a `TAN-Token`; an empty one is none.
pub async fn with_token(client: &Client, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
    let headers = [("TAN-Token", token)];
    let headers = if token.is_empty() { &[][..] } else { &headers };
    client.send(method, path, headers, body.map(|body| body.to_string())).await
}

/// How an account was blocked.
pub struct Blocking {
    /// The challenge that took the first three wrong TANs.
    pub exhausted: String,
    /// The one that took the other two.
    pub last: String,
    /// The answer to the wrong TAN that began the block.
    pub answer: Answer,
}

impl Customer {
    /// Requests a challenge, which must be given.
    pub async fn challenge(&self, channel: &str) -> Answer {
        let answer = self.client.post(&self.path(&format!("/tan/challenge/{channel}")), json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// Where a challenge stands.
    pub async fn state(&self, id: &str) -> String {
        let answer = self.client.get(&self.path(&format!("/tan/challenge/{id}"))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text("state").to_owned()
    }

    /// Asks for the TAN once more.
    pub async fn retransmit(&self, id: &str) -> Answer {
        self.client.send(Method::POST, &self.path(&format!("/tan/challenge/{id}/retransmit")), &[], None).await
    }

    /// A token by this channel, at a time when no cool-down stands in the way.
    pub async fn token_by(&self, app: &TestApp, channel: &str) -> String {
        let id = self.challenge(channel).await.text("challenge_id").to_owned();
        let address = if channel == "sms" { &self.phone } else { &self.email };
        self.confirm(&id, &app.tan_sent_to(address)).await.text("tan_token").to_owned()
    }

    /// Enters wrong TANs by SMS until the account is blocked, which it must not be yet.
    pub async fn block(&self, app: &TestApp) -> Blocking {
        let (exhausted, last) = (self.wrong(app, 3).await, self.wrong(app, 2).await);
        assert_eq!(exhausted.0.error(), (429, 5131));
        Blocking { exhausted: exhausted.1, last: last.1, answer: last.0 }
    }

    /// Enters so many wrong TANs for a new challenge, and returns the last answer and the challenge.
    async fn wrong(&self, app: &TestApp, tries: usize) -> (Answer, String) {
        app.advance(Duration::from_mins(1));
        let id = self.challenge("sms").await.text("challenge_id").to_owned();
        let wrong = other_than(&app.tan_sent_to(&self.phone));
        for _ in 1..tries {
            assert_eq!(self.confirm(&id, &wrong).await.error(), (409, 5134));
        }
        (self.confirm(&id, &wrong).await, id)
    }

    /// A log-in anew, as when the old one ran out.
    pub async fn log_in_again(&mut self, app: &TestApp) {
        self.client = app.log_in(&self.username).await;
    }
}

impl TestApp {
    /// An account with both channels active.
    pub async fn customer_with_both(&self, username: &str) -> Customer {
        let customer = self.customer_with_sms(username).await;
        self.set_address(&customer, "email", &customer.email).await;
        customer
    }
}
