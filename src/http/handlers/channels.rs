//! The channels of an account (`api.md` sections 4 and 8).

use super::{Reply, accepted, created, no_content, ok, removed};
use crate::{
    domain::{caller::Deed, channel::Channel},
    http::{
        call::Call,
        openapi::parameters::{AccountPath, ChannelPath, DeviceQuery, Proof},
        wire::channel::{ChannelList, EnrolRequest, EnrolmentReply, PutAddress, RecoveryCodesReply, removed_device},
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
    let listing = call.service.list_channels(&call.caller, &username).await?;
    Ok(ok(ChannelList::from(listing)))
}

/// Enrol an address or an authenticator app, or make recovery codes.
///
/// A protected operation for an account that has an active channel. A second enrolment voids the first. The secret of an
/// app and the codes are in this one reply, and for customers alone: operators are refused. New codes replace the old.
#[utoipa::path(
    post,
    path = "/accounts/{username}/tan/{channel}",
    tag = "channels",
    params(AccountPath, ChannelPath, Proof),
    request_body = Option<EnrolRequest>,
    responses(
        (status = 202, description = "A TAN went to the new address, or the new app shows one: it is in force once the challenge is confirmed.", body = EnrolmentReply),
        (status = 201, description = "The recovery codes are in force, and every earlier one is dead.", body = RecoveryCodesReply),
    )
)]
pub async fn enrol(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.channel(Deed::ChangeFactors)?;
    let wanted = EnrolRequest::read(&call.object_or_nothing()?, channel)?;
    let request = call.protected(&username)?;
    let (service, caller) = (&call.service, &call.caller);
    Ok(match channel {
        Channel::Sms | Channel::Email => {
            let address = wanted.address.as_ref();
            accepted(EnrolmentReply::from(service.enrol(caller, &username, channel, address, &request).await?))
        }
        Channel::Totp => {
            accepted(EnrolmentReply::from(service.enrol_device(caller, &username, &wanted.name, &request).await?))
        }
        Channel::Recovery => {
            created(RecoveryCodesReply::from(service.make_recovery_codes(caller, &username, &request).await?))
        }
    })
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
/// A pending address or authenticator app goes first, freely; removing what is in force is a protected operation.
/// Operators need no proof.
#[utoipa::path(
    delete,
    path = "/accounts/{username}/tan/{channel}",
    tag = "channels",
    params(AccountPath, ChannelPath, DeviceQuery, Proof),
    responses((status = 204, description = "What was pending is gone, or else the channel. A removed address is told; of apps and codes every address is. `TAN-Warning` says what is no longer possible."))
)]
pub async fn remove_channel(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.channel(Deed::ChangeFactors)?;
    let device = removed_device(&call.query()?, channel)?;
    let request = call.protected(&username)?;
    let loss = call.service.remove_channel(&call.caller, &username, channel, device.as_ref(), &request).await?;
    Ok(removed(&loss))
}
