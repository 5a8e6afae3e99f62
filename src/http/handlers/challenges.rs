//! Challenges (`api.md` section 5).

use super::{Reply, no_content, ok};
use crate::{
    domain::tan::Candidate,
    http::{
        call::Call,
        wire::challenge::{ChallengeStatus, ChallengeView, ConfirmReply, ConfirmRequest, RequestChallenge},
    },
    service::ChallengeRequest,
};

/// Ask for a challenge.
pub async fn request_challenge(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.wanted_channel()?;
    let wanted = RequestChallenge::read(&call.object_or_nothing()?)?;
    let idempotency = call.idempotency(&username)?;
    let request = ChallengeRequest { channel, ticket: wanted.operation.as_deref(), idempotency };
    let challenge = call.service.request_challenge(&call.caller, &username, &request).await?;
    Ok(ok(ChallengeView::from(challenge)))
}

/// Where a challenge stands.
pub async fn watch_challenge(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.challenge_id()?);
    let challenge = call.service.watch_challenge(&call.caller, &username, id).await?;
    Ok(ok(ChallengeStatus::from(challenge)))
}

/// Send the TAN again.
pub async fn retransmit_challenge(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.challenge_id()?);
    let challenge = call.service.retransmit_challenge(&call.caller, &username, id).await?;
    Ok(ok(ChallengeView::from(challenge)))
}

/// Answer a challenge.
pub async fn confirm_challenge(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.challenge_id()?);
    let body = call.object()?;
    let sent = ConfirmRequest::read(&body)?;
    let candidate = Candidate::parse(sent.tan.reveal(), call.service.limits().tan_digits)
        .ok_or_else(|| body.malformed("tan", "must have the form of a TAN; no attempt was counted"))?;
    let confirmed = call.service.confirm_challenge(&call.caller, &username, id, &candidate).await?;
    Ok(ok(ConfirmReply::from(confirmed)))
}

/// Give a challenge up.
pub async fn abort_challenge(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.challenge_id()?);
    call.service.abort_challenge(&call.caller, &username, id).await?;
    Ok(no_content())
}
