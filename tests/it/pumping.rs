//! SMS pumping, simulated: somebody has accounts enrol ten thousand numbers of one prefix, hour after hour. The messages
//! that go out stay under the ceiling of each limit, in every window of its length, and customers elsewhere are served.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tanager::{
    channel::MessageKind,
    domain::{
        address::Address,
        caller::{AccessToken, Scope},
        channel::Channel,
        operation::OperationDigest,
        prefix_guard::PrefixStanding,
        refusal::Refusal,
        username::Username,
    },
    service::{Failure, ProtectedRequest, Service},
};

use crate::{
    app::{Answer, Customer, TestApp, Wish},
    traffic::{caller, of_prefix},
};

/// The fraud's prefix: country code 882 and three digits.
const PREFIX: &str = "+882131";
const ACCOUNTS: usize = 100;
/// Each with another number for every account: ten thousand in all.
const ROUNDS: usize = 100;
/// Just over the cool-down, so that it is not what holds the fraud up.
const ROUND: Duration = Duration::from_secs(61);
/// Requests at once.
const AT_ONCE: usize = 10;
/// What the whole of one simulation may take on a machine that is busy with others: by itself it takes a fraction.
const PATIENCE: Duration = Duration::from_mins(3);
const MINUTE_MICROS: i64 = 60_000_000;

/// A fraud with its accounts, and two customers who have nothing to do with it.
struct Fraud {
    app: TestApp,
    mules: Vec<Username>,
    elsewhere: Customer,
    neighbour: Customer,
    begun: Instant,
    sent: usize,
    refused: usize,
    limit: &'static str,
}

impl Fraud {
    /// No limit but the one tried keeps the accounts of the fraud from asking.
    async fn with(limit: &'static str, lines: &str) -> Self {
        let more = format!("[limits]\naccount_per_hour = 1000\naccount_per_day = 10000\n{lines}");
        let app = TestApp::start_with(Wish { more, ..Wish::default() }).await;
        let (elsewhere, neighbour) = (app.customer_with_sms("elsewhere").await, app.customer("neighbour").await);
        let neighbour = Customer { phone: format!("{PREFIX}999999"), ..neighbour };
        app.set_address(&neighbour, "sms", &neighbour.phone).await;
        app.advance(Duration::from_hours(24 * 8));
        // Sessions live a day.
        let neighbour = Customer { client: app.log_in("neighbour").await, ..neighbour };
        let elsewhere = Customer { client: app.log_in("elsewhere").await, ..elsewhere };
        let names: Vec<String> = (0..ACCOUNTS).map(|number| format!("mule{number}")).collect();
        for some in names.chunks(AT_ONCE) {
            join_all(some.iter().map(|name| app.customer(name))).await;
        }
        let mules = names.iter().map(|name| Username::parse(name).unwrap()).collect();
        Self { app, mules, elsewhere, neighbour, begun: Instant::now(), sent: 0, refused: 0, limit }
    }

    /// Every account of the fraud enrols its next number; then a minute passes.
    async fn round(&mut self, round: usize) {
        let numbers = (0..).map(|mule| format!("{PREFIX}{:06}", round * ACCOUNTS + mule));
        let tries: Vec<_> = self.mules.iter().cloned().zip(numbers).collect();
        let mut outcomes = Vec::new();
        for some in tries.chunks(AT_ONCE) {
            let service = self.app.running.service();
            outcomes.extend(join_all(some.iter().map(|(mule, number)| enrol(service, mule, number))).await);
        }
        for outcome in outcomes {
            self.count(outcome);
        }
        self.app.advance(ROUND);
    }

    fn count(&mut self, outcome: Result<(), Failure>) {
        match outcome {
            Ok(()) => self.sent += 1,
            Err(Failure::Refused(Refusal::RateLimited { limit, retry_after })) => {
                assert_eq!((limit, retry_after.is_zero()), (self.limit, false));
                self.refused += 1;
            }
            // The last place in a window was lost to another request at once, twice: nothing was done.
            Err(Failure::Busy { .. }) => self.refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// When the messages to the prefix were begun, as the database has it, in microseconds: as many as were really handed
    /// over and no more.
    async fn times(&self) -> Vec<i64> {
        let query = "select (extract(epoch from c.requested_at) * 1000000)::bigint from challenges c
            join accounts a using (account_id) where c.transmissions > 0 and a.username like 'mule%' order by 1";
        let rows = self.app.database.owner().await.query(query, &[]).await.unwrap();
        let times: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!((times.len(), self.handed_over()), (self.sent, self.sent), "what was answered is what went out");
        times
    }

    /// TANs on the recording channel that went to the fraud's numbers.
    fn handed_over(&self) -> usize {
        let sent = self.app.sms.sent();
        let to_fraud = sent.iter().filter(|message| {
            let address = message.address.reveal();
            message.kind == MessageKind::Tan && address.starts_with(PREFIX) && address != self.neighbour.phone
        });
        to_fraud.count()
    }

    async fn end(self) {
        assert!(self.refused > 0);
        let took = self.begun.elapsed();
        assert!(took < PATIENCE, "the simulation is too slow for every day: {took:?}");
        self.app.stop().await;
    }
}

/// What `POST /accounts/{username}/tan/sms` does, without the network between: there are ten thousand of them.
async fn enrol(service: &Service, mule: &Username, number: &str) -> Result<(), Failure> {
    let session = AccessToken { owner: Some(mule.clone()), ..caller(Scope::ReadWrite) };
    let address = Address::parse(Channel::Sms, number).unwrap();
    let request = ProtectedRequest { operation: OperationDigest::from_bytes([1; 32]), presented: None, language: None };
    service.enrol(&session, mule, Channel::Sms, Some(&address), &request).await.map(drop)
}

async fn request(customer: &Customer) -> Answer {
    customer.client.post(&customer.path("/tan/challenge/sms"), json!({})).await
}

/// A customer asks and solves.
async fn is_served(fraud: &Fraud, customer: &Customer) {
    let asked = request(customer).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let solved = customer.confirm(asked.text("challenge_id"), &fraud.app.tan_sent_to(&customer.phone)).await;
    assert_eq!(solved.status, 200, "{solved:?}");
}

/// The most that lie within one window of that length, wherever it begins.
fn most_within(times: &[i64], length_micros: i64) -> usize {
    let mut first = 0;
    let counts = times.iter().enumerate().map(|(last, at)| {
        while at - times[first] >= length_micros {
            first += 1;
        }
        last + 1 - first
    });
    counts.max().unwrap_or_default()
}

#[test]
fn windows_slide_over_every_beginning() {
    assert_eq!(most_within(&[], 10), 0);
    assert_eq!(most_within(&[0, 9, 10, 19, 20], 10), 2);
    assert_eq!(most_within(&[0, 1, 2, 30, 35, 39, 39], 10), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_numbers_of_one_prefix_get_no_more_messages_than_the_prefix_may_in_any_hour() {
    let most = 150;
    let mut fraud = Fraud::with("prefix_per_hour", &format!("prefix_per_hour = {most}")).await;
    for round in 0..ROUNDS {
        fraud.round(round).await;
        if round % 25 == 10 {
            is_served(&fraud, &fraud.elsewhere).await;
        }
    }
    let times = fraud.times().await;
    assert_eq!(most_within(&times, 60 * MINUTE_MICROS), most, "the ceiling is reached and not passed");
    // An hour and three quarters: two ceilings' worth.
    assert!(times.len() <= 2 * most, "{}", times.len());
    fraud.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_numbers_get_no_more_messages_than_the_channel_may_in_any_minute() {
    let most = 7;
    let mut fraud = Fraud::with("channel_per_minute", &format!("channel_per_minute = {most}")).await;
    let mut others = 0;
    for round in 0..ROUNDS {
        // The ceiling is the bill's: who comes first is served. All places are free again a minute after they were taken.
        if round % 25 == 10 {
            is_served(&fraud, &fraud.elsewhere).await;
            others += 1;
        }
        fraud.round(round).await;
    }
    let times = fraud.times().await;
    assert_eq!(most_within(&times, MINUTE_MICROS), most, "the ceiling is reached and not passed");
    assert_eq!(times.len() + others, most * ROUNDS, "nor is a place of it wasted");
    fraud.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_numbers_of_which_none_is_solved_close_their_prefix_and_are_left_with_probes() {
    let lines = "prefix_floor = 30\nprefix_minimum = 50\nprefix_closed = \"30 min\"\nprefix_probes = 5\n\
                 prefix_probe_period = \"1 min\"";
    let mut fraud = Fraud::with("prefix_floor", lines).await;
    let mut closed_after = None;
    for round in 0..ROUNDS {
        fraud.round(round).await;
        fraud.app.running.service().judge_prefixes().await.unwrap();
        if closed_after.is_none() && of_prefix(&fraud.app, PREFIX).await.standing != PrefixStanding::Open {
            closed_after = Some((round, fraud.sent));
        }
        if round % 25 == 24 {
            is_served(&fraud, &fraud.elsewhere).await;
            is_served(&fraud, &fraud.neighbour).await;
        }
    }
    let (round, before) = closed_after.expect("it closes");
    // Five minutes that are judged together, five until their TANs have run out; five more when the fraud began at the very
    // end of the first five.
    assert!(round <= 15, "it closed after {round} minutes");
    let times = fraud.times().await;
    let probes = &times[before..];
    assert!(!probes.is_empty(), "single messages probe it");
    assert_eq!(most_within(probes, MINUTE_MICROS), 1);
    // Half an hour closed, then at most a quarter of an hour until the probes are ripe.
    assert!(most_within(probes, 30 * MINUTE_MICROS) <= 16, "{}", most_within(probes, 30 * MINUTE_MICROS));
    assert!(probes.len() <= 2 * 16, "{}", probes.len());
    assert!(of_prefix(&fraud.app, PREFIX).await.standing != PrefixStanding::Open);
    fraud.end().await;
}
