//! Bodies that are no JSON object (section 1), on every route that reads one.

use reqwest::Method;
use serde_json::json;

use super::{
    routes::{Place, Route, TABLE, Who},
    trace,
};
use crate::app::{Answer, Client, Customer, TestApp};

const NO_OBJECTS: &[&[u8]] = &[
    b"[]",
    b"[{}]",
    b"1",
    b"null",
    b"true",
    b"\"text\"",
    b"{",
    b"nope",
    b"{} {}",
    b"{},",
    b"{\"a\":1,}",
    b"{'a':1}",
    b"{\"a\":1,\"a\":1}",
    b"{\"a\":1,\"\\u0061\":2}",
    b"{\"a\":{\"b\":1,\"b\":1}}",
    b"{\"a\":[{\"b\":1,\"b\":1}]}",
    b"{\"a\":\"\xff\"}",
    b"{\"a\":\"\xc3\"}",
    b"{\"a\":\"\\ud800\"}",
    b"{\"a\":01}",
    b"{\"a\":NaN}",
    b"\xef\xbb\xbf{}",
    b" ",
];

async fn sent(client: &Client, route: &Route, place: Place<'_>, body: &[u8]) -> Answer {
    let request = client.request(route.verb(), &place.path(route.path));
    let request = request.header("authorization", format!("Bearer {}", client.token));
    client.answer(request.header("content-type", "application/json").body(body.to_vec())).await
}

/// Who may call the route, so that the body is what it is refused for.
fn caller<'a>(app: &'a TestApp, customer: &'a Customer, route: &Route) -> &'a Client {
    let may = |who| route.may.is_some_and(|may| may.contains(&who));
    match () {
        () if may(Who::Owner) => &customer.client,
        () if may(Who::Admin) => &app.admin,
        () => &app.core,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_object_is_refused_on_every_route_that_reads_one() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    let place = Place { username: "alice", challenge: &id, token: &id };
    let before = trace(&app).await;
    for route in TABLE.iter().filter(|route| route.body.is_some()) {
        for body in NO_OBJECTS {
            let answer = sent(caller(&app, &alice, route), route, place, body).await;
            let shown = String::from_utf8_lossy(body);
            assert_eq!(answer.error(), (400, 22), "{} {} {shown}: {answer:?}", route.method, route.path);
        }
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_at_all_is_no_json_where_a_member_is_needed() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let id = "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f";
    let place = Place { username: "alice", challenge: id, token: id };
    let before = trace(&app).await;
    for (client, method, path) in [
        (&app.admin, Method::POST, "/accounts"),
        (&app.admin, Method::PUT, "/accounts/{username}/tan/{channel}"),
        (&alice.client, Method::POST, "/accounts/{username}/tan/challenge/{challenge_id}/confirm"),
        (&alice.client, Method::POST, "/accounts/{username}/token"),
        (&alice.client, Method::PATCH, "/accounts/{username}"),
    ] {
        let answer = client.send(method.clone(), &place.path(path), &[], None).await;
        assert_eq!(answer.error(), (400, 22), "{method} {path}");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_content_type_does_not_matter_and_unknown_members_are_ignored() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let bearer = format!("Bearer {}", alice.client.token);
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let request = alice.client.request(Method::PATCH, "/accounts/alice").header("authorization", &bearer);
        let request =
            request.header("content-type", kind).body(r#"{"language":"fr","unknown":{"phone":1},"x":[null]}"#);
        assert_eq!(alice.client.answer(request).await.status, 204, "{kind}");
    }
    assert_eq!(alice.client.get("/accounts/alice").await.body["language"], json!("fr"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_stands_twice_is_refused_even_where_both_say_the_same() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let before = trace(&app).await;
    for body in [
        r#"{"language":"de","language":"de"}"#,
        r#"{"contact_data":{"phone":"+41790000001","phone":"+41790000001"}}"#,
        r#"{"contact_data":{},"contact_data":{"phone":"+41790000001"}}"#,
    ] {
        let answer = alice.client.send(Method::PATCH, "/accounts/alice", &[], Some(body.to_owned())).await;
        assert_eq!(answer.error(), (400, 22), "{body}");
    }
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_nested_without_end_is_refused() {
    let app = TestApp::start().await;
    let alice = app.customer("alice").await;
    let before = trace(&app).await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let answer = alice.client.send(Method::PATCH, "/accounts/alice", &[], Some(deep)).await;
    assert_eq!(answer.error(), (400, 22));
    assert_eq!(trace(&app).await, before);
    app.stop().await;
}
