//! What operators do with accounts (`api.md` section 8).

use actix_web::HttpResponse;

use super::{Reply, no_content, ok};
use crate::{
    http::{
        call::Call,
        openapi::parameters::{AccountPath, AccountsPage},
        query::Page,
        wire::account::{AccountList, AccountView, CreateAccount},
    },
    service::{Created, NewAccount},
};

/// Make an account.
///
/// For operators. Channels that are named are active at once; each needs its address in `contact_data`.
#[utoipa::path(
    post,
    path = "/accounts",
    tag = "operators",
    request_body = CreateAccount,
    responses((status = 201, description = "The account was made.", body = AccountView), (status = 200, description = "The account is there, with the same data.", body = AccountView))
)]
pub async fn create_account(call: Call) -> Reply {
    let new = NewAccount::from(CreateAccount::read(&call.object()?)?);
    let created = call.service.create_account(&call.caller, &new).await?;
    let account = AccountView::from(call.service.show_account(&call.caller, &new.username).await?);
    match created {
        Created::New => Ok(HttpResponse::Created().json(account)),
        Created::Same => Ok(ok(account)),
    }
}

/// Accounts, in the order of their names.
///
/// For operators.
#[utoipa::path(
    get,
    path = "/accounts",
    tag = "operators",
    params(AccountsPage),
    responses((status = 200, description = "The accounts, their addresses in clear.", body = AccountList))
)]
pub async fn list_accounts(call: Call) -> Reply {
    let query = call.query()?;
    let Page { filter, limit, offset } = Page::read(&query)?;
    let accounts = call.service.list_accounts(&call.caller, filter, limit, offset).await?;
    Ok(ok(AccountList::from(accounts)))
}

/// End every block of an account.
///
/// For operators.
#[utoipa::path(
    post,
    path = "/accounts/{username}/unblock",
    tag = "operators",
    params(AccountPath),
    responses((status = 204, description = "The account is not blocked, and its count of wrong TANs begins anew."))
)]
pub async fn unblock_account(call: Call) -> Reply {
    let username = call.username()?;
    call.service.unblock_account(&call.caller, &username).await?;
    Ok(no_content())
}
