//! What a refusal of the rules and a failure of a use case are on the wire. Every variant is written out: a new one does
//! not compile until someone has decided its status.

use std::time::Duration;

use serde_json::{Value, json};

use super::{code::Code, error::ApiError};
use crate::{
    domain::refusal::{OfferedChannel, Refusal, Requirement},
    service::Failure,
};

/// What a caller is told to wait when nobody knows how long something stays away.
const UNAVAILABLE_FOR: Duration = Duration::from_secs(5);

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Forbidden => Self::new(Code::Forbidden),
            Refusal::FirstByOperator => {
                Self::new(Code::Forbidden).detail("The first channel of an account is set up by the bank here: ask it.")
            }
            Refusal::LogInElsewhere => Self::new(Code::Forbidden)
                .detail("No log-in token is made here: customers log in where they are known."),
            Refusal::UnknownAccount => Self::new(Code::UnknownAccount),
            Refusal::UsernameTaken => Self::new(Code::UsernameReuse),
            Refusal::NoAddress => Self::new(Code::MissingTanInfo),
            Refusal::RateLimited { limit, retry_after } => {
                Self::new(Code::TanRateLimited).member("limit", limit).retry_after(retry_after)
            }
            Refusal::ChannelNotSupported => Self::new(Code::ChannelNotSupported),
            Refusal::ChannelNotActive => Self::new(Code::ChannelNotActive),
            Refusal::ChallengeNotFound => Self::new(Code::ChallengeNotFound),
            Refusal::TransactionNotFound => Self::new(Code::TransactionNotFound),
            Refusal::ReservationNotFound => Self::new(Code::ReservationNotFound),
            Refusal::ChallengeExpired => Self::new(Code::ChallengeExpired),
            Refusal::WrongTan { attempts_left } => {
                Self::new(Code::ChallengeFailed).member("attempts_left", attempts_left)
            }
            Refusal::ChallengeSolved => Self::new(Code::ChallengeSolved),
            Refusal::TanRequired(requirement) => tan_required(*requirement),
            Refusal::TokenInvalid => Self::new(Code::TokenInvalid),
            Refusal::TokenWrongOperation => Self::new(Code::TokenWrongOperation),
            Refusal::TokenReserved { retry_after } => Self::new(Code::TokenReserved).retry_after(retry_after),
            Refusal::AccountBlocked { retry_after } => Self::new(Code::AccountBlocked).retry_after(retry_after),
            Refusal::ChannelExists => Self::new(Code::ChannelExists),
            Refusal::AddressInvalid(trouble) => Self::new(Code::AddressInvalid).detail(trouble.to_string()),
            Refusal::IdempotencyMismatch => Self::new(Code::IdempotencyMismatch),
            Refusal::IdempotencyRunning { retry_after } => {
                Self::new(Code::TemporarilyUnavailable).retry_after(retry_after)
            }
            Refusal::AccessTokenNotFound => Self::new(Code::EndpointUnknown),
            Refusal::Parameter { name, trouble } => parameter(name, trouble),
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Unauthenticated => Self::new(Code::Unauthorized),
            Failure::HandOver => Self::new(Code::ChannelScriptFailed),
            Failure::Busy { retry_after } | Failure::SourceResting { retry_after } => {
                Self::new(Code::TemporarilyUnavailable).retry_after(retry_after)
            }
            Failure::Unavailable => Self::new(Code::TemporarilyUnavailable).retry_after(UNAVAILABLE_FOR),
        }
    }
}

/// 400/26 for what was well-formed and still cannot be served; `trouble` is a sentence.
fn parameter(name: &'static str, trouble: &str) -> ApiError {
    ApiError::new(Code::ParameterMalformed).hint(format!("\"{name}\": {trouble}")).detail(name)
}

/// 403/10002: the header and the body of `api.md` section 6.
fn tan_required(requirement: Requirement) -> ApiError {
    let Requirement { assurance, ticket, summary, channels } = requirement;
    let channels: Vec<Value> = channels.into_iter().map(offered).collect();
    let error = ApiError::new(Code::TanRequired)
        .assurance(assurance)
        .member("operation", ticket)
        .member("assurance", assurance)
        .member("tan_channels", channels);
    match summary {
        Some(summary) => error.member("summary", summary),
        None => error,
    }
}

fn offered(OfferedChannel { channel, tan_info }: OfferedChannel) -> Value {
    json!({"tan_channel": channel.name(), "tan_info": tan_info})
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;

    use super::*;
    use crate::{
        domain::{address::AddressError, channel::Channel},
        http::error::tests::body_of,
    };

    const WAIT: Duration = Duration::from_millis(1500);

    fn requirement(summary: Option<String>) -> Refusal {
        let channels = vec![OfferedChannel { channel: Channel::Sms, tan_info: "+41*****4567".to_owned() }];
        let ticket = "sealed".to_owned();
        Refusal::TanRequired(Box::new(Requirement { assurance: "bound", ticket, summary, channels }))
    }

    fn every_refusal() -> Vec<(Refusal, u16, u16)> {
        vec![
            (Refusal::Forbidden, 403, 44),
            (Refusal::FirstByOperator, 403, 44),
            (Refusal::LogInElsewhere, 403, 44),
            (Refusal::UnknownAccount, 404, 5106),
            (Refusal::UsernameTaken, 409, 5121),
            (Refusal::NoAddress, 409, 5129),
            (Refusal::RateLimited { limit: "open_challenges", retry_after: WAIT }, 429, 5131),
            (Refusal::ChannelNotSupported, 409, 5132),
            (Refusal::ChannelNotActive, 404, 5132),
            (Refusal::ChallengeNotFound, 404, 5143),
            (Refusal::TransactionNotFound, 404, 5107),
            (Refusal::ReservationNotFound, 404, 10010),
            (Refusal::ChallengeExpired, 409, 5144),
            (Refusal::WrongTan { attempts_left: 2 }, 409, 5134),
            (Refusal::ChallengeSolved, 410, 10001),
            (requirement(None), 403, 10002),
            (Refusal::TokenInvalid, 403, 10003),
            (Refusal::TokenWrongOperation, 403, 10004),
            (Refusal::TokenReserved { retry_after: WAIT }, 409, 10005),
            (Refusal::AccountBlocked { retry_after: WAIT }, 429, 10006),
            (Refusal::ChannelExists, 409, 10007),
            (Refusal::AddressInvalid(AddressError::NotE164), 400, 10008),
            (Refusal::IdempotencyMismatch, 422, 10009),
            (Refusal::IdempotencyRunning { retry_after: WAIT }, 503, 10090),
            (Refusal::AccessTokenNotFound, 404, 21),
            (Refusal::Parameter { name: "tan", trouble: "It is none." }, 400, 26),
        ]
    }

    #[actix_web::test]
    async fn every_refusal_has_the_status_and_the_code_of_the_contract() {
        for (refusal, status, code) in every_refusal() {
            let error = ApiError::from(refusal);
            assert_eq!(error.status_code().as_u16(), status, "{error}");
            assert_eq!(body_of(&error).await["code"], code, "{error}");
            if matches!(status, 429 | 503) || code == 10005 {
                assert_eq!(error.error_response().headers().get("Retry-After").unwrap(), "2", "{error}");
            }
        }
    }

    #[actix_web::test]
    async fn every_failure_has_the_status_and_the_code_of_the_contract() {
        let failures = [
            (Failure::from(Refusal::Forbidden), 403, 44),
            (Failure::Unauthenticated, 401, 40),
            (Failure::HandOver, 502, 5133),
            (Failure::Busy { retry_after: WAIT }, 503, 10090),
            (Failure::SourceResting { retry_after: WAIT }, 503, 10090),
            (Failure::Unavailable, 503, 10090),
        ];
        for (failure, status, code) in failures {
            let error = ApiError::from(failure);
            assert_eq!((error.status_code().as_u16(), error.code().number()), (status, code));
        }
    }

    #[actix_web::test]
    async fn refusals_carry_the_members_that_the_contract_names() {
        let limited = ApiError::from(Refusal::RateLimited { limit: "account_per_day", retry_after: WAIT });
        assert_eq!(body_of(&limited).await["limit"], "account_per_day");
        assert_eq!(body_of(&Refusal::WrongTan { attempts_left: 2 }.into()).await["attempts_left"], 2);
        let address = body_of(&Refusal::AddressInvalid(AddressError::NotAMailbox).into()).await;
        assert_eq!(address["detail"], AddressError::NotAMailbox.to_string());
        let parameter = body_of(&Refusal::Parameter { name: "tan", trouble: "It is none." }.into()).await;
        assert_eq!(parameter, json!({"code": 26, "hint": "\"tan\": It is none.", "detail": "tan"}));
    }

    #[actix_web::test]
    async fn a_missing_proof_is_answered_with_the_ticket_and_the_channels() {
        let error = ApiError::from(requirement(Some("Transfer CHF 10".to_owned())));
        assert_eq!(error.error_response().headers().get("TAN-Required").unwrap(), "bound");
        let mut body = body_of(&error).await;
        body.as_object_mut().unwrap().remove("hint").unwrap();
        assert_eq!(
            body,
            json!({"code": 10002, "operation": "sealed", "assurance": "bound", "summary": "Transfer CHF 10",
                   "tan_channels": [{"tan_channel": "sms", "tan_info": "+41*****4567"}]})
        );
        assert_eq!(body_of(&requirement(None).into()).await.get("summary"), None);
    }
}
