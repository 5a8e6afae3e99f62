//! The routes of the API as the contract lists them, and the proof that the service has these and no others.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;

use self::Who::{Admin, Api, Owner, ReadOnly, Service};
use crate::app::TestApp;

/// A caller with good credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The account, with a token that only looks.
    ReadOnly,
    /// The account, with an API token of scope `readwrite`.
    Api,
    /// A bank core.
    Service,
    /// An operator.
    Admin,
    /// The account, logged in.
    Owner,
}

/// A route, and what the contract says of it.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    /// A good body, where the route has one.
    pub body: Option<&'static str>,
    /// Who is let in, by section 2; `None`: everyone.
    pub may: Option<&'static [Who]>,
    /// Of whom the contract says nothing.
    pub unsaid: &'static [Who],
}

const fn public(path: &'static str) -> Route {
    Route { method: "GET", path, body: None, may: None, unsaid: &[] }
}

const fn route(
    method: &'static str,
    path: &'static str,
    body: Option<&'static str>,
    may: &'static [Who],
    unsaid: &'static [Who],
) -> Route {
    Route { method, path, body, may: Some(may), unsaid }
}

const CHALLENGE: &str = "/accounts/{username}/tan/challenge/{challenge_id}";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const RESERVE: &str =
    r#"{"username":"{username}","operation":{"method":"POST","path":"/pay","body_sha256":"{empty}"}}"#;
const AHEAD: &str = r#"{"username":"{username}","method":"POST","path":"/pay","body_sha256":"{empty}"}"#;
const READERS: &[Who] = &[ReadOnly, Api, Admin, Owner];

/// Every route. In `body`, `{username}` is that of the path. Changing the phone is protected where `sms` is active.
pub const TABLE: &[Route] = &[
    public("/config"),
    public("/health/live"),
    public("/health/ready"),
    public("/openapi.json"),
    public("/docs"),
    route("GET", "/accounts", None, &[Admin], &[]),
    route("POST", "/accounts", Some(r#"{"username":"{username}.new"}"#), &[Admin], &[]),
    route("GET", "/accounts/{username}", None, READERS, &[]),
    route("PATCH", "/accounts/{username}", Some(r#"{"contact_data":{"phone":"+41790000099"}}"#), &[Admin, Owner], &[]),
    route("DELETE", "/accounts/{username}", None, &[Service, Admin, Owner], &[]),
    route("POST", "/accounts/{username}/unblock", None, &[Admin], &[]),
    route("GET", "/accounts/{username}/challenges", None, &[Admin], &[]),
    route("GET", "/stats", None, &[Admin], &[]),
    route("GET", "/accounts/{username}/tan", None, READERS, &[]),
    route("POST", "/accounts/{username}/tan/{channel}", Some(r#"{"address":"+41790000098"}"#), &[Admin, Owner], &[]),
    route("PUT", "/accounts/{username}/tan/{channel}", Some(r#"{"address":"+41790000097"}"#), &[Admin], &[]),
    route("DELETE", "/accounts/{username}/tan/{channel}", None, &[Admin, Owner], &[]),
    route("POST", "/accounts/{username}/tan/challenge/{channel}", Some("{}"), &[Owner], &[]),
    // Operators look at challenges through section 8; whether here too is not said.
    route("GET", CHALLENGE, None, &[ReadOnly, Api, Owner], &[Admin]),
    route("DELETE", CHALLENGE, None, &[Owner], &[]),
    route("POST", "/accounts/{username}/tan/challenge/{challenge_id}/retransmit", None, &[Owner], &[]),
    route(
        "POST",
        "/accounts/{username}/tan/challenge/{challenge_id}/confirm",
        Some(r#"{"tan":"12345678"}"#),
        &[Owner],
        &[],
    ),
    route("POST", "/accounts/{username}/token", Some(r#"{"scope":"readonly"}"#), &[Service, Owner], &[]),
    route("DELETE", "/accounts/{username}/token", None, &[ReadOnly, Api, Owner], &[]),
    route("GET", "/accounts/{username}/tokens", None, &[ReadOnly, Api, Owner], &[Admin]),
    // An API token ends itself, and no other.
    route("DELETE", "/accounts/{username}/tokens/{token_id}", None, &[Owner], &[]),
    route("POST", "/accounts/{username}/session/step-up", None, &[Owner], &[]),
    route("POST", "/tokens/reserve", Some(RESERVE), &[Service], &[]),
    route("POST", "/tokens/redeem", Some(RESERVE), &[Service], &[]),
    route("POST", "/tokens/reservations/{reservation_id}/commit", None, &[Service], &[]),
    route("POST", "/tokens/reservations/{reservation_id}/release", None, &[Service], &[]),
    route("POST", "/operations", Some(AHEAD), &[Service], &[]),
    route("GET", "/audit", None, &[Admin], &[]),
    route("GET", "/audit/verify", None, &[Admin], &[]),
];

/// What the names in a path stand for.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub username: &'a str,
    pub challenge: &'a str,
    pub token: &'a str,
}

impl Place<'_> {
    /// The path of a route here; the channel is `sms`.
    pub fn path(&self, template: &str) -> String {
        template
            .replace("{username}", self.username)
            .replace("{channel}", "sms")
            .replace("{challenge_id}", self.challenge)
            .replace("{token_id}", self.token)
            .replace("{reservation_id}", self.challenge)
    }
}

impl Route {
    /// The method.
    pub fn verb(&self) -> Method {
        self.method.parse().unwrap()
    }

    /// The good body for an account.
    pub fn body_for(&self, username: &str) -> Option<String> {
        self.body.map(|body| body.replace("{username}", username).replace("{empty}", EMPTY))
    }
}

/// A path without the names of what stands in its segments, which each document chooses itself.
pub fn shape(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

fn expected() -> BTreeSet<(String, String)> {
    TABLE.iter().map(|route| (shape(route.path), route.method.to_owned())).collect()
}

/// Every route of the document: its shape, and its method.
pub async fn documented(app: &TestApp) -> BTreeSet<(String, String)> {
    let document = app.stranger().get("/openapi.json").await;
    let paths = document.body["paths"].as_object().expect("the document has paths").clone();
    let methods = |(path, item): (String, Value)| {
        let named: Vec<String> = item.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect();
        let verbs = ["GET", "PUT", "POST", "DELETE", "PATCH"];
        named.into_iter().filter(move |name| verbs.contains(&name.as_str())).map(move |name| (shape(&path), name))
    };
    paths.into_iter().flat_map(methods).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_document_has_an_entry_in_the_table_of_these_tests() {
    let app = TestApp::start().await;
    let documented = documented(&app).await;
    let unknown: Vec<_> = documented.difference(&expected()).cloned().collect();
    assert!(unknown.is_empty(), "these routes are not tested: {unknown:?}");
    assert!(!documented.is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_contract_is_in_the_document() {
    let app = TestApp::start().await;
    let documented = documented(&app).await;
    let missing: Vec<_> = expected().difference(&documented).cloned().collect();
    assert!(missing.is_empty(), "these routes are not documented: {missing:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_is_refused_on_every_path_with_exactly_its_methods_in_allow() {
    let app = TestApp::start().await;
    let place = Place { username: "alice", challenge: "0197f5a0-8c2e-7c3a-9d61-0a1b2c3d4e5f", token: "sms" };
    let mut methods: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for route in TABLE {
        let allowed = methods.entry(shape(route.path)).or_default();
        allowed.extend([route.method, "OPTIONS"]);
        if route.method == "GET" {
            allowed.insert("HEAD");
        }
    }
    for route in TABLE {
        let allowed = &methods[&shape(route.path)];
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "TRACE", "PURGE"] {
            if allowed.contains(method) {
                continue;
            }
            let verb = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = app.stranger().send(verb, &place.path(route.path), &[], None).await;
            assert_eq!(answer.error(), (405, 20), "{method} {}: {answer:?}", route.path);
            let told: BTreeSet<&str> = answer.header("allow").split(", ").collect();
            assert_eq!(&told, allowed, "{method} {}", route.path);
        }
    }
    app.stop().await;
}
