//! An account as its customer reaches it (`api.md` section 4).

use super::{Reply, accepted, no_content, ok, removed};
use crate::{
    domain::caller::Deed,
    http::{
        call::Call,
        openapi::parameters::{AccountPath, Proof},
        wire::{
            account::{AccountPatch, AccountView},
            channel::EnrolmentReply,
        },
    },
    service::Patched,
};

/// An account.
#[utoipa::path(
    get,
    path = "/accounts/{username}",
    tag = "accounts",
    params(AccountPath),
    responses((status = 200, description = "The account; addresses are masked for all but operators.", body = AccountView))
)]
pub async fn show_account(call: Call) -> Reply {
    let username = call.username()?;
    let account = call.service.show_account(&call.caller, &username).await?;
    Ok(ok(AccountView::from(account)))
}

/// Change contact data and language.
///
/// An address with an active channel behind it: its change and its removal are protected operations, and one
/// request changes one such address. Operators need no proof.
#[utoipa::path(
    patch,
    path = "/accounts/{username}",
    tag = "accounts",
    params(AccountPath, Proof),
    request_body = AccountPatch,
    responses((status = 204, description = "All is in force. `TAN-Warning` says what is no longer possible without a channel that was removed."), (status = 202, description = "A TAN went to the new address. The old one stays in force until it comes back.", body = EnrolmentReply))
)]
pub async fn patch_account(call: Call) -> Reply {
    let username = call.username()?;
    call.permit(Deed::ChangeFactors, &username)?;
    let patch = AccountPatch::read(&call.object()?)?.into();
    let request = call.protected(&username)?;
    match call.service.patch_account(&call.caller, &username, &patch, &request).await? {
        Patched::Done(loss) => Ok(removed(&loss)),
        Patched::Pending(enrolment) => Ok(accepted(EnrolmentReply::from(enrolment))),
    }
}

/// Delete an account.
///
/// A protected operation; operators and bank cores need no proof.
#[utoipa::path(
    delete,
    path = "/accounts/{username}",
    tag = "accounts",
    params(AccountPath, Proof),
    responses((status = 204, description = "The account is gone. Its name is not given out again."))
)]
pub async fn delete_account(call: Call) -> Reply {
    let username = call.username()?;
    let request = call.protected(&username)?;
    call.service.delete_account(&call.caller, &username, &request).await?;
    Ok(no_content())
}
