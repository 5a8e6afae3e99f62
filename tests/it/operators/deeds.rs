//! Who did it: every change that an operator makes is in the trail, with the operator's name.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::operator;
use crate::{
    app::{Client, Customer, TestApp},
    contract::routes::{Place, TABLE, documented, shape},
};

const NO_CHALLENGE: &str = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";

/// A change that operators can make: its route, and what it writes.
struct Deed {
    method: &'static str,
    path: &'static str,
    body: Option<&'static str>,
    kind: &'static str,
}

const fn deed(method: &'static str, path: &'static str, body: Option<&'static str>, kind: &'static str) -> Deed {
    Deed { method, path, body, kind }
}

const DEEDS: &[Deed] = &[
    deed("POST", "/accounts", Some(r#"{"username":"{username}.new"}"#), "account.created"),
    deed("PATCH", "/accounts/{username}", Some(r#"{"language":"fr"}"#), "account.changed"),
    deed("DELETE", "/accounts/{username}", None, "account.deleted"),
    deed("POST", "/accounts/{username}/unblock", None, "account.unblocked"),
    deed("POST", "/accounts/{username}/tan/{channel}", Some(r#"{"address":"+41790000098"}"#), "channel.pending"),
    deed("PUT", "/accounts/{username}/tan/{channel}", Some(r#"{"address":"+41790000097"}"#), "channel.activated"),
    deed("DELETE", "/accounts/{username}/tan/{channel}", None, "channel.removed"),
];

async fn call(client: &Client, customer: &Customer, method: &str, path: &str, body: Option<&str>) -> (u16, u64) {
    let place = Place { username: &customer.username, challenge: NO_CHALLENGE, token: NO_CHALLENGE };
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let body = body.map(|body| body.replace("{username}", &customer.username));
    client.send(method, &place.path(path), &[], body).await.error()
}

/// The routes by which an operator is let in to change something, found by trying every one of the document.
async fn routes_of_operators(app: &TestApp) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let changes = documented(app).await.into_iter().filter(|(_, method)| method != "GET");
    for (number, (path, method)) in changes.enumerate() {
        let route = TABLE.iter().find(|route| shape(route.path) == path && route.method == method).unwrap();
        let customer = app.customer_with_sms(&format!("tried{number}")).await;
        let body = route.body_for(&customer.username);
        if call(&app.admin, &customer, route.method, route.path, body.as_deref()).await != (403, 44) {
            found.insert((path, method));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_by_an_operator_is_in_the_trail_with_the_operators_name() {
    let app = TestApp::start().await;
    let (erika, actor) = operator(&app, "Erika of the night shift").await;
    let owner = app.database.owner().await;
    for (number, deed) in DEEDS.iter().enumerate() {
        let customer = app.customer_with_sms(&format!("deed{number}")).await;
        let (status, code) = call(&erika, &customer, deed.method, deed.path, deed.body).await;
        assert!((200..300).contains(&status), "{} {}: {status} {code}", deed.method, deed.path);
        let written = "select e.actor from events e join accounts a using (account_id) \
                       where a.username in ($1, $1 || '.new') and e.kind = $2 order by e.at desc limit 1";
        let row = owner.query_opt(written, &[&customer.username, &deed.kind]).await.unwrap();
        let named: String = row.unwrap_or_else(|| panic!("{} {} wrote nothing", deed.method, deed.path)).get(0);
        assert_eq!(named, actor, "{} {}", deed.method, deed.path);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_lets_an_operator_change_something_that_these_tests_do_not_look_for_in_the_trail() {
    let app = TestApp::start().await;
    let looked_for = DEEDS.iter().map(|deed| (shape(deed.path), deed.method.to_owned())).collect();
    assert_eq!(routes_of_operators(&app).await, looked_for);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unblocking_names_its_operator_and_the_count_begins_anew() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    alice.block(&app).await;
    assert_ne!(app.admin.get("/accounts/alice").await.body["blocked_until"], Value::Null);
    let (erika, actor) = operator(&app, "Erika").await;
    assert_eq!(erika.post("/accounts/alice/unblock", json!({})).await.status, 204);
    assert!(app.admin.get("/accounts/alice").await.body.get("blocked_until").is_none());
    let events = "select e.kind, e.actor from events e join accounts a using (account_id) \
                  where a.username = 'alice' and e.kind like 'account.%blocked' order by e.sequence";
    let rows = app.database.owner().await.query(events, &[]).await.unwrap();
    let written: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let customer = written[0].1.clone();
    assert!(customer.starts_with("customer:"), "{customer}");
    assert_eq!(written, [("account.blocked".to_owned(), customer), ("account.unblocked".to_owned(), actor)]);
    app.stop().await;
}
