//! The members of the back channel's bodies (section 6b).

use serde_json::{Value, json};

use super::{MALFORMED, MISSING, Row, Who, wrong_texts};

pub const ROWS: &[Row] = &[
    (Who::Service, "POST", "/tokens/reserve", MISSING, absent),
    (Who::Service, "POST", "/tokens/redeem", MISSING, absent),
    (Who::Service, "POST", "/tokens/reserve", MALFORMED, malformed),
    (Who::Service, "POST", "/tokens/redeem", MALFORMED, malformed),
    (Who::Service, "POST", "/operations", MISSING, || operations().iter().map(flattened).collect()),
    (Who::Service, "POST", "/operations", MALFORMED, || malformed_operations().iter().map(flattened).collect()),
    (Who::Service, "POST", "/tokens/reserve", (404, 5106), || vec![with("username", json!("nobody"))]),
];

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn good() -> Value {
    json!({"username": "alice", "operation": {"method": "POST", "path": "/pay?x=1", "body_sha256": EMPTY}})
}

fn with(member: &str, value: Value) -> Value {
    let mut body = good();
    body[member] = value;
    body
}

fn with_operation(member: &str, value: Value) -> Value {
    let mut body = good();
    body["operation"][member] = value;
    body
}

/// The operation's members beside the username, as `POST /operations` has them.
fn flattened(body: &Value) -> Value {
    let mut flat = body["operation"].clone();
    flat["username"] = body["username"].clone();
    flat
}

fn operations() -> Vec<Value> {
    ["method", "path", "body_sha256"].map(|member| with_operation(member, Value::Null)).into()
}

fn absent() -> Vec<Value> {
    let mut all = operations();
    all.extend(["username", "operation"].map(|member| with(member, Value::Null)));
    all.push(json!({}));
    all
}

fn malformed_operations() -> Vec<Value> {
    let mut all: Vec<Value> = ["", "PO ST", "POST\n", "PÖST"].map(|text| with_operation("method", json!(text))).into();
    all.extend(["", "pay", "/a b", "/a#b", "/ä", "http://core/pay"].map(|text| with_operation("path", json!(text))));
    let long = format!("/{}", "a".repeat(8192));
    all.push(with_operation("path", json!(long)));
    all.extend(["", "e3b0", &EMPTY[1..], &"g".repeat(64)].map(|text| with_operation("body_sha256", json!(text))));
    for member in ["method", "path", "body_sha256", "summary"] {
        let values = wrong_texts(member).into_iter().map(|wrong| wrong[member].clone());
        all.extend(values.map(|value| with_operation(member, value)));
    }
    all.push(with_operation("summary", json!("a".repeat(141))));
    all
}

fn malformed() -> Vec<Value> {
    let mut all = malformed_operations();
    all.extend(["none", "session", "Bound", ""].map(|name| with("assurance", json!(name))));
    all.extend(["strong", ""].map(|name| with("strength", json!(name))));
    all.extend(["enrolled", "idempotent"].map(|flag| with(flag, json!("true"))));
    all.extend([json!("x"), json!([]), json!(1)].map(|value| with("operation", value)));
    all.extend([json!(1), json!([]), json!({})].map(|value| with("tan_token", value)));
    all.extend(["", "a b", "."].map(|name| with("username", json!(name))));
    all
}
