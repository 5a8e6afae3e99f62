//! The document held against the route table.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{
    App,
    http::{Method, header::ALLOW},
    test as web_test,
    web::ServiceConfig,
};
use serde_json::Value;

use super::{
    super::routes::{Api, TABLE, TALER_TABLE, place_at_the_gateway},
    *,
};
use crate::{domain::keys::tests::Fixed, service::fixture::without_database};

type Routes = BTreeMap<String, BTreeSet<String>>;

fn written() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// The document of each listener.
fn documents() -> [Value; 2] {
    [written(), serde_json::to_value(document_for_the_world()).unwrap()]
}

/// Every operation with its path and its method.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let methods = item.as_object().unwrap().clone();
        let path = path.clone();
        methods.into_iter().map(move |(method, operation)| (path.clone(), method, operation)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

fn documented(document: &Value) -> Routes {
    let mut routes = Routes::new();
    for (path, method, _) in operations(document) {
        routes.entry(path).or_default().insert(method);
    }
    routes
}

#[test]
fn every_route_is_documented_and_nothing_else_is() {
    let mut table: Routes = TABLE
        .iter()
        .map(|(path, methods)| ((*path).to_owned(), methods.iter().map(|&method| method.to_owned()).collect()))
        .collect();
    for path in ["/openapi.json", "/docs"] {
        table.insert(path.to_owned(), BTreeSet::from(["get".to_owned()]));
    }
    assert_eq!(documented(&written()), table);
}

#[test]
fn the_gateways_document_has_what_the_gateway_serves_itself_and_nothing_else() {
    let [_, world] = documents();
    let mut expected: BTreeSet<String> = TABLE.iter().filter_map(|(path, _)| place_at_the_gateway(path)).collect();
    expected.extend(TALER_TABLE.iter().map(|(path, _)| (*path).to_owned()));
    expected.extend(["/tanager/openapi.json", "/tanager/docs"].map(str::to_owned));
    assert_eq!(documented(&world).into_keys().collect::<BTreeSet<_>>(), expected);
    assert!(!operations(&world).iter().any(|(_, _, operation)| operation["tags"][0] == "operators"));
    assert!(world["components"]["schemas"]["TalerOffer"].is_object());
}

#[test]
fn every_tag_is_described_and_used() {
    for document in documents() {
        let described: BTreeSet<&str> =
            document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
        let operations = operations(&document);
        let used: BTreeSet<&str> =
            operations.iter().map(|(_, _, operation)| operation["tags"][0].as_str().unwrap()).collect();
        assert_eq!(described, used);
    }
}

#[actix_web::test]
async fn every_documented_path_allows_the_documented_methods_and_no_other() {
    for (path, methods) in documented(&written()) {
        assert_eq!(allowed(Api::configure, &path).await, methods, "{path}");
    }
}

#[actix_web::test]
async fn at_the_gateway_every_documented_path_allows_the_documented_methods() {
    let [_, world] = documents();
    for (path, methods) in documented(&world) {
        let allowed = allowed(Api::configure_for_the_world, &path).await;
        assert!(methods.is_subset(&allowed), "{path}: {allowed:?}");
    }
}

/// What `Allow` names for another method, but for HEAD.
async fn allowed(mount: impl Fn(&Api, &mut ServiceConfig), path: &str) -> BTreeSet<String> {
    let api = Api::new(without_database(), [], &Fixed(1)).unwrap();
    let app = web_test::init_service(App::new().configure(|routes| mount(&api, routes))).await;
    let place = path.replace(['{', '}'], "");
    let request = web_test::TestRequest::with_uri(&place).method(Method::TRACE).to_request();
    let reply = web_test::call_service(&app, request).await;
    assert_eq!(reply.status(), 405, "{path}");
    let lists = reply.headers().get_all(ALLOW).map(|value| value.to_str().unwrap().to_lowercase());
    let methods = lists.flat_map(|list| list.split(", ").map(ToOwned::to_owned).collect::<Vec<_>>());
    methods.filter(|method| method != "head").collect()
}

#[test]
fn every_operation_says_how_it_fails() {
    for (path, method, operation) in documents().iter().flat_map(operations) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(errors::codes(name).is_some(), "{name}");
        let of_someone = operation.get("security").is_none();
        let responses = operation["responses"].as_object().unwrap();
        assert_eq!(responses.contains_key("401"), of_someone, "{method} {path}");
        let needs_body_codes = method != "get";
        assert_eq!(responses.contains_key("413") && responses.contains_key("415"), needs_body_codes, "{method} {path}");
        // A bank core tells of its client's token in the body.
        let relayed = matches!(name, "reserve" | "redeem");
        let proof = relayed || operation["parameters"].to_string().contains("TAN-Token");
        assert_eq!(responses.get("403").is_some_and(|reply| reply.to_string().contains("10002")), proof, "{name}");
        let attempt = operation["parameters"].to_string().contains("Idempotency-Key");
        assert_eq!(responses.contains_key("422"), attempt, "{name}");
    }
}

#[test]
fn every_response_has_a_description_and_those_with_a_body_an_example() {
    for document in documents() {
        shows_every_body(&document);
    }
}

fn shows_every_body(document: &Value) {
    for (path, method, operation) in operations(document) {
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path} {status}");
            assert!(response["headers"]["X-Request-Id"].is_object(), "{method} {path} {status}");
            assert_eq!(response.get("content").is_none(), status == "204", "{method} {path} {status}");
            assert!(is_a_page(&path) || shows_an_example(document, response), "{method} {path} {status}");
        }
        let body = &operation["requestBody"];
        assert!(body.is_null() || shows_an_example(document, body), "{method} {path}: the request's body");
    }
}

/// The document and its page are their own examples.
fn is_a_page(path: &str) -> bool {
    matches!(path.trim_start_matches("/tanager"), "/docs" | "/openapi.json")
}

/// Whether each body is shown whole: beside its schema or in it, not only its members.
fn shows_an_example(document: &Value, holder: &Value) -> bool {
    let shown = |value: &Value| value.get("example").is_some() || value.get("examples").is_some();
    let bodies = holder["content"].as_object().into_iter().flatten();
    bodies.into_iter().all(|(_, body)| {
        let schema = &body["schema"];
        let named = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
        shown(body) || shown(schema) || named.is_some_and(shown)
    })
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    for document in documents() {
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100, "{}", found.len());
        for reference in found {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }
}

#[test]
fn the_document_says_which_version_whose_licence_and_how_callers_are_known() {
    let document = written();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["info"]["license"]["identifier"], "AGPL-3.0-or-later");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    assert_eq!(document["security"], serde_json::json!([{"bearer": []}]));
}
