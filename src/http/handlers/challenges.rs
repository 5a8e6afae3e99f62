//! Challenges (`api.md` section 5).

use super::{Reply, no_content, ok};
use crate::{
    domain::{caller::Deed, tan::Candidate},
    http::{
        call::Call,
        openapi::parameters::{AccountPath, Attempt, ChallengePath, WantedChannelPath},
        wire::challenge::{ChallengeStatus, ChallengeView, ConfirmReply, ConfirmRequest, RequestChallenge},
    },
    service::ChallengeRequest,
};

/// Ask for a challenge.
///
/// With the ticket out of a 403/10002 its token will be bound to that operation; without, to none.
#[utoipa::path(
    post,
    path = "/accounts/{username}/tan/challenge/{challenge}",
    tag = "challenges",
    params(AccountPath, WantedChannelPath, Attempt),
    request_body = Option<RequestChallenge>,
    responses((status = 200, description = "The message was handed over.", body = ChallengeView))
)]
pub async fn request_challenge(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.wanted_channel()?;
    let wanted = RequestChallenge::read(&call.object_or_nothing()?)?;
    let idempotency = call.idempotency(&username)?;
    let request =
        ChallengeRequest { channel, ticket: wanted.operation.as_deref(), idempotency, language: call.language() };
    let challenge = call.service.request_challenge(&call.caller, &username, &request).await?;
    Ok(ok(ChallengeView::from(challenge)))
}

/// Where a challenge stands.
#[utoipa::path(
    get,
    path = "/accounts/{username}/tan/challenge/{challenge}",
    tag = "challenges",
    params(AccountPath, ChallengePath),
    responses((status = 200, description = "The challenge, and how far it is.", body = ChallengeStatus))
)]
pub async fn watch_challenge(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.challenge_id()?);
    let challenge = call.service.watch_challenge(&call.caller, &username, id).await?;
    Ok(ok(ChallengeStatus::from(challenge)))
}

/// Send the TAN again.
///
/// The same TAN, until it was exhausted or ran out; then a fresh one, and the old one is dead.
#[utoipa::path(
    post,
    path = "/accounts/{username}/tan/challenge/{challenge}/retransmit",
    tag = "challenges",
    params(AccountPath, ChallengePath),
    responses((status = 200, description = "The message was handed over.", body = ChallengeView))
)]
pub async fn retransmit_challenge(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.challenge_id()?);
    let challenge = call.service.retransmit_challenge(&call.caller, &username, id).await?;
    Ok(ok(ChallengeView::from(challenge)))
}

/// Answer a challenge.
///
/// What has not the form of a TAN costs no attempt.
#[utoipa::path(
    post,
    path = "/accounts/{username}/tan/challenge/{challenge}/confirm",
    tag = "challenges",
    params(AccountPath, ChallengePath),
    request_body = ConfirmRequest,
    responses((status = 200, description = "A one-shot token, shown once; for a challenge that proves a new address, that this is active.", body = ConfirmReply))
)]
pub async fn confirm_challenge(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.challenge_id()?);
    call.permit(Deed::Prove, &username)?;
    let body = call.object()?;
    let sent = ConfirmRequest::read(&body)?;
    let candidate = Candidate::parse(sent.tan.reveal(), call.service.limits().tan_digits)
        .ok_or_else(|| body.malformed("tan", "must have the form of a TAN; no attempt was counted"))?;
    let confirmed = call.service.confirm_challenge(&call.caller, &username, id, &candidate).await?;
    Ok(ok(ConfirmReply::from(confirmed)))
}

/// Give a challenge up.
///
/// Again is the same.
#[utoipa::path(
    delete,
    path = "/accounts/{username}/tan/challenge/{challenge}",
    tag = "challenges",
    params(AccountPath, ChallengePath),
    responses((status = 204, description = "The TAN and the unspent token are dead. The cool-down stays."))
)]
pub async fn abort_challenge(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.challenge_id()?);
    call.service.abort_challenge(&call.caller, &username, id).await?;
    Ok(no_content())
}
