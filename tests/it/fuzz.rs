//! Requests that were bent at random, as bytes over TCP, against every route of the service's own documents: none of them
//! makes the server fail, hang, or answer what nobody described.

mod request;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
};

use rand::{SeedableRng, rngs::StdRng};
use serde_json::Value;
use tokio::{task::JoinSet, time::timeout};

use self::request::{Bent, Operation, Stock, operations};
use crate::{
    app::{Client, TestApp, Wish},
    wire::{PATIENCE, RawReply, Wire},
};

/// So that what was found is found again.
const SEED: u64 = 0x7A6A_6E47;
const REQUESTS: usize = 2400;
/// At the same time.
const LANES: usize = 8;
/// What a server of HTTP says by itself: go on, and of what is no HTTP or came too slowly bad request, timeout, too large.
const OF_HTTP: [u16; 4] = [100, 400, 408, 431];
/// What every path answers to another method, and every other path: section 1.
const ELSEWHERE: [u16; 2] = [404, 405];

/// A server under fire.
struct Target {
    address: SocketAddr,
    operations: Vec<Operation>,
    stock: Stock,
    /// What may come where a request is not that of its route any more.
    possible: BTreeSet<u16>,
}

impl Target {
    fn new(address: SocketAddr, document: &Value, stock: Stock, more: &[u16]) -> Self {
        let operations = operations(document);
        let documented = operations.iter().flat_map(|operation| operation.statuses.clone());
        let possible = documented.chain(OF_HTTP).chain(ELSEWHERE).chain(more.iter().copied()).collect();
        Self { address, operations, stock, possible }
    }

    /// Fires every lane's share; what came, by status.
    async fn fire(self) -> BTreeMap<u16, usize> {
        let (target, mut lanes) = (Arc::new(self), JoinSet::new());
        for lane in 0..LANES {
            let target = Arc::clone(&target);
            lanes.spawn(async move { target.lane(lane).await });
        }
        let mut seen = BTreeMap::new();
        for statuses in lanes.join_all().await {
            for status in statuses {
                *seen.entry(status).or_default() += 1;
            }
        }
        seen
    }

    async fn lane(&self, lane: usize) -> Vec<u16> {
        let mut chance = StdRng::seed_from_u64(SEED + u64::try_from(lane).unwrap());
        let mut statuses = Vec::new();
        for at in 0..REQUESTS / LANES {
            let operation = &self.operations[(at * LANES + lane) % self.operations.len()];
            let bent = Bent::new(operation, &self.stock, &mut chance);
            for reply in replies(self.address, &bent).await {
                self.judge(operation, &bent, &reply);
                statuses.push(reply.status);
            }
        }
        statuses
    }

    fn judge(&self, operation: &Operation, bent: &Bent, reply: &RawReply) {
        let said = || format!("{}\n--- to ---\n{}", reply.head.text() + &reply.text(), bent.text());
        let own = bent.is_of_route && !OF_HTTP.contains(&reply.status);
        let known =
            if own { operation.statuses.contains(&reply.status) } else { self.possible.contains(&reply.status) };
        assert!(known && reply.status != 500, "{} {}: {}", operation.method, operation.path, said());
        // Replies of the server's library to what is no HTTP have no body and no headers of ours.
        if reply.status >= 400 && reply.head.one("x-request-id").is_some() && !reply.body.is_empty() {
            let body: Value = serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("no JSON: {}", said()));
            assert!(body["code"].is_u64() && body["hint"].is_string(), "{}", said());
        }
    }
}

/// Everything that comes back on a connection of its own: one reply, none, or several, where one request became two.
async fn replies(address: SocketAddr, bent: &Bent) -> Vec<RawReply> {
    let mut wire = Wire::connect(address).await;
    // It may be refused before it is sent whole.
    wire.send(&bent.bytes).await;
    wire.finish().await;
    let mut replies = Vec::new();
    let all = async {
        while let Some(reply) = wire.reply_to(&bent.method()).await {
            replies.push(reply);
        }
    };
    timeout(PATIENCE, all).await.unwrap_or_else(|_| panic!("the connection stays open: {}", bent.text()));
    replies
}

/// Who the requests are of, and what they may name.
async fn stock(app: &TestApp) -> Stock {
    let mut stock = Stock { tokens: vec![app.admin.token.clone(), app.core.token.clone()], ..Stock::default() };
    for number in 0..12 {
        let customer = app.customer_with_sms(&format!("bent{number}")).await;
        let challenge = customer.client.post(&customer.path("/tan/challenge/sms"), serde_json::json!({})).await;
        stock.ids.push(challenge.text("challenge_id").to_owned());
        stock.tokens.push(customer.client.token.clone());
        stock.usernames.push(customer.username);
    }
    stock
}

#[track_caller]
fn assert_varied(seen: &BTreeMap<u16, usize>) {
    for status in [200, 400, 401, 403] {
        assert!(seen.get(&status).is_some_and(|times| *times > 10), "few {status}: {seen:?}");
    }
}

async fn assert_healthy(app: &TestApp) {
    assert_eq!(app.stranger().get("/health/ready").await.status, 200);
    let customer = app.customer_with_sms("afterwards").await;
    assert!(customer.token(app).await.starts_with("tan_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bent_request_to_the_api_makes_it_fail_hang_or_say_what_is_not_documented() {
    let app = TestApp::start().await;
    let document = app.stranger().get("/openapi.json").await.body;
    let address = app.running.address().unwrap().to_string().parse().unwrap();
    let seen = Target::new(address, &document, stock(&app).await, &[]).fire().await;
    assert_varied(&seen);
    assert_healthy(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bent_request_to_the_gateway_makes_it_fail_hang_or_say_what_is_not_documented() {
    // Nobody listens at the bank core's port: what is not the service's own is 502.
    let gateway = "[gateway]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:1\"\n";
    let app = TestApp::start_with(Wish { more: gateway.to_owned(), ..Wish::default() }).await;
    let address = app.running.gateway_address().unwrap();
    let document = Client::new(&format!("http://{address}"), "").get("/tanager/openapi.json").await.body;
    let address = address.to_string().parse().unwrap();
    let seen = Target::new(address, &document, stock(&app).await, &[502]).fire().await;
    assert_varied(&seen);
    assert_healthy(&app).await;
    app.stop().await;
}
