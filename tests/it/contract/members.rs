//! Members of bodies that are absent, `null`, or of the wrong type or form (section 1): each gets its exact reply and
//! leaves no trace.

mod back_channel;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    routes::{TABLE, Who},
    trace,
};
use crate::app::TestApp;

const MISSING: (u16, u64) = (400, 25);
const MALFORMED: (u16, u64) = (400, 26);
const ADDRESS: (u16, u64) = (400, 10008);

/// Who asks, for what, with what, and what comes back. `{id}` is an open challenge by SMS of alice.
pub type Row = (Who, &'static str, &'static str, (u16, u64), fn() -> Vec<Value>);

const ROWS: &[Row] = &[
    (Who::Admin, "POST", "/accounts", MISSING, || vec![json!({}), json!({"username": null}), json!({"Username": "x"})]),
    (Who::Admin, "POST", "/accounts", MALFORMED, usernames),
    (Who::Admin, "POST", "/accounts", MALFORMED, || new_accounts(&account_members())),
    (Who::Admin, "POST", "/accounts", MALFORMED, || {
        new_accounts(&[
            json!({"tan_channels": "sms"}),
            json!({"tan_channels": [1]}),
            json!({"tan_channels": {"sms": true}}),
            json!({"tan_channels": [null]}),
        ])
    }),
    (Who::Admin, "POST", "/accounts", ADDRESS, || new_accounts(&contacts())),
    (Who::Admin, "POST", "/accounts", (409, 5132), || new_accounts(&[json!({"tan_channels": ["pigeon"]})])),
    (Who::Admin, "POST", "/accounts", (409, 5129), || new_accounts(&[json!({"tan_channels": ["sms"]})])),
    (Who::Owner, "PATCH", "/accounts/alice", MALFORMED, account_members),
    (Who::Owner, "PATCH", "/accounts/alice", ADDRESS, contacts),
    (Who::Owner, "POST", "/accounts/alice/tan/sms", MALFORMED, || wrong_texts("address")),
    (Who::Owner, "POST", "/accounts/alice/tan/sms", ADDRESS, || {
        vec![json!({"address": ""}), json!({"address": "a@example.com"})]
    }),
    (Who::Admin, "PUT", "/accounts/alice/tan/sms", MISSING, || vec![json!({}), json!({"address": null})]),
    (Who::Admin, "PUT", "/accounts/alice/tan/sms", MALFORMED, || wrong_texts("address")),
    (Who::Admin, "PUT", "/accounts/alice/tan/email", ADDRESS, || vec![json!({"address": "+41791234567"})]),
    (Who::Owner, "POST", "/accounts/alice/tan/challenge/sms", MALFORMED, tickets),
    (Who::Owner, "POST", "/accounts/alice/tan/challenge/{id}/confirm", MISSING, || {
        vec![json!({}), json!({"tan": null})]
    }),
    (Who::Owner, "POST", "/accounts/alice/tan/challenge/{id}/confirm", MALFORMED, tans),
    (Who::Service, "POST", "/accounts/alice/token", MISSING, || vec![json!({}), json!({"scope": null})]),
    (Who::Service, "POST", "/accounts/alice/token", MALFORMED, || {
        [wrong_texts("scope"), vec![json!({"scope": "admin"}), json!({"scope": "service"}), json!({"scope": ""})]]
            .concat()
    }),
    (Who::Service, "POST", "/accounts/alice/token", MALFORMED, token_wishes),
    (Who::Service, "POST", "/accounts/alice/token", MISSING, || vec![json!({"scope": "readonly", "duration": {}})]),
];

fn wrong_texts(member: &str) -> Vec<Value> {
    [json!(1), json!(true), json!([]), json!(["x"]), json!({}), json!(1.5)].map(|value| json!({member: value})).into()
}

fn usernames() -> Vec<Value> {
    let long = "a".repeat(127);
    let names = ["", ".", "..", "a b", "a/b", "ä", "a%20", "a\u{0}", "a\n", "alice@example", &long];
    [names.map(|name| json!({"username": name})).to_vec(), wrong_texts("username")].concat()
}

fn new_accounts(members: &[Value]) -> Vec<Value> {
    let with_name = |member: &Value| {
        let mut body = member.clone();
        body["username"] = json!("newcomer");
        body
    };
    members.iter().map(with_name).collect()
}

fn account_members() -> Vec<Value> {
    let mut all = wrong_texts("language");
    all.extend(["", "german", "d", "de_CH", "de-", "de\n", "../de"].map(|tag| json!({"language": tag})));
    all.extend([json!(1), json!("x"), json!([]), json!(true)].map(|value| json!({"contact_data": value})));
    all.extend(wrong_texts("phone").into_iter().map(|contact| json!({"contact_data": contact})));
    all.extend(wrong_texts("email").into_iter().map(|contact| json!({"contact_data": contact})));
    all
}

fn contacts() -> Vec<Value> {
    ["", "0791234567", "a@example.com", "-1", "+"].map(|phone| json!({"contact_data": {"phone": phone}})).into()
}

fn tickets() -> Vec<Value> {
    let texts = ["", "x", "v1.", "tan_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "ä", "a b"];
    [wrong_texts("operation"), texts.map(|ticket| json!({"operation": ticket})).to_vec()].concat()
}

/// What is no candidate for a TAN of eight digits: letters, other digits, other lengths, other separators.
fn tans() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "-",
        "T-",
        "1234567",
        "123456789",
        "123456",
        "1234567a",
        "१२३४५६७८",
        "１２３４５６７８",
        "12345678.",
        "+12345678",
        "1234\t5678",
        "1234\n5678",
        "TT-12345678",
        "T-T-12345678",
        "0x123456",
        "1234_5678",
        "\u{0}2345678",
        "abcd-efgh-ijkl",
    ];
    let numbers = [json!({"tan": 12_345_678}), json!({"tan": ["12345678"]}), json!({"tan": {}}), json!({"tan": true})];
    [texts.map(|tan| json!({"tan": tan})).to_vec(), numbers.to_vec()].concat()
}

fn token_wishes() -> Vec<Value> {
    let durations = [
        json!(1),
        json!("1 h"),
        json!([]),
        json!({"d_us": -1}),
        json!({"d_us": "never"}),
        json!({"d_us": "1"}),
        json!({"d_us": 1.5}),
        json!({"d_us": true}),
    ];
    let mut all: Vec<Value> = durations.map(|duration| json!({"scope": "readonly", "duration": duration})).into();
    all.extend([json!(1), json!([])].map(|text| json!({"scope": "readonly", "description": text})));
    all.extend(
        [json!("transfer"), json!([1]), json!({})].map(|names| json!({"scope": "readonly", "operations": names})),
    );
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_absent_or_wrong_gets_its_exact_reply_and_leaves_no_trace() {
    let app = TestApp::start().await;
    let alice = app.customer_with_sms("alice").await;
    let id = alice.challenge("sms").await.text("challenge_id").to_owned();
    for (who, method, path, expected, bodies) in ROWS.iter().chain(back_channel::ROWS) {
        let client = match who {
            Who::Admin => &app.admin,
            Who::Service => &app.core,
            _ => &alice.client,
        };
        for body in bodies() {
            let before = trace(&app).await;
            let method: Method = method.parse().unwrap();
            let sent = Some(body.to_string());
            let answer = client.send(method.clone(), &path.replace("{id}", &id), &[], sent).await;
            assert_eq!(answer.error(), *expected, "{method} {path} {body}: {answer:?}");
            assert_eq!(trace(&app).await, before, "{method} {path} {body}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_reads_members_is_in_the_table() {
    for route in TABLE.iter().filter(|route| route.body.is_some()) {
        let path =
            route.path.replace("{username}", "alice").replace("{channel}", "sms").replace("{challenge_id}", "{id}");
        assert!(
            ROWS.iter().chain(back_channel::ROWS).any(|row| row.1 == route.method && row.2 == path),
            "{} {path}",
            route.method
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_is_absence_where_a_member_may_be_absent() {
    let app = TestApp::start().await;
    let body = json!({"username": "alice", "contact_data": null, "tan_channels": null, "language": null});
    assert_eq!(app.admin.post("/accounts", body).await.status, 201);
    let minted = json!({"scope": "readwrite", "duration": null, "description": null, "operations": null});
    let token = app.core.post("/accounts/alice/token", minted).await;
    assert_eq!(token.status, 200, "{token:?}");
    let alice = app.admin.with_token(token.text("access_token"));
    let patch = json!({"contact_data": null, "language": null});
    assert_eq!(alice.patch("/accounts/alice", patch).await.status, 204);
    assert_eq!(alice.post("/accounts/alice/tan/sms", json!({"address": null})).await.error(), (409, 5129));
    let put = app.admin.put("/accounts/alice/tan/sms", json!({"address": "+41791234567"})).await;
    assert_eq!(put.status, 204);
    let challenge = alice.post("/accounts/alice/tan/challenge/sms", json!({"operation": null})).await;
    assert_eq!(challenge.status, 200, "{challenge:?}");
    app.stop().await;
}
