//! The tables at the listeners of a service that knows its customers itself.

use super::{
    API, CORE, GATEWAY,
    document::Document,
    kind::Kind,
    stage::{Identity, Listener, OPERATIONS, Stage},
    table::{Cell, Line, Table},
    trial::Trial,
    world::body_of,
};
use crate::contract::routes::shape;

/// Fails with what is wrong, a line each.
pub fn assert_none(troubles: &[String]) {
    assert!(troubles.is_empty(), "{} cells are otherwise:\n{}", troubles.len(), troubles.join("\n"));
}

/// What operators' listener answers: operators as at the API's, and all others that they are unknown.
fn for_operators(table: &Table) -> Table {
    let cell = |line: &Line, kind: Kind, cell: Cell| match kind {
        Kind::Admin | Kind::Twice => cell,
        _ if line.cell(Kind::Nobody) == Cell::UNAUTHORIZED => Cell::UNAUTHORIZED,
        _ => cell,
    };
    let line = |line: &Line| Line {
        method: line.method,
        path: line.path,
        cells: line.cells.iter().map(|(kind, said)| (*kind, cell(line, *kind, *said))).collect(),
    };
    Table(table.0.iter().map(line).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_every_listener_has_a_line_and_every_line_a_route() {
    let stage = Stage::open(Identity::Local).await;
    for (listener, text) in [(Listener::Api, API), (Listener::Operators, API), (Listener::Gateway, GATEWAY)] {
        let document = Document::of(&stage, listener).await;
        let table = Table::read(text);
        assert_none(&table.against(&document));
        for line in &table.0 {
            let has_body = body_of(line.method, line.path).is_some();
            assert_eq!(has_body, document.has_body(&line.route()), "a good body: {} {}", line.method, line.path);
        }
    }
    stage.close().await;
}

#[test]
fn every_protected_route_of_the_bank_core_has_a_line() {
    let settings: toml::Table = toml::from_str(OPERATIONS).unwrap();
    let operations = settings["gateway"]["operation"].as_array().unwrap();
    let text = |operation: &toml::Value, name: &str| operation[name].as_str().unwrap().to_owned();
    let named: Vec<_> = operations.iter().map(|known| (shape(&text(known, "path")), text(known, "method"))).collect();
    assert_eq!(Table::read(CORE).0.iter().map(Line::route).collect::<Vec<_>>(), named);
}

#[test]
fn a_route_without_a_line_and_a_line_without_a_route_are_named() {
    let table = Table::read("own core\nGET /here 200 403\nPOST /here/{name} TAN 401\n");
    let document = Document::said(&serde_json::json!({"paths": {"/here": {"get": {}, "put": {}}}}));
    let told = table.against(&document).join("\n");
    assert!(told.contains(r#"("/here", "PUT") has no line"#), "{told}");
    assert!(told.contains(r#"("/here/{}", "POST") has a line, and is not"#), "{told}");
    assert!(!told.contains("GET"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_apis_listener_each_kind_of_caller_may_what_the_table_says_and_nothing_else() {
    let stage = Stage::open(Identity::Local).await;
    let table = Table::read(API);
    let trial = Trial { stage: &stage, listener: Listener::Api, table: &table, reads_bodies: true };
    assert_none(&trial.troubles().await);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_operators_listener_operators_may_what_the_table_says_and_nobody_else_anything() {
    let stage = Stage::open(Identity::Local).await;
    let table = for_operators(&Table::read(API));
    let trial = Trial { stage: &stage, listener: Listener::Operators, table: &table, reads_bodies: true };
    assert_none(&trial.troubles().await);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_gateway_each_kind_of_caller_may_what_the_tables_say_and_nothing_else() {
    let stage = Stage::open(Identity::Local).await;
    let (own, core) = (Table::read(GATEWAY), Table::read(CORE));
    let listener = Listener::Gateway;
    let mut troubles = Trial { stage: &stage, listener, table: &own, reads_bodies: true }.troubles().await;
    troubles.extend(Trial { stage: &stage, listener, table: &core, reads_bodies: false }.troubles().await);
    assert_none(&troubles);
    stage.close().await;
}
