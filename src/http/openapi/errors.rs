//! What each operation can answer with when it does not succeed: a list of codes here, and the words, statuses, bodies,
//! headers and examples out of the code that sends them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::{
    Content, ContentBuilder, Header, HeaderBuilder, OpenApi as Contract, Ref, RefOr, Response, ResponseBuilder, Schema,
    example::ExampleBuilder,
    path::{Operation, PathItem},
    schema::{AnyOfBuilder, ObjectBuilder, Type},
};

use crate::http::{
    code::Code::{
        self, AccountBlocked, AddressInvalid, ChallengeExpired, ChallengeFailed, ChallengeNotFound, ChallengeSolved,
        ChannelExists, ChannelNotActive, ChannelNotSupported, ChannelScriptFailed, CompressionInvalid, EndpointUnknown,
        Forbidden, HeadersMalformed, IdempotencyMismatch, JsonInvalid, MissingTanInfo, ParameterMalformed,
        ParameterMissing, TanRateLimited, TanRequired, TemporarilyUnavailable, TokenInvalid, TokenReserved,
        TokenWrongOperation, Unauthorized, UnknownAccount, UploadExceedsLimit, UsernameReuse,
    },
    error::ApiError,
};

/// Of every request of someone known.
const CALLER: &[Code] = &[HeadersMalformed, ParameterMalformed, Unauthorized, Forbidden, TemporarilyUnavailable];
/// Where operators and bank cores may call as well.
const ACCOUNT: &[Code] = &[UnknownAccount];
/// Where a body may come.
const BODY: &[Code] = &[JsonInvalid, CompressionInvalid, UploadExceedsLimit];
/// Where a member is needed.
const MEMBER: &[Code] = &[ParameterMissing];
/// Of protected operations.
const PROTECTED: &[Code] = &[TanRequired, TokenInvalid, TokenWrongOperation, TokenReserved];
/// Where a message is sent.
const SENDING: &[Code] = &[ChannelNotSupported, TanRateLimited, AccountBlocked, ChannelScriptFailed];
/// Where a challenge is named.
const CHALLENGE: &[Code] = &[ChallengeNotFound];

/// The codes of an operation; `None` for one that nobody has thought about.
pub(super) fn codes(operation: &str) -> Option<&'static [&'static [Code]]> {
    Some(match operation {
        "config" | "live" | "openapi_json" | "docs" => &[],
        "ready" => &[&[TemporarilyUnavailable]],
        "list_accounts" => &[CALLER],
        "create_account" => &[
            CALLER,
            BODY,
            MEMBER,
            &[AddressInvalid, UsernameReuse, MissingTanInfo, ChannelNotSupported, UnknownAccount],
        ],
        "show_account" | "list_channels" | "list_tokens" => &[CALLER, ACCOUNT],
        "patch_account" => &[CALLER, ACCOUNT, BODY, &[AddressInvalid], PROTECTED, SENDING],
        "delete_account" => &[CALLER, ACCOUNT, BODY, PROTECTED],
        "unblock_account" => &[CALLER, ACCOUNT, BODY],
        "enrol" => &[CALLER, ACCOUNT, BODY, &[AddressInvalid, MissingTanInfo, ChannelExists], PROTECTED, SENDING],
        "set_address" => &[CALLER, ACCOUNT, BODY, MEMBER, &[AddressInvalid, ChannelNotSupported]],
        "remove_channel" => &[CALLER, ACCOUNT, BODY, PROTECTED, &[ChannelNotActive]],
        "request_challenge" => &[CALLER, BODY, SENDING, &[ChallengeExpired, IdempotencyMismatch]],
        "watch_challenge" => &[CALLER, ACCOUNT, CHALLENGE],
        "abort_challenge" => &[CALLER, BODY, CHALLENGE, &[TokenReserved]],
        "retransmit_challenge" => &[CALLER, BODY, CHALLENGE, SENDING, &[ChallengeSolved, ChallengeExpired]],
        "confirm_challenge" => &[
            CALLER,
            BODY,
            MEMBER,
            CHALLENGE,
            &[ChallengeFailed, ChallengeSolved, ChallengeExpired, TanRateLimited, AccountBlocked],
        ],
        "mint_token" => &[CALLER, ACCOUNT, BODY, MEMBER, PROTECTED],
        "log_out" => &[CALLER, BODY],
        "end_token" => &[CALLER, BODY, &[EndpointUnknown]],
        _ => return None,
    })
}

/// Adds to every operation what it answers with when it does not succeed, and to every response its request id.
pub(super) fn describe(contract: &mut Contract) {
    for operation in contract.paths.paths.values_mut().flat_map(operations) {
        let responses = &mut operation.responses.responses;
        let refusals = operation.operation_id.as_deref().and_then(codes).unwrap_or_default();
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in refusals.iter().copied().flatten() {
            by_status.entry(code.status().as_u16()).or_default().push(*code);
        }
        responses.extend(by_status.into_iter().map(|(status, codes)| (status.to_string(), response(&codes).into())));
        for response in responses.values_mut() {
            if let RefOr::T(response) = response {
                let id = text_header("Names the request: the caller's own name for it, if it sent a sane one.");
                response.headers.insert("X-Request-Id".to_owned(), id.into());
            }
        }
    }
}

/// The operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn response(codes: &[Code]) -> Response {
    let lines = codes.iter().map(|code| format!("- `{}` {}: {}", code.number(), code.name(), code.hint()));
    let description = lines.collect::<Vec<_>>().join("\n");
    headers(codes)
        .into_iter()
        .fold(ResponseBuilder::new().description(description), |response, (name, header)| response.header(name, header))
        .content("application/json", content(codes))
        .build()
}

fn content(codes: &[Code]) -> Content {
    let examples = codes.iter().map(|code| {
        let example = ExampleBuilder::new().summary(code.hint()).value(Some(example(*code)));
        (code.name(), example.build())
    });
    ContentBuilder::new().schema(Some(schema(codes))).examples_from_iter(examples).build()
}

/// One body, or any of several: those of some codes have more members.
fn schema(codes: &[Code]) -> RefOr<Schema> {
    let mut names: Vec<&str> = codes.iter().copied().map(body_name).collect();
    names.sort_unstable();
    names.dedup();
    match *names {
        [name] => Ref::from_schema_name(name).into(),
        _ => names.into_iter().fold(AnyOfBuilder::new(), |any, name| any.item(Ref::from_schema_name(name))).into(),
    }
}

const fn body_name(code: Code) -> &'static str {
    match code {
        TanRequired => "TanRequiredBody",
        ChallengeFailed => "WrongTanBody",
        TanRateLimited => "RateLimitedBody",
        _ => "ErrorBody",
    }
}

/// The body as it is sent, with the members that this code has.
fn example(code: Code) -> Value {
    let error = ApiError::new(code);
    let error = match code {
        TanRequired => error
            .member("operation", "v1.c2VhbGVk")
            .member("assurance", "token")
            .member("tan_channels", json!([{"tan_channel": "sms", "tan_info": "+41*****4567"}])),
        ChallengeFailed => error.member("attempts_left", 2),
        TanRateLimited => error.member("limit", "retransmission_period"),
        _ => error,
    };
    json!(error)
}

fn headers(codes: &[Code]) -> Vec<(&'static str, Header)> {
    let mut headers = Vec::new();
    if codes.iter().any(|code| code.tells_when_to_retry()) {
        headers.push(("Retry-After", header("Seconds to wait before trying again.", Type::Integer)));
    }
    if codes.contains(&Unauthorized) {
        headers.push(("WWW-Authenticate", text_header("`Bearer`.")));
    }
    if codes.contains(&TanRequired) {
        headers.push(("TAN-Required", text_header("With 10002: the assurance that is asked for.")));
    }
    headers
}

fn text_header(description: &str) -> Header {
    header(description, Type::String)
}

fn header(description: &str, kind: Type) -> Header {
    let schema = ObjectBuilder::new().schema_type(kind);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}
