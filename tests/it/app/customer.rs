//! A customer of a test's bank, and the proofs that he gives.

use serde_json::{Value, json};

use super::{Answer, Client, TestApp};

/// An account with a log-in token.
pub struct Customer {
    pub username: String,
    pub phone: String,
    pub email: String,
    pub client: Client,
}

impl Customer {
    pub fn path(&self, rest: &str) -> String {
        format!("/accounts/{}{rest}", self.username)
    }

    /// A one-shot token by SMS for nothing in particular.
    pub async fn token(&self, app: &TestApp) -> String {
        self.solve(app, json!({})).await
    }

    /// One for the request that was refused so.
    pub async fn token_for(&self, app: &TestApp, refused: &Answer) -> String {
        assert_eq!(refused.error(), (403, 10002), "{refused:?}");
        self.solve(app, json!({"operation": refused.text("operation")})).await
    }

    async fn solve(&self, app: &TestApp, wish: Value) -> String {
        let challenge = self.client.post(&self.path("/tan/challenge/sms"), wish).await;
        assert_eq!(challenge.status, 200, "{challenge:?}");
        self.confirm(challenge.text("challenge_id"), &app.tan_sent_to(&self.phone)).await.text("tan_token").to_owned()
    }

    pub async fn confirm(&self, challenge: &str, tan: &str) -> Answer {
        self.client.post(&self.path(&format!("/tan/challenge/{challenge}/confirm")), json!({"tan": tan})).await
    }
}

/// The phone number and mailbox of a test's customer.
pub fn addresses_of(username: &str) -> (String, String) {
    let number: u32 =
        username.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 10_000_000;
    (format!("+4179{number:07}"), format!("{username}@example.com"))
}
