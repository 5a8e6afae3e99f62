//! The operators' listener: every route is there, for operators alone.

use serde_json::json;

use crate::{
    app::{Answer, Client, TestApp, Wish},
    contract::{
        routes::{Place, Route, TABLE},
        trace,
    },
    identity::bank_core::{ALICE, Core},
};

const LISTENER: &str = "operators_listen = \"127.0.0.1:0\"\n";
const ALONE: &str = "operators_listen = \"127.0.0.1:0\"\noperators_alone = true\n";
const ID: &str = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";

/// A service with an operators' listener, and the operator there.
async fn with(server: &str, more: String) -> (TestApp, Client) {
    let app = TestApp::start_with(Wish { server: server.to_owned(), more, ..Wish::default() }).await;
    let url = format!("http://{}", app.running.operators_address().unwrap());
    let operator = Client::new(&url, &app.admin.token);
    (app, operator)
}

async fn call(client: &Client, route: &Route) -> Answer {
    let place = Place { username: "alice", challenge: ID, token: ID };
    client.send(route.verb(), &place.path(route.path), &[], route.body_for("alice")).await
}

fn of_someone() -> impl Iterator<Item = &'static Route> {
    TABLE.iter().filter(|route| route.may.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_operators_is_known_at_their_listener() {
    let (app, operator) = with(LISTENER, String::new()).await;
    let alice = app.customer_with_sms("alice").await;
    let before = trace(&app).await;
    for client in [&alice.client, &app.core, &app.stranger()] {
        for route in of_someone() {
            let answer = call(&operator.with_token(&client.token), route).await;
            assert_eq!(answer.error(), (401, 40), "{} {}", route.method, route.path);
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(alice.client.get("/accounts/alice").await.status, 200, "where customers are known, they still are");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_have_the_whole_api_at_their_listener_and_metrics_beside_it() {
    let (app, operator) = with(LISTENER, String::new()).await;
    for route in of_someone() {
        let (here, there) = (call(&operator, route).await, call(&app.admin, route).await);
        assert_ne!(here.status, 401, "{} {}", route.method, route.path);
        assert_eq!(here.error().0 == 403, there.error().0 == 403, "{} {}", route.method, route.path);
    }
    let made = operator.post("/accounts", json!({"username": "bob"})).await;
    assert_eq!(made.status, 201);
    assert!(!made.header("x-request-id").is_empty() && made.header("cache-control") == "no-store");
    assert_eq!(app.admin.get("/accounts/bob").await.status, 200, "it is one service");
    let anyone = operator.with_token("");
    for path in ["/config", "/health/live", "/health/ready", "/docs", "/metrics"] {
        assert_eq!(anyone.get(path).await.status, 200, "{path}");
    }
    assert_eq!(anyone.get("/openapi.json").await.body, app.admin.get("/openapi.json").await.body);
    assert_eq!(anyone.get("/nowhere").await.error(), (404, 21));
    for client in [&app.admin, &app.core, &app.stranger()] {
        assert_eq!(client.get("/metrics").await.error(), (404, 21), "never at the API's listener");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_who_are_alone_are_unknown_at_the_apis_listener() {
    let (mut app, operator) = with(ALONE, String::new()).await;
    let at_the_api = std::mem::replace(&mut app.admin, operator);
    let alice = app.customer_with_sms("alice").await;
    let before = trace(&app).await;
    for route in of_someone() {
        let answer = call(&at_the_api, route).await;
        assert_eq!(answer.error(), (401, 40), "{} {}", route.method, route.path);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert_eq!(trace(&app).await, before);
    assert_eq!(at_the_api.get("/metrics").await.error(), (404, 21));
    let customer = at_the_api.with_token(&alice.client.token);
    assert_eq!(customer.get("/accounts/alice").await.status, 200);
    let core = at_the_api.with_token(&app.core.token);
    assert_eq!(core.post("/accounts/alice/token", json!({"scope": "readonly"})).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_core_is_never_asked_about_a_caller_at_the_operators_listener() {
    let core = Core::start().await;
    let (app, operator) = with(ALONE, format!("[identity]\n{}", core.settings())).await;
    let before = trace(&app).await;
    for route in of_someone() {
        let place = Place { username: "alice", challenge: ID, token: ID };
        let headers = [("Authorization", ALICE)];
        let request = operator.with_token("").send(route.verb(), &place.path(route.path), &headers, None).await;
        assert_eq!(request.error(), (401, 40), "{} {}", route.method, route.path);
        let at_the_api = call(&app.admin, route).await;
        assert_eq!(at_the_api.error(), (401, 40), "{} {}", route.method, route.path);
    }
    assert_eq!(core.take_asked(), []);
    assert_eq!(trace(&app).await, before, "no account was made");
    assert_eq!(operator.get("/accounts").await.status, 200);
    app.stop().await;
}
