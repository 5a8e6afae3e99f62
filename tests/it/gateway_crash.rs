//! The real program before a bank core, killed, frozen, ended and cut off from its database while a protected operation
//! is in flight (`api.md` sections 6 and 6a): money moves once or not at all, and the trail says what is known.

mod closing;
mod ending;
mod frozen;
mod impostor;
mod instances;
mod jam;
mod killed;
mod logging_in;
mod reserving;
mod settling;
mod spread;
mod trouble;

use std::{fs, net::SocketAddr, time::Duration};

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::{
    app::{Answer, Client, Customer, Installation, Process, eventually, tan_in},
    bank_core::{BankCore, Gate, Script},
};

const OPERATIONS: &str = r#"
[[gateway.operation]]
name = "transfer"
method = "POST"
path = "/accounts/{username}/transactions"
summary = "Transfer {{ body.amount }}"
[[gateway.operation]]
name = "cashout"
method = "POST"
path = "/accounts/{username}/cashouts"
idempotent = true
summary = "Cash out {{ body.amount }}"
[[gateway.operation]]
name = "close"
method = "DELETE"
path = "/accounts/{username}"
closes_account = true
summary = "Close the account {{ username }}"
[[gateway.operation]]
name = "closure"
method = "POST"
path = "/accounts/{username}/closure"
idempotent = true
closes_account = true
summary = "Close the account {{ username }}"
[[gateway.operation]]
name = "login"
method = "POST"
path = "/accounts/{username}/token"
assurance = "token"
on_missing = "challenge"
identity = "response"
revoke_path = "/accounts/{username}/token"
"#;

/// Limits that no test meets.
const MANY: &str = "account_per_hour = 1000\naccount_per_day = 1000\naddress_per_hour = 1000\naddress_per_day = 1000\n";
/// The usual times, in which no test waits: a lease is ended by hand where no time has to pass.
const UNHURRIED: Times = Times { lease: "30 s", timeout: "20 s" };

/// A protected operation of Alice.
#[derive(Clone, Copy, Debug)]
struct Work {
    method: &'static str,
    path: &'static str,
    body: Option<&'static str>,
}

const BODY: Option<&str> = Some(r#"{"amount":"EUR:120.00"}"#);
/// Not idempotent.
const TRANSFER: Work = Work { method: "POST", path: "/accounts/alice/transactions", body: BODY };
const CASHOUT: Work = Work { method: "POST", path: "/accounts/alice/cashouts", body: BODY };
/// Not idempotent.
const CLOSE: Work = Work { method: "DELETE", path: "/accounts/alice", body: None };
const CLOSURE: Work = Work { method: "POST", path: "/accounts/alice/closure", body: BODY };

/// How long is waited for a holder, and for the bank core.
#[derive(Clone, Copy)]
struct Times {
    lease: &'static str,
    timeout: &'static str,
}

/// A customer's proof.
struct Approval {
    token: String,
    challenge: String,
}

/// An installation before a bank core, with a connection past the service.
struct Scene {
    place: Installation,
    core: BankCore,
    owner: tokio_postgres::Client,
    /// The configuration without the gateway.
    base: String,
    times: Times,
}

impl Work {
    /// Sends it with a token, an empty one is none. `None`: the connection broke.
    async fn attempt(self, client: &Client, token: &str) -> Option<Answer> {
        let headers = [("TAN-Token", token)];
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let headers = if token.is_empty() { &[][..] } else { &headers };
        client.attempt(method, self.path, headers, self.body.map(ToOwned::to_owned)).await.ok()
    }

    async fn send(self, customer: &Customer, approval: &Approval) -> Answer {
        self.attempt(&customer.client, &approval.token).await.expect("it lives")
    }

    fn begin(self, customer: &Customer, approval: &Approval) -> JoinHandle<Option<Answer>> {
        let (client, token) = (customer.client.clone(), approval.token.clone());
        tokio::spawn(async move { self.attempt(&client, &token).await })
    }
}

impl Scene {
    async fn new() -> Self {
        Self::over(Installation::new().await, UNHURRIED).await
    }

    async fn over(place: Installation, times: Times) -> Self {
        let (core, owner) = (BankCore::open().await, place.database.owner().await);
        let base = fs::read_to_string(place.path("tanager.toml")).unwrap();
        let scene = Self { place, core, owner, base, times };
        scene.point_to(&scene.core.url());
        scene
    }

    /// Where the bank core is for those that start from now on.
    fn point_to(&self, upstream: &str) {
        let (base, Times { lease, timeout }) = (&self.base, self.times);
        let text = format!(
            "{base}\n[limits]\n{MANY}reservation_lease = \"{lease}\"\n[gateway]\nlisten = \"127.0.0.1:0\"\n\
             upstream = \"{upstream}\"\nupstream_timeout = \"{timeout}\"\n{OPERATIONS}"
        );
        fs::write(self.place.path("tanager.toml"), text).unwrap();
    }

    async fn serve(&self) -> Process {
        self.place.serve().await
    }

    /// A customer with `sms`, at the gateway.
    async fn customer(&self, process: &Process, username: &str) -> Customer {
        let customer = self.place.customer(process, username, &["sms"]).await;
        at(&customer, process).await
    }

    /// A token for exactly this operation.
    async fn approve(&self, customer: &Customer, work: Work) -> Approval {
        let refused = work.attempt(&customer.client, "").await.expect("it lives");
        assert_eq!(refused.error(), (403, 10002), "{refused:?}");
        let wanted = json!({"operation": refused.text("operation")});
        let asked = customer.client.post(&customer.path("/tan/challenge/sms"), wanted).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let message = self.place.path(&format!("spool/sms-{}.txt", customer.phone));
        let tan = tan_in(&fs::read_to_string(message).unwrap());
        let solved = customer.confirm(asked.text("challenge_id"), &tan).await;
        assert_eq!(solved.status, 200, "{solved:?}");
        Approval { token: solved.text("tan_token").to_owned(), challenge: asked.text("challenge_id").to_owned() }
    }

    /// The core has it, and holds its answer until the gate is opened.
    async fn at_work(
        &self,
        customer: &Customer,
        work: Work,
        approval: &Approval,
    ) -> (JoinHandle<Option<Answer>>, Gate) {
        let (gate, before) = (Gate::shut(), self.hits(work));
        self.core.once(work.method, work.path, Script::done(200).behind(&gate));
        let request = work.begin(customer, approval);
        self.core.until_hit(work.method, work.path, before + 1).await;
        self.core.until("it is done", |core| core.effects(work.method, work.path) > 0).await;
        (request, gate)
    }

    fn hits(&self, work: Work) -> usize {
        self.core.hits(work.method, work.path)
    }

    /// How often the core was asked, and how often it did it.
    fn done(&self, work: Work) -> (usize, usize) {
        (self.hits(work), self.core.effects(work.method, work.path))
    }

    /// How many of the core's requests had another `Idempotency-Key` than all before.
    fn keys(&self, work: Work) -> usize {
        let seen = self.core.all(work.method, work.path);
        let mut keys: Vec<_> = seen.iter().map(|seen| seen.header("idempotency-key").expect("a key")).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    }

    async fn number(&self, query: &str) -> i64 {
        self.owner.query_one(query, &[]).await.unwrap().get(0)
    }

    async fn events(&self, kind: &str) -> i64 {
        self.number(&format!("select count(*) from events where kind = '{kind}'")).await
    }

    /// The row's own state, and whether the latest hold's lease still runs; `None`: nobody holds it.
    async fn row(&self, approval: &Approval) -> (String, Option<bool>) {
        let query = format!(
            "select state, reserved_until > clock_timestamp() from challenges where challenge_id = '{}'",
            approval.challenge
        );
        let row = self.owner.query_one(&query, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }

    /// Which hold is the latest.
    async fn holder(&self, approval: &Approval) -> Option<String> {
        let query =
            format!("select reservation_id::text from challenges where challenge_id = '{}'", approval.challenge);
        self.owner.query_one(&query, &[]).await.unwrap().get(0)
    }

    /// The state as the customer sees it.
    async fn standing(&self, customer: &Customer, approval: &Approval) -> String {
        let path = customer.path(&format!("/tan/challenge/{}", approval.challenge));
        customer.client.get(&path).await.text("state").to_owned()
    }

    async fn until_spent(&self, approval: &Approval) {
        eventually("it is spent", async || self.row(approval).await.0 == "spent").await;
    }

    /// Every lease runs out at once.
    async fn lapse(&self) {
        let lapsed =
            "update challenges set reserved_until = clock_timestamp() where reserved_until > clock_timestamp()";
        self.owner.batch_execute(lapsed).await.unwrap();
    }

    /// Every lease runs out in its own time.
    async fn until_lapsed(&self) {
        let running = "select count(*) from challenges where reserved_until > clock_timestamp()";
        eventually("the leases are over", async || self.number(running).await == 0).await;
    }

    async fn assert_trail_whole(&self) {
        let verified = self.place.run(&["audit", "verify"]).await;
        assert_eq!(verified.status.code(), Some(0), "{verified:?}");
        assert!(verified.stdout.starts_with(b"whole: "), "{verified:?}");
    }
}

/// Where a process faces the world.
pub async fn gateway_of(process: &Process) -> SocketAddr {
    let said = || {
        let log = process.log();
        let (_, rest) = log.split_once("serving the gateway address=")?;
        Some(rest.split_whitespace().next()?.parse().expect("an address"))
    };
    eventually("it says where its gateway is", async || said().is_some()).await;
    said().unwrap()
}

/// The same customer with the same log-in, at the gateway of this process.
async fn at(customer: &Customer, process: &Process) -> Customer {
    let url = format!("http://{}", gateway_of(process).await);
    let client = Client::new(&url, &customer.client.token);
    Customer { client, ..customer.at(process) }
}

/// Another request holds the token; for no longer than a lease.
fn assert_busy(answer: &Answer) {
    assert_eq!(answer.error(), (409, 10005), "{answer:?}");
    assert!((1..=30).contains(&answer.retry_after()), "{answer:?}");
}

/// Longer than the service waits for its database, in all, on a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
