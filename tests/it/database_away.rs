//! The database goes away, hangs, or has no connection left: every endpoint says so in time, nothing is changed, and
//! all is well when it is back.

mod confirming;
mod endpoints;
mod frozen;

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::app::{Answer, Customer, Installation, Process, connect, eventually, tan_in};

const CONNECTIONS: u8 = 4;
const POOL_WAIT: &str = "500 ms";
const STATEMENT_TIMEOUT: &str = "1 s";
/// Those two, five seconds in which requests of one account wait for each other, and what a busy machine adds.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// A service with a customer who has a challenge open, and a connection past the service to another database.
struct Scene {
    place: Installation,
    process: Process,
    alice: Customer,
    /// The customer's open challenge, and its TAN.
    challenge: String,
    tan: String,
    outside: tokio_postgres::Client,
}

impl Scene {
    async fn new() -> Self {
        Self::with_statement_timeout(STATEMENT_TIMEOUT).await
    }

    async fn with_statement_timeout(timeout: &str) -> Self {
        let place = Installation::new()
            .await
            .with("TANAGER_DATABASE__POOL_WAIT", POOL_WAIT)
            .with("TANAGER_DATABASE__STATEMENT_TIMEOUT", timeout)
            .with("TANAGER_DATABASE__POOL_SIZE", &CONNECTIONS.to_string())
            .with("TANAGER_DATABASE__CONNECT_TIMEOUT", "1 s");
        let process = place.serve().await;
        let alice = place.customer(&process, "alice", &["sms"]).await;
        let outside = place.database.outside().await;
        let mut scene = Self { place, process, alice, challenge: String::new(), tan: String::new(), outside };
        let asked = scene.alice.client.post(&scene.alice.path("/tan/challenge/sms"), json!({})).await;
        assert_eq!(asked.status, 200, "{asked:?}");
        scene.challenge = asked.text("challenge_id").to_owned();
        scene.tan = scene.tan_of(&scene.alice);
        scene
    }

    /// The TAN of the last message to a customer.
    fn tan_of(&self, customer: &Customer) -> String {
        let message = self.place.path(&format!("spool/sms-{}.txt", customer.phone));
        tan_in(&std::fs::read_to_string(message).unwrap())
    }

    async fn customers(&self, count: u8) -> Vec<Customer> {
        let mut customers = Vec::new();
        for n in 0..count {
            customers.push(self.place.customer(&self.process, &format!("customer-{n}"), &["sms"]).await);
        }
        customers
    }

    /// Nobody can connect to the database any more, and nobody stays connected.
    async fn take_away(&self) {
        let name = &self.place.database.name;
        self.outside.batch_execute(&format!("alter database {name} allow_connections false")).await.unwrap();
        self.terminate().await;
    }

    async fn give_back(&self) {
        let name = &self.place.database.name;
        self.outside.batch_execute(&format!("alter database {name} allow_connections true")).await.unwrap();
    }

    /// Ends every connection to the database.
    async fn terminate(&self) {
        // Waited for: a holder's lock that is given up a moment earlier would let the statement through. The tests' own
        // connections stay.
        let all = "select bool_and(pg_terminate_backend(pid, 10000)) from pg_stat_activity \
                   where datname = $1 and application_name = 'tanager'";
        let gone: Option<bool> = self.outside.query_one(all, &[&self.place.database.name]).await.unwrap().get(0);
        assert_ne!(gone, Some(false), "a connection did not end");
    }

    /// How many statements of the service wait for a lock.
    async fn waiting(&self) -> i64 {
        let waiting = "select count(*) from pg_stat_activity \
                       where datname = $1 and application_name = 'tanager' and wait_event_type = 'Lock'";
        self.outside.query_one(waiting, &[&self.place.database.name]).await.unwrap().get(0)
    }

    /// A transaction of its own that has done `statement`; dropping it rolls back.
    async fn holding(&self, statement: &str) -> tokio_postgres::Client {
        let holder = connect(&self.place.database.url().await).await;
        holder.batch_execute(&format!("begin; {statement}")).await.unwrap();
        holder
    }

    /// All that the database holds, as one number.
    async fn contents(&self) -> String {
        let owner = self.place.database.owner().await;
        let mut contents = String::new();
        for table in ["accounts", "channels", "challenges", "access_tokens", "events"] {
            let digest = format!("select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t");
            contents += owner.query_one(&digest, &[]).await.unwrap().get::<_, &str>(0);
        }
        contents
    }

    async fn number(&self, query: &str) -> i64 {
        self.place.database.owner().await.query_one(query, &[]).await.unwrap().get(0)
    }

    /// The service works again by itself: it is ready, and the customer's challenge can be solved.
    async fn assert_well(&self) {
        let ready = async || self.process.stranger().get("/health/ready").await.status == 200;
        eventually("it is ready again", ready).await;
        let account = self.alice.client.get(&self.alice.path("")).await;
        assert_eq!(account.status, 200, "{account:?}");
        assert_eq!(self.alice.confirm(&self.challenge, &self.tan).await.status, 200);
    }
}

/// The one answer to all that cannot be done now.
fn assert_unavailable(what: &str, answer: &Answer, since: Instant) {
    assert_eq!(answer.error(), (503, 10090), "{what}: {answer:?}");
    assert!(answer.retry_after() >= 1, "{what}");
    assert!(since.elapsed() < ANSWERED_WITHIN, "{what}: after {:?}", since.elapsed());
}
