//! An account as its customer reaches it (`api.md` section 4).

use super::{Reply, accepted, no_content, ok};
use crate::{
    http::{
        call::Call,
        wire::{
            account::{AccountPatch, AccountView},
            channel::EnrolmentReply,
        },
    },
    service::Patched,
};

/// An account.
pub async fn show_account(call: Call) -> Reply {
    let username = call.username()?;
    let account = call.service.show_account(&call.caller, &username).await?;
    Ok(ok(AccountView::from(account)))
}

/// Change contact data and language.
pub async fn patch_account(call: Call) -> Reply {
    let username = call.username()?;
    let patch = AccountPatch::read(&call.object()?)?.into();
    let request = call.protected(&username)?;
    match call.service.patch_account(&call.caller, &username, &patch, &request).await? {
        Patched::Done => Ok(no_content()),
        Patched::Pending(enrolment) => Ok(accepted(EnrolmentReply::from(enrolment))),
    }
}

/// Delete an account.
pub async fn delete_account(call: Call) -> Reply {
    let username = call.username()?;
    let request = call.protected(&username)?;
    call.service.delete_account(&call.caller, &username, &request).await?;
    Ok(no_content())
}
