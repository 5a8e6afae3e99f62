//! How often a request goes to the database and back, counted on the wire between the two.

pub mod wire;

use reqwest::Method;
use serde_json::json;

use self::wire::Wire;
use crate::app::{Customer, Database, TestApp, Wish};

/// Decide and write: one commit, because nothing begins a transaction.
const TRANSITION: [&str; 2] = ["account.load", "account.transition"];
/// The claim, then the sent mark.
const WITH_A_MESSAGE: [&str; 4] = ["account.load", "account.transition", "account.load", "account.transition"];

struct Counted {
    app: TestApp,
    wire: Wire,
    alice: Customer,
}

impl Counted {
    /// A service behind the wire, its statements prepared, and a customer with SMS.
    async fn start() -> Self {
        let database = Database::fresh().await;
        let wire = Wire::to(&database.url().await).await;
        let app = TestApp::on(database, Wish { database_url: Some(wire.url()), ..Wish::default() }).await;
        let warm = app.customer_with_sms("warm").await;
        let token = warm.token(&app).await;
        warm.client.send(Method::DELETE, "/accounts/warm/tan/sms", &[("TAN-Token", &token)], None).await;
        for path in ["", "/tan", "/tokens"] {
            warm.client.get(&warm.path(path)).await;
        }
        let alice = app.customer_with_sms("alice").await;
        Self { app, wire, alice }
    }

    /// The statements of one request of Alice, whose session was seen a moment ago.
    async fn statements_of<T>(&self, request: impl Future<Output = T>) -> (T, Vec<String>) {
        self.alice.client.get("/accounts/alice").await;
        self.wire.take();
        let answer = request.await;
        (answer, self.wire.take())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transition_is_two_round_trips_and_one_commit() {
    let counted = Counted::start().await;
    let (alice, app) = (&counted.alice, &counted.app);

    let (requested, statements) =
        counted.statements_of(alice.client.post("/accounts/alice/tan/challenge/sms", json!({}))).await;
    assert_eq!((requested.status.as_u16(), statements.as_slice()), (200, WITH_A_MESSAGE.map(String::from).as_slice()));
    let (id, tan) = (requested.text("challenge_id"), app.tan_sent_to(&alice.phone));

    let (wrong, statements) = counted.statements_of(alice.confirm(id, &crate::app::other_than(&tan))).await;
    assert_eq!((wrong.code(), statements.as_slice()), (5134, TRANSITION.map(String::from).as_slice()));
    let (solved, statements) = counted.statements_of(alice.confirm(id, &tan)).await;
    assert_eq!((solved.status.as_u16(), statements.as_slice()), (200, TRANSITION.map(String::from).as_slice()));

    let headers = [("TAN-Token", solved.text("tan_token"))];
    let address = Some(json!({"address": alice.email}).to_string());
    let enrol = alice.client.send(Method::POST, "/accounts/alice/tan/email", &headers, address);
    let (enrolled, statements) = counted.statements_of(enrol).await;
    assert_eq!((enrolled.status.as_u16(), statements.as_slice()), (202, WITH_A_MESSAGE.map(String::from).as_slice()));
    let pending = enrolled.body["challenge"]["challenge_id"].as_str().unwrap();
    // What the other address is told comes behind the reply.
    app.sms.hold();
    let (active, statements) = counted.statements_of(alice.confirm(pending, &app.tan_sent_to(&alice.email))).await;
    assert_eq!((active.status.as_u16(), statements.as_slice()), (200, TRANSITION.map(String::from).as_slice()));
    app.sms.release();
    counted.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_again_and_sending_to_contact_data_cost_no_round_trip_more() {
    let counted = Counted::start().await;
    let (alice, app) = (&counted.alice, &counted.app);
    let with_a_message = WITH_A_MESSAGE.map(String::from);
    let asked = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    app.advance(std::time::Duration::from_mins(1));
    let again = format!("/accounts/alice/tan/challenge/{}/retransmit", asked.text("challenge_id"));
    let (again, statements) = counted.statements_of(alice.client.post(&again, json!({}))).await;
    assert_eq!((again.status.as_u16(), statements.as_slice()), (200, with_a_message.as_slice()));

    let solved = alice.confirm(asked.text("challenge_id"), &app.tan_sent_to(&alice.phone)).await;
    let headers = [("TAN-Token", solved.text("tan_token"))];
    let enrol = alice.client.send(Method::POST, "/accounts/alice/tan/email", &headers, None);
    let (enrolled, statements) = counted.statements_of(enrol).await;
    assert_eq!((enrolled.status.as_u16(), statements.as_slice()), (202, with_a_message.as_slice()));
    counted.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_something_is_two_round_trips_and_one_commit() {
    let counted = Counted::start().await;
    let (alice, app) = (&counted.alice, &counted.app);
    let requested = alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    let path = alice.path(&format!("/tan/challenge/{}", requested.text("challenge_id")));
    let (aborted, statements) = counted.statements_of(alice.client.delete(&path)).await;
    assert_eq!((aborted.status.as_u16(), statements.as_slice()), (204, TRANSITION.map(String::from).as_slice()));

    app.advance(std::time::Duration::from_mins(2));
    let (refused, statements) = counted.statements_of(alice.client.delete("/accounts/alice/tan/sms")).await;
    assert_eq!((refused.code(), statements), (10002, vec!["account.load".to_owned()]), "a refusal writes nothing");
    let token = alice.token(app).await;
    let headers = [("TAN-Token", token.as_str())];
    let removal = alice.client.send(Method::DELETE, "/accounts/alice/tan/sms", &headers, None);
    app.sms.hold();
    let (removed, statements) = counted.statements_of(removal).await;
    assert_eq!((removed.status.as_u16(), statements.as_slice()), (204, TRANSITION.map(String::from).as_slice()));
    app.sms.release();
    app.settled().await;

    let (gone, statements) = counted.statements_of(alice.client.delete("/accounts/alice/token")).await;
    assert_eq!((gone.status.as_u16(), statements.as_slice()), (204, TRANSITION.map(String::from).as_slice()));
    counted.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_is_one_round_trip() {
    let counted = Counted::start().await;
    let requested = counted.alice.client.post("/accounts/alice/tan/challenge/sms", json!({})).await;
    let challenge = format!("/tan/challenge/{}", requested.text("challenge_id"));
    for path in ["", "/tan", "/tokens", &challenge] {
        let (answer, statements) = counted.statements_of(counted.alice.client.get(&counted.alice.path(path))).await;
        assert_eq!((answer.status.as_u16(), statements.len()), (200, 1), "{path}: {statements:?}");
    }
    counted.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_looked_up_once_and_then_remembered() {
    let counted = Counted::start().await;
    let fresh = counted.app.log_in("alice").await;
    counted.wire.take();
    fresh.get("/accounts/alice").await;
    assert_eq!(counted.wire.take(), ["access_token.find", "account.load"]);
    fresh.get("/accounts/alice").await;
    assert_eq!(counted.wire.take(), ["account.load"]);
    counted.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_old_challenges_cost_no_round_trip_and_no_row() {
    let counted = Counted::start().await;
    let owner = counted.app.database.owner().await;
    let old = "insert into challenges (challenge_id, account_id, kind, channel, address, tan_key, tan_digits, generation, \
                 requested_at, ends_at, tan_expires_at, attempts_left, transmissions, idempotency_key, state, meters) \
               select (left(tanager_first_uuid(now() - interval '1 hour')::text, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, \
                 a.account_id, 'token', 'sms', 'x', 1, 8, 1, now(), now(), now(), 0, 1, decode(md5(n::text), 'hex'), 'spent', '{}' \
               from accounts a, generate_series(1, 100000) n where a.username = 'alice'";
    assert_eq!(owner.execute(old, &[]).await.unwrap(), 100_000);
    owner.batch_execute("analyze challenges").await.unwrap();

    counted.wire.take_rows();
    let headers = [("Idempotency-Key", "today")];
    let body = Some(json!({}).to_string());
    let request = counted.alice.client.send(Method::POST, "/accounts/alice/tan/challenge/sms", &headers, body);
    let (requested, statements) = counted.statements_of(request).await;
    assert_eq!((requested.status.as_u16(), statements.as_slice()), (200, WITH_A_MESSAGE.map(String::from).as_slice()));
    let tan = counted.app.tan_sent_to(&counted.alice.phone);
    let confirm = counted.alice.confirm(requested.text("challenge_id"), &tan);
    let (solved, statements) = counted.statements_of(confirm).await;
    assert_eq!((solved.status.as_u16(), statements.as_slice()), (200, TRANSITION.map(String::from).as_slice()));
    // Two looks, three loads, three transitions: a row or two each.
    assert!((8..=16).contains(&counted.wire.take_rows()), "no old challenge is carried over the wire");
    counted.app.stop().await;
}
