//! The back channel: a bank core that holds and settles tokens itself (`api.md` section 6b).

use super::{Reply, no_content, ok};
use crate::{
    domain::{caller::Deed, username::Username},
    http::{
        call::Call,
        openapi::parameters::ReservationPath,
        wire::operation::{Ahead, Reserve, ReserveReply, TicketAhead},
    },
};

/// Hold a token for an operation.
///
/// Where a proof is missing, the 403 is for the bank core's client, to be relayed as it is.
#[utoipa::path(
    post,
    path = "/tokens/reserve",
    tag = "back channel",
    request_body = Reserve,
    responses((status = 200, description = "The token is held, or none is needed.", body = ReserveReply))
)]
pub async fn reserve(call: Call) -> Reply {
    call.permit(Deed::HoldToken, &Username::system())?;
    let wanted = Reserve::read(&call.object()?)?;
    let reserved = call.service.reserve(&call.caller, &wanted.operation()).await?;
    Ok(ok(ReserveReply::from(reserved)))
}

/// Reserve and commit in one.
///
/// For an operation that is done when this is answered.
#[utoipa::path(
    post,
    path = "/tokens/redeem",
    tag = "back channel",
    request_body = Reserve,
    responses((status = 200, description = "The token is spent, or none is needed.", body = ReserveReply))
)]
pub async fn redeem(call: Call) -> Reply {
    call.permit(Deed::HoldToken, &Username::system())?;
    let wanted = Reserve::read(&call.object()?)?;
    let redeemed = call.service.redeem(&call.caller, &wanted.operation()).await?;
    Ok(ok(ReserveReply::from(redeemed)))
}

/// The operation succeeded: its token is spent.
///
/// Again is the same. Also after the lease, while nobody else has the token.
#[utoipa::path(
    post,
    path = "/tokens/reservations/{reservation_id}/commit",
    tag = "back channel",
    params(ReservationPath),
    responses((status = 204, description = "The token is spent."))
)]
pub async fn commit(call: Call) -> Reply {
    call.service.commit(&call.caller, call.reservation()).await?;
    Ok(no_content())
}

/// The operation had no effect: its token is free again.
///
/// Again is the same. After a commit, or when another holds the token by now, nothing is changed. What was tried again
/// under the same key stays bound to that work: what became of the first try is still not known.
#[utoipa::path(
    post,
    path = "/tokens/reservations/{reservation_id}/release",
    tag = "back channel",
    params(ReservationPath),
    responses((status = 204, description = "This reservation is over."))
)]
pub async fn release(call: Call) -> Reply {
    call.service.release(&call.caller, call.reservation()).await?;
    Ok(no_content())
}

/// Ask for a ticket ahead of time.
///
/// Nothing is stored.
#[utoipa::path(
    post,
    path = "/operations",
    tag = "back channel",
    request_body = Ahead,
    responses((status = 200, description = "The ticket, and what would be asked for.", body = TicketAhead))
)]
pub async fn describe_operation(call: Call) -> Reply {
    call.permit(Deed::HoldToken, &Username::system())?;
    let wanted = Reserve::read_ahead(&call.object()?)?;
    let ahead = call.service.ticket_ahead(&call.caller, &wanted.operation()).await?;
    Ok(ok(TicketAhead::from(ahead)))
}
