//! A bank core behind the gateway (`api.md` sections 6, 6a, 6c) and beside the service (6b), as its customers and its
//! operators see it. What must not happen is looked up at the bank core, in the database and in what was sent.

mod assurances;
mod back_channel;
mod bodies;
mod bound;
mod broken_cores;
mod browsers;
mod callers;
mod core_identity;
mod fencing;
mod headers;
mod log_in;
mod no_database;
mod once;
mod outcomes;
mod passing;
mod paths;
mod plan;
mod reserving;
mod smuggled_heads;
mod smuggling;
mod spellings;
mod streaming;
mod summaries;
pub mod taler;
mod taler_ids;
mod unknown;

use std::net::SocketAddr;

use reqwest::Method;
use serde_json::{Value, json};

pub use self::plan::Plan;
use crate::{
    app::{Answer, Client, Customer, Database, TestApp, addresses_of},
    bank_core::{BankCore, core_credential},
    wire::Wire,
};

/// A transfer that the summary of the usual operations can show.
pub const TRANSFER: &str = r#"{"payto_uri":"payto://iban/DE75512108001245126199?message=rent","amount":"EUR:120.00"}"#;
/// What the customer is shown of it.
pub const SUMMARY: &str = "Transfer EUR:120.00 to payto://iban/DE75512108001245126199?message=rent";

/// A bank: the service, and the bank core behind its gateway.
pub struct Bank {
    pub app: TestApp,
    pub core: BankCore,
    /// Where the world comes in.
    pub address: SocketAddr,
    /// Whether the bank core says who is calling.
    upstream: bool,
}

/// What a customer got for a TAN.
pub struct Approval {
    pub token: String,
    pub challenge: String,
    pub bound: Value,
}

impl Bank {
    pub async fn open() -> Self {
        Self::with(Plan::default()).await
    }

    pub async fn with(plan: Plan) -> Self {
        let core = BankCore::open().await;
        let app = Self::instance(Database::fresh().await, &core, &plan).await;
        let address = gateway_of(&app);
        Self { app, core, address, upstream: !plan.identity.is_empty() }
    }

    /// A service with a gateway before this bank core, on a database that may serve others already.
    pub async fn instance(database: Database, core: &BankCore, plan: &Plan) -> TestApp {
        TestApp::on(database, plan.wish(core)).await
    }

    /// A client of the gateway with a credential; an empty one is none.
    pub fn client(&self, credential: &str) -> Client {
        Client::new(&format!("http://{}", self.address), credential)
    }

    /// A connection to the gateway.
    pub async fn wire(&self) -> Wire {
        Wire::connect(self.address).await
    }

    /// A customer whose `sms` channel is active, logged in, at the gateway.
    pub async fn customer(&self, username: &str) -> Customer {
        self.customer_with(username, &["sms"]).await
    }

    /// The same with these channels active; nobody is told of that.
    pub async fn customer_with(&self, username: &str, channels: &[&str]) -> Customer {
        let (phone, email) = addresses_of(username);
        let contact = json!({"phone": phone, "email": email});
        let account = json!({"username": username, "contact_data": contact, "tan_channels": channels});
        let made = self.app.admin.post("/accounts", account).await;
        assert_eq!(made.status, 201, "{made:?}");
        let credential = if self.upstream { core_credential(username) } else { self.app.log_in(username).await.token };
        Customer { username: username.to_owned(), phone, email, client: self.client(&credential) }
    }

    /// Requests a challenge for the ticket of a refusal and confirms it.
    pub async fn approve(&self, customer: &Customer, refused: &Answer) -> Approval {
        assert_eq!(refused.error(), (403, 10002), "{refused:?}");
        self.prove(customer, "sms", json!({"operation": refused.text("operation")})).await
    }

    /// Requests a challenge without a ticket and confirms it.
    pub async fn unbound(&self, customer: &Customer, channel: &str) -> Approval {
        self.prove(customer, channel, json!({})).await
    }

    async fn prove(&self, customer: &Customer, channel: &str, wanted: Value) -> Approval {
        let asked = customer.client.post(&customer.path(&format!("/tan/challenge/{channel}")), wanted).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let address = if channel == "sms" { &customer.phone } else { &customer.email };
        let solved = customer.confirm(asked.text("challenge_id"), &self.app.tan_sent_to(address)).await;
        assert_eq!(solved.status, 200, "{solved:?}");
        let (token, challenge) = (solved.text("tan_token").to_owned(), asked.text("challenge_id").to_owned());
        Approval { token, challenge, bound: solved.body["bound"].clone() }
    }

    /// A token for exactly this request.
    pub async fn token_for(&self, customer: &Customer, request: &Request<'_>) -> Approval {
        let refused = request.send(&customer.client, "").await;
        self.approve(customer, &refused).await
    }

    /// A token for [`TRANSFER`].
    pub async fn transfer_token(&self, customer: &Customer) -> Approval {
        self.token_for(customer, &Request::post(&customer.path("/transactions"), TRANSFER)).await
    }

    /// How many of a customer's transfers reached the bank core.
    pub fn transfers(&self, customer: &Customer) -> usize {
        self.core.hits("POST", &customer.path("/transactions"))
    }

    pub async fn close(self) {
        self.app.stop().await;
    }
}

/// Where the world comes in to a service.
pub fn gateway_of(app: &TestApp) -> SocketAddr {
    app.running.gateway_address().expect("the gateway listens")
}

/// A request that may need a proof.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub body: Option<&'a str>,
}

impl<'a> Request<'a> {
    pub fn post(path: &'a str, body: &'a str) -> Self {
        Self { method: "POST", path, body: Some(body) }
    }

    pub fn new(method: &'a str, path: &'a str, body: Option<&'a str>) -> Self {
        Self { method, path, body }
    }

    /// Sends it with a `TAN-Token`; an empty one is none.
    pub async fn send(&self, client: &Client, token: &str) -> Answer {
        let headers = [("TAN-Token", token)];
        self.send_with(client, if token.is_empty() { &[] } else { &headers }).await
    }

    /// Sends it with these headers.
    pub async fn send_with(&self, client: &Client, headers: &[(&str, &str)]) -> Answer {
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        client.send(method, self.path, headers, self.body.map(ToOwned::to_owned)).await
    }
}

/// Asks for a transfer with this token.
pub async fn transfer(customer: &Customer, token: &str) -> Answer {
    Request::post(&customer.path("/transactions"), TRANSFER).send(&customer.client, token).await
}
