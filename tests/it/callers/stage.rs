//! A service with all its listeners and a bank core, for many pairs of accounts.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use reqwest::Method;
use serde_json::{Value, json};
use tanager::{clock::Clock, domain::time::Timestamp};
use tokio_postgres::Client as Rows;

use super::world::World;
use crate::{
    app::{Answer, Client, Database, TestApp, addresses_of},
    bank_core::BankCore,
    contract::tans_sent,
    gateway::{Plan, gateway_of},
};

/// Where a request comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    Api,
    Operators,
    Gateway,
}

/// Who says who a customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    Local,
    Upstream,
}

/// The protected routes of the bank core, of each assurance and strength. A log-in, whose caller only the core can know, is
/// elsewhere.
pub const OPERATIONS: &str = r#"
[[gateway.operation]]
name = "transfer"
method = "POST"
path = "/accounts/{username}/transactions"
summary = "Transfer {{ body.amount }} to {{ body.payto_uri }}"
[[gateway.operation]]
name = "rename"
method = "PATCH"
path = "/accounts/{username}"
assurance = "token"
[[gateway.operation]]
name = "statement"
method = "GET"
path = "/accounts/{username}/statement"
assurance = "token"
[[gateway.operation]]
name = "limit"
method = "PUT"
path = "/accounts/{username}/limits/{kind}"
assurance = "token"
strength = "possession"
[[gateway.operation]]
name = "contact"
method = "POST"
path = "/accounts/{username}/contacts"
assurance = "session"
[[gateway.operation]]
name = "vault"
method = "POST"
path = "/accounts/{username}/vault"
assurance = "session"
strength = "possession"
[[gateway.operation]]
name = "note"
method = "POST"
path = "/accounts/{username}/notes"
assurance = "none"
[[gateway.operation]]
name = "withdrawal"
method = "POST"
path = "/accounts/{username}/withdrawals/{id}/confirm"
on_missing = "challenge"
"#;

/// All that a request can leave behind of these accounts but what is counted of refusals and of uses, and how many accounts
/// and operators' tokens there are.
const ROWS: &str = "with a as (select * from accounts where username = any($1))
select json_build_array(
  (select json_agg(to_jsonb(a) - array['version', 'event_sequence', 'event_mac', 'event_at',
    'refused_limits', 'refused_since', 'refused_times', 'refusals_due'] order by username) from a),
  (select json_agg(to_jsonb(c) order by c.account_id, c.channel, c.name)
    from channels c where account_id in (select account_id from a)),
  (select json_agg(to_jsonb(c) order by c.challenge_id)
    from challenges c where account_id in (select account_id from a)),
  (select json_agg(to_jsonb(t) - 'last_used_at' order by t.token_id)
    from access_tokens t where account_id in (select account_id from a)),
  (select count(*) from events where account_id in (select account_id from a)
    and kind not in ('limit.refused', 'limit.repeated')),
  (select count(*) from accounts), (select count(*) from access_tokens where account_id is null))::text";

/// What there is to see of what was done for two accounts.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    rows: String,
    /// Messages with a TAN, to whomever.
    tans: usize,
    /// Requests that the bank core saw, but for questions who is calling.
    requests: usize,
}

impl Snapshot {
    /// What of it is otherwise in another.
    pub fn difference(&self, other: &Self) -> String {
        let rows = |snapshot: &Self| serde_json::from_str::<Vec<Value>>(&snapshot.rows).unwrap();
        let (here, there) = (rows(self), rows(other));
        let parts = ["accounts", "channels", "challenges", "access tokens", "events", "accounts", "operators' tokens"];
        let mut named: Vec<_> =
            (0..parts.len()).filter(|part| here[*part] != there[*part]).map(|part| parts[part]).collect();
        named.extend((self.tans != other.tans).then_some("messages"));
        named.extend((self.requests != other.requests).then_some("requests at the bank core"));
        named.join(", ")
    }
}

/// Everything that runs.
pub struct Stage {
    pub app: TestApp,
    pub core: BankCore,
    pub identity: Identity,
    gateway: Client,
    operators: Client,
    rows: Rows,
    worlds: AtomicUsize,
}

impl Listener {
    /// Where its document is.
    pub const fn document(self) -> &'static str {
        match self {
            Self::Api | Self::Operators => "/openapi.json",
            Self::Gateway => "/tanager/openapi.json",
        }
    }
}

impl Stage {
    pub async fn open(identity: Identity) -> Self {
        let plan = match identity {
            Identity::Local => Plan::operations(OPERATIONS),
            Identity::Upstream => Plan { operations: OPERATIONS.to_owned(), ..Plan::upstream() },
        };
        let core = BankCore::open().await;
        let mut wish = plan.wish(&core);
        wish.server = "operators_listen = \"127.0.0.1:0\"\n".to_owned();
        let app = TestApp::on(Database::fresh().await, wish).await;
        let operators = app.running.operators_address().expect("operators have a listener");
        let client = |address: SocketAddr| Client::new(&format!("http://{address}"), "");
        let (gateway, operators, rows) = (client(gateway_of(&app)), client(operators), app.database.owner().await);
        Self { app, core, identity, gateway, operators, rows, worlds: AtomicUsize::new(0) }
    }

    /// A client of a listener, without credentials.
    pub fn client(&self, listener: Listener) -> Client {
        match listener {
            Listener::Api => self.app.stranger(),
            Listener::Operators => self.operators.clone(),
            Listener::Gateway => self.gateway.clone(),
        }
    }

    /// Two accounts of their own, each with `sms` and `email` active.
    pub async fn world(&self) -> World<'_> {
        let number = self.worlds.fetch_add(1, Ordering::SeqCst);
        let names = [format!("alice{number}"), format!("bob{number}")];
        for username in &names {
            let (phone, email) = addresses_of(username);
            let contact = json!({"phone": phone, "email": email});
            let account = json!({"username": username, "contact_data": contact, "tan_channels": ["sms", "email"]});
            let made = self.app.admin.post("/accounts", account).await;
            assert_eq!(made.status, 201, "{made:?}");
        }
        World::new(self, names)
    }

    pub async fn snapshot(&self, names: &[String; 2]) -> Snapshot {
        // What came before is over: notices, and what the trail tells of them.
        self.app.settled().await;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows = self.rows.query_one(ROWS, &[&names]).await.unwrap().get(0);
        let asked = |line: &String| line.starts_with("GET /accounts/") && line.matches('/').count() == 3;
        let requests = self.core.lines().iter().filter(|line| !asked(line)).count();
        Snapshot { rows, tans: tans_sent(&self.app), requests }
    }

    /// What the service takes the time to be.
    pub async fn now(&self) -> Timestamp {
        let micros = "select (extract(epoch from clock_timestamp()) * 1000000)::bigint";
        self.app.clock.shift(Timestamp::from_micros(self.rows.query_one(micros, &[]).await.unwrap().get(0)))
    }

    /// Sends a request, credentials and all as they are told.
    pub async fn send(
        &self,
        listener: Listener,
        (method, path): (&str, &str),
        credentials: &[String],
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let credentials = credentials.iter().map(|value| ("Authorization", value.as_str()));
        let headers: Vec<_> = credentials.chain(headers.iter().copied()).collect();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client(listener).send(method, path, &headers, body).await
    }

    pub async fn close(self) {
        self.app.stop().await;
    }
}
