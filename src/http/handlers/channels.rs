//! The channels of an account (`api.md` sections 4 and 8).

use super::{Reply, accepted, no_content, ok};
use crate::{
    domain::caller::Deed,
    http::{
        call::Call,
        wire::channel::{ChannelList, EnrolRequest, EnrolmentReply, PutAddress},
    },
};

/// The channels of an account.
pub async fn list_channels(call: Call) -> Reply {
    let username = call.username()?;
    let rows = call.service.list_channels(&call.caller, &username).await?;
    Ok(ok(ChannelList::from(rows)))
}

/// Enrol an address.
pub async fn enrol(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.channel(Deed::ChangeFactors)?;
    let wanted = EnrolRequest::read(&call.object_or_nothing()?, channel)?;
    let request = call.protected(&username)?;
    let enrolment = call.service.enrol(&call.caller, &username, channel, wanted.address.as_ref(), &request).await?;
    Ok(accepted(EnrolmentReply::from(enrolment)))
}

/// Put an address in force without a TAN.
pub async fn set_address(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.channel(Deed::Operate)?;
    let wanted = PutAddress::read(&call.object()?, channel)?;
    call.service.set_address(&call.caller, &username, &wanted.address).await?;
    Ok(no_content())
}

/// Remove a channel.
pub async fn remove_channel(call: Call) -> Reply {
    let username = call.username()?;
    let channel = call.channel(Deed::ChangeFactors)?;
    let request = call.protected(&username)?;
    call.service.remove_channel(&call.caller, &username, channel, &request).await?;
    Ok(no_content())
}
