//! The channels of an account (`api.md` sections 4 and 8).

use super::{Reply, accepted, no_content, ok, removed};
use crate::{
    domain::caller::Deed,
    http::{
        call::Call,
        openapi::parameters::{AccountPath, ChannelPath, Proof},
        wire::channel::{ChannelList, EnrolRequest, EnrolmentReply, PutAddress},
    },
};

/// The channels of an account.
#[utoipa::path(
    get,
    path = "/accounts/{username}/tan",
    tag = "channels",
    params(AccountPath),
    responses((status = 200, description = "Active channels, and those that wait for their proof.", body = ChannelList))
)]
pub async fn list_channels(call: Call) -> Reply {
    let username = call.username()?;
    let rows = call.service.list_channels(&call.caller, &username).await?;
    Ok(ok(ChannelList::from(rows)))
}

/// Enrol an address.
///
/// A protected operation for an account that has an active channel. A second enrolment voids the first.
#[utoipa::path(
    post,
    path = "/accounts/{username}/tan/{channel}",
    tag = "channels",
    params(AccountPath, ChannelPath, Proof),
    request_body = Option<EnrolRequest>,
    responses((status = 202, description = "A TAN went to the new address, which is in force once the challenge is confirmed.", body = EnrolmentReply))
)]
pub async fn enrol(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.channel(Deed::ChangeFactors)?;
    let wanted = EnrolRequest::read(&call.object_or_nothing()?, channel)?;
    let request = call.protected(&username)?;
    let enrolment = call.service.enrol(&call.caller, &username, channel, wanted.address.as_ref(), &request).await?;
    Ok(accepted(EnrolmentReply::from(enrolment)))
}

/// Put an address in force without a TAN.
///
/// For operators; it is audited.
#[utoipa::path(
    put,
    path = "/accounts/{username}/tan/{channel}",
    tag = "operators",
    params(AccountPath, ChannelPath),
    request_body = PutAddress,
    responses((status = 204, description = "The address is in force; the customer is told."))
)]
pub async fn set_address(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.channel(Deed::Operate)?;
    let wanted = PutAddress::read(&call.object()?, channel)?;
    call.service.set_address(&call.caller, &username, &wanted.address).await?;
    Ok(no_content())
}

/// Remove a channel.
///
/// A pending address goes first, freely; removing an active channel is a protected operation. Operators need no
/// proof.
#[utoipa::path(
    delete,
    path = "/accounts/{username}/tan/{channel}",
    tag = "channels",
    params(AccountPath, ChannelPath, Proof),
    responses((status = 204, description = "The pending address is gone, or else the channel; its address is told. `TAN-Warning` says what is no longer possible."))
)]
pub async fn remove_channel(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.channel(Deed::ChangeFactors)?;
    let request = call.protected(&username)?;
    let loss = call.service.remove_channel(&call.caller, &username, channel, &request).await?;
    Ok(removed(&loss))
}
