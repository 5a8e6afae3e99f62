//! The document must be true: what is promised there is what is sent.

use serde_json::{Value, json};
use utoipa::OpenApi;

use super::{
    account::{AccountList, AccountPatch, AccountView, ContactPatch, CreateAccount},
    challenge::{ChallengeStatus, ChallengeView, ConfirmReply, ConfirmRequest, RequestChallenge},
    channel::{ChannelList, EnrolRequest, EnrolmentReply, PutAddress},
    error::{ErrorBody, RateLimitedBody, TanRequiredBody, WrongTanBody},
    public::{Config, Live, Ready},
    session::{MintToken, MintedToken, TokenList},
};
use crate::{
    domain::{
        channel::Channel,
        refusal::{OfferedChannel, Refusal, Requirement},
    },
    http::{
        code::Code,
        error::{ApiError, tests::body_of},
        json::Body,
    },
};

#[derive(OpenApi)]
#[openapi(components(schemas(
    AccountList,
    AccountPatch,
    AccountView,
    ChallengeStatus,
    ChallengeView,
    ChannelList,
    Config,
    ConfirmReply,
    ConfirmRequest,
    ContactPatch,
    CreateAccount,
    EnrolRequest,
    EnrolmentReply,
    ErrorBody,
    Live,
    MintToken,
    MintedToken,
    PutAddress,
    RateLimitedBody,
    Ready,
    RequestChallenge,
    TanRequiredBody,
    TokenList,
    WrongTanBody
)))]
struct Document;

fn schemas() -> Value {
    let document = serde_json::to_value(Document::openapi()).unwrap();
    document["components"]["schemas"].clone()
}

fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The names of `properties`, each with whether it is required.
fn promised(name: &str) -> Vec<(String, bool)> {
    let schema = &schemas()[name];
    let required = required(schema);
    let properties = schema["properties"].as_object().unwrap_or_else(|| panic!("{name}: {schema}"));
    properties.keys().map(|member| (member.clone(), required.contains(&member.as_str()))).collect()
}

#[track_caller]
fn assert_keeps_promise(name: &str, sent: &Value) {
    let promised = promised(name);
    for (member, required) in &promised {
        assert!(!required || sent.get(member).is_some(), "{name} lacks {member}: {sent}");
    }
    for member in sent.as_object().unwrap().keys() {
        assert!(promised.iter().any(|(known, _)| known == member), "{name} does not know {member}");
    }
}

#[test]
fn every_body_and_every_member_of_it_is_described() {
    for (name, schema) in schemas().as_object().unwrap() {
        assert!(schema["description"].is_string() || schema["oneOf"].is_array(), "{name}: {schema}");
        for (member, property) in schema["properties"].as_object().into_iter().flatten() {
            assert!(property.to_string().contains("\"description\":"), "{name}.{member}: {property}");
        }
    }
}

#[test]
fn every_example_keeps_the_promise_of_its_schema() {
    let schemas = schemas();
    let with_examples = schemas.as_object().unwrap().iter().filter(|(_, schema)| schema["properties"].is_object());
    let mut seen = 0;
    for (name, schema) in with_examples {
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert_keeps_promise(name, example);
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen}");
}

#[actix_web::test]
async fn errors_are_sent_as_the_document_shows_them() {
    for code in Code::ALL {
        assert_keeps_promise("ErrorBody", &body_of(&ApiError::new(code)).await);
    }
    assert_keeps_promise("ErrorBody", &body_of(&ApiError::missing("tan")).await);
    let limited = Refusal::RateLimited { limit: "open_challenges", retry_after: std::time::Duration::ZERO };
    assert_keeps_promise("RateLimitedBody", &body_of(&limited.into()).await);
    assert_keeps_promise("WrongTanBody", &body_of(&Refusal::WrongTan { attempts_left: 1 }.into()).await);
    let channels = vec![OfferedChannel { channel: Channel::Sms, tan_info: "+41*****4567".to_owned() }];
    for summary in [None, Some("x".to_owned())] {
        let ticket = "sealed".to_owned();
        let requirement = Requirement { assurance: "token", ticket, summary, channels: channels.clone() };
        assert_keeps_promise("TanRequiredBody", &body_of(&Refusal::TanRequired(Box::new(requirement)).into()).await);
    }
}

#[test]
fn the_examples_of_requests_are_read() {
    let examples = |name: &str| {
        let found = schemas()[name]["examples"].as_array().unwrap_or_else(|| panic!("{name}")).clone();
        found.into_iter().map(|example| Body::parse(example.to_string().as_bytes()).ok().unwrap()).collect::<Vec<_>>()
    };
    assert!(examples("AccountPatch").iter().all(|body| AccountPatch::read(body).is_ok()));
    assert!(examples("CreateAccount").iter().all(|body| CreateAccount::read(body).is_ok()));
    assert!(examples("ConfirmRequest").iter().all(|body| ConfirmRequest::read(body).is_ok()));
    assert!(examples("RequestChallenge").iter().all(|body| RequestChallenge::read(body).is_ok()));
    assert!(examples("EnrolRequest").iter().all(|body| EnrolRequest::read(body, Channel::Sms).is_ok()));
    assert!(examples("PutAddress").iter().all(|body| PutAddress::read(body, Channel::Sms).is_ok()));
    assert!(examples("MintToken").iter().all(|body| MintToken::read(body).is_ok()));
}

#[test]
fn what_may_be_left_out_of_a_request_is_not_required() {
    let schemas = schemas();
    for (name, expected) in [
        ("AccountPatch", vec![]),
        ("ContactPatch", vec![]),
        ("CreateAccount", vec!["username"]),
        ("ConfirmRequest", vec!["tan"]),
        ("RequestChallenge", vec![]),
        ("EnrolRequest", vec![]),
        ("PutAddress", vec!["address"]),
        ("MintToken", vec!["scope"]),
    ] {
        assert_eq!(required(&schemas[name]), expected, "{name}");
    }
}

#[test]
fn a_moment_is_a_number_or_a_word() {
    let moment = &schemas()["Timestamp"];
    assert_eq!(required(moment), ["t_s"]);
    let kinds: Vec<_> =
        moment["properties"]["t_s"]["oneOf"].as_array().unwrap().iter().map(|kind| &kind["type"]).collect();
    assert_eq!(kinds, [&json!("integer"), &json!("string")]);
}

/// The number of the error that reading came to; zero where it came to none.
pub(super) fn code<T>(outcome: Result<T, ApiError>) -> u16 {
    outcome.err().map_or(0, |error| error.code().number())
}

/// A request's body.
pub(super) fn body(text: &str) -> Body {
    Body::parse(text.as_bytes()).ok().unwrap()
}
