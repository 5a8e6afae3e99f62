//! Authenticator apps and recovery codes, as a customer uses them: the factors that need no message. Time stands still
//! until it is advanced, so that every code is shown when the test says.

mod codes;
mod desec;
mod devices;
mod keys;
mod listing;
mod races;
mod recovery;
mod refusals;
mod strangers;
mod taler;
mod told;
mod workflow;

use std::{ops::Deref, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, Authenticator, Client, Customer, TestApp, Wish},
    contract::with_token,
};

/// How long a code is shown.
const STEP: Duration = Duration::from_secs(30);

/// A service whose time stands still, at the beginning of a step.
pub struct Still(pub TestApp);

impl Deref for Still {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.0
    }
}

impl Still {
    pub async fn start() -> Self {
        Self::with(Wish::default()).await
    }

    pub async fn with(wish: Wish) -> Self {
        let app = TestApp::start_with(wish).await;
        app.stop_clock().await;
        Self(app)
    }

    /// The code that the app shows so many steps from now.
    pub fn code(&self, app: &Authenticator, steps: i64) -> String {
        app.code_at(self.now() + 30 * steps)
    }

    /// A code that none of these apps shows within the window.
    pub fn wrong(&self, apps: &[&Authenticator]) -> String {
        let shown: Vec<String> = apps.iter().flat_map(|app| (-1..=1).map(|steps| self.code(app, steps))).collect();
        (0..1000).map(|number| format!("{number:06}")).find(|code| !shown.contains(code)).unwrap()
    }

    /// An account whose one factor is an app named `default`, whose codes of this step are not used.
    pub async fn customer_with_app(&self, username: &str) -> (Customer, Authenticator) {
        let customer = self.customer(username).await;
        let app = self.put_in_force(&customer, "default", "").await;
        (customer, app)
    }

    /// Enrols an app and shows its first code; a `token` that is empty is none.
    pub async fn put_in_force(&self, customer: &Customer, name: &str, token: &str) -> Authenticator {
        let (challenge, app) = set_up(&enrol(customer, &json!({"name": name}), token).await);
        let proven = customer.confirm(&challenge, &self.code(&app, 0)).await;
        assert_eq!((proven.status.as_u16(), &proven.body), (200, &json!({"tan_channel": "totp", "state": "active"})));
        self.advance(STEP);
        app
    }

    /// A token for the code that the app shows now; then comes the next step.
    pub async fn token(&self, customer: &Customer, app: &Authenticator) -> String {
        let token = proven(customer, "totp", &self.code(app, 0)).await;
        self.advance(STEP);
        token
    }

    /// Ten recovery codes.
    pub async fn codes(&self, customer: &Customer, token: &str) -> Vec<String> {
        codes_in(&send(&customer.client, Method::POST, &customer.path("/tan/recovery"), token, None).await)
    }

    pub async fn stop(self) {
        self.0.stop().await;
    }
}

/// A request with a `TAN-Token`; an empty one is none.
pub async fn send(client: &Client, method: Method, path: &str, token: &str, body: Option<&Value>) -> Answer {
    with_token(client, method, path, token, body.cloned()).await
}

/// Asks for an app to be enrolled.
pub async fn enrol(customer: &Customer, body: &Value, token: &str) -> Answer {
    send(&customer.client, Method::POST, &customer.path("/tan/totp"), token, Some(body)).await
}

/// The challenge of an enrolment, and the app that was set up with what the reply says.
pub fn set_up(enrolled: &Answer) -> (String, Authenticator) {
    assert_eq!(enrolled.status, 202, "{enrolled:?}");
    let challenge = enrolled.body["challenge"]["challenge_id"].as_str().unwrap().to_owned();
    (challenge, Authenticator::from_secret(enrolled.text("secret")))
}

/// A token for what answers a new challenge on this channel.
pub async fn proven(customer: &Customer, channel: &str, answer: &str) -> String {
    let challenge = customer.challenge(channel).await.text("challenge_id").to_owned();
    let solved = customer.confirm(&challenge, answer).await;
    assert_eq!(solved.status, 200, "{solved:?}");
    solved.text("tan_token").to_owned()
}

/// Removes what is named behind `/tan/`.
pub async fn remove(customer: &Customer, what: &str, token: &str) -> Answer {
    send(&customer.client, Method::DELETE, &customer.path(&format!("/tan/{what}")), token, None).await
}

/// The recovery codes of a reply.
pub fn codes_in(made: &Answer) -> Vec<String> {
    assert_eq!(made.status, 201, "{made:?}");
    made.body["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// The active channels, as the account shows them.
pub async fn channels(customer: &Customer) -> Value {
    customer.client.get(&customer.path("")).await.body["tan_channels"].clone()
}
