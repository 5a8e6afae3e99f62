//! What each operation can answer with when it does not succeed: a list of codes here, and the words, statuses, bodies,
//! headers and examples out of the code that sends them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::{
    Content, ContentBuilder, OpenApi as Contract, Ref, RefOr, Response, ResponseBuilder, Schema,
    example::ExampleBuilder, schema::AnyOfBuilder,
};

use super::header;
use crate::http::{
    code::Code::{
        self, AccountBlocked, AddressInvalid, ChallengeExpired, ChallengeFailed, ChallengeNotFound, ChallengeSolved,
        ChannelExists, ChannelNotActive, ChannelNotSupported, ChannelScriptFailed, CompressionInvalid, EndpointUnknown,
        Forbidden, HeadersMalformed, IdempotencyMismatch, JsonInvalid, MissingTanInfo, ParameterMalformed,
        ParameterMissing, ReservationNotFound, TanRateLimited, TanRequired, TemporarilyUnavailable, TokenInvalid,
        TokenReserved, TokenWrongOperation, TransactionNotFound, Unauthorized, UnknownAccount, UploadExceedsLimit,
        UsernameReuse,
    },
    error::ApiError,
};

/// Of every request of someone known.
const CALLER: &[Code] = &[HeadersMalformed, ParameterMalformed, Unauthorized, Forbidden, TemporarilyUnavailable];
/// Of every request that needs no credentials and names an account.
const ANYONE: &[Code] = &[ParameterMalformed, TemporarilyUnavailable];
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
/// Where a TAN is tried.
const ANSWER: &[Code] = &[ChallengeFailed, ChallengeSolved, ChallengeExpired, TanRateLimited, AccountBlocked];

/// The codes of an operation; `None` for one that nobody has thought about.
pub(super) fn codes(operation: &str) -> Option<&'static [&'static [Code]]> {
    Some(match operation {
        "config" | "live" | "openapi_json" | "docs" => &[],
        "ready" => &[&[TemporarilyUnavailable]],
        "list_accounts" | "show_statistics" => &[CALLER],
        "create_account" => &[
            CALLER,
            BODY,
            MEMBER,
            &[AddressInvalid, UsernameReuse, MissingTanInfo, ChannelNotSupported, UnknownAccount],
        ],
        "show_account" | "list_channels" | "list_tokens" | "list_challenges" | "list_events" | "verify_events" => {
            &[CALLER, ACCOUNT]
        }
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
        "confirm_challenge" => &[CALLER, BODY, MEMBER, CHALLENGE, ANSWER],
        "transmit_taler" => &[ANYONE, BODY, SENDING, &[TransactionNotFound, ChallengeSolved]],
        "confirm_taler" => &[ANYONE, BODY, MEMBER, CHALLENGE, ANSWER],
        "mint_token" | "reserve" | "redeem" => &[CALLER, ACCOUNT, BODY, MEMBER, PROTECTED],
        "commit" | "release" => &[CALLER, BODY, &[ReservationNotFound]],
        "describe_operation" => &[CALLER, ACCOUNT, BODY, MEMBER],
        "step_up" => &[CALLER, BODY, PROTECTED],
        "log_out" => &[CALLER, BODY],
        "end_token" => &[CALLER, BODY, &[EndpointUnknown]],
        _ => return None,
    })
}

/// Adds to every operation what it answers with when it does not succeed.
pub(super) fn describe(contract: &mut Contract) {
    for operation in contract.paths.paths.values_mut().flat_map(super::operations) {
        let responses = &mut operation.responses.responses;
        let refusals = operation.operation_id.as_deref().and_then(codes).unwrap_or_default();
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in refusals.iter().copied().flatten() {
            by_status.entry(code.status().as_u16()).or_default().push(*code);
        }
        responses.extend(by_status.into_iter().map(|(status, codes)| (status.to_string(), response(&codes).into())));
    }
}

fn response(codes: &[Code]) -> Response {
    let lines = codes.iter().map(|code| format!("- `{}` {}: {}", code.number(), code.name(), code.hint()));
    let description = lines.collect::<Vec<_>>().join("\n");
    headers(codes)
        .fold(ResponseBuilder::new().description(description), |response, name| response.header_ref(name, header(name)))
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

/// The headers of a reply with one of these codes.
fn headers(codes: &[Code]) -> impl Iterator<Item = &'static str> {
    let told = codes.iter().any(|code| code.tells_when_to_retry()).then_some("Retry-After");
    let scheme = codes.contains(&Unauthorized).then_some("WWW-Authenticate");
    let assurance = codes.contains(&TanRequired).then_some("TAN-Required");
    told.into_iter().chain(scheme).chain(assurance)
}
