//! Taler's flow, for clients that know no other (`api.md` section 6c): at the gateway's listener, without credentials.
//!
//! The id of a challenge is unguessable: who has it was there when it was offered.

use actix_web::HttpRequest;

use super::{Reply, no_content, ok};
use crate::{
    domain::{refusal::Refusal, tan::Candidate},
    http::{
        accept_language,
        call::{Open, Sent},
        error::ApiError,
        openapi::parameters::{AccountPath, TalerPath},
        path,
        wire::{
            challenge::ConfirmRequest,
            taler::{TalerOffer, TalerTransmission},
        },
    },
    service::{Failure, TalerChallenge},
};

/// Send the TAN of one of Taler's challenges.
///
/// Once its attempts are exhausted, a fresh TAN is sent at once.
#[utoipa::path(
    post,
    path = "/accounts/{username}/challenge/{challenge_id}",
    tag = "Taler",
    params(AccountPath, TalerPath),
    security(()),
    responses((status = 200, description = "The message was handed over.", body = TalerTransmission))
)]
pub async fn transmit_taler(open: Open, request: HttpRequest, sent: Sent) -> Reply {
    let username = path::username(&request)?;
    sent.0.object_or_nothing()?;
    let challenge = open
        .0
        .transmit_taler(&username, path::segment(&request, "challenge_id"), &accept_language::languages(&request))
        .await?;
    Ok(ok(TalerTransmission::from(challenge)))
}

/// Answer one of Taler's challenges.
///
/// The id is then the proof: send the request again with it in `Taler-Challenge-Ids`.
#[utoipa::path(
    post,
    path = "/accounts/{username}/challenge/{challenge_id}/confirm",
    tag = "Taler",
    params(AccountPath, TalerPath),
    security(()),
    request_body = ConfirmRequest,
    responses((status = 204, description = "The challenge is solved."))
)]
pub async fn confirm_taler(open: Open, request: HttpRequest, sent: Sent) -> Reply {
    let username = path::username(&request)?;
    let body = sent.0.object()?;
    let answer = ConfirmRequest::read(&body)?;
    let candidate = Candidate::parse(answer.tan.reveal(), open.0.limits().tan_digits)
        .ok_or_else(|| body.malformed("tan", "must have the form of a TAN; no attempt was counted"))?;
    let confirmed = open.0.confirm_taler(&username, path::segment(&request, "challenge_id"), &candidate).await;
    confirmed.map_err(refused)?;
    Ok(no_content())
}

/// What a request is answered with whose proof Taler's clients are asked for: 202.
#[must_use]
pub fn challenged(challenges: Vec<TalerChallenge>) -> actix_web::HttpResponse {
    super::accepted(TalerOffer::from(challenges))
}

/// Taler's clients read how many tries are left under another name.
fn refused(failure: Failure) -> ApiError {
    match failure {
        Failure::Refused(Refusal::WrongTan { attempts_left }) => {
            ApiError::from(failure).member("retry_counter", attempts_left)
        }
        failure => failure.into(),
    }
}
