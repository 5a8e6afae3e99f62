//! What operators do with accounts (`api.md` section 8).

use actix_web::HttpResponse;

use super::{Reply, no_content, ok};
use crate::{
    http::{
        call::Call,
        query::Page,
        wire::account::{AccountList, AccountView, CreateAccount},
    },
    service::{Created, NewAccount},
};

/// Make an account.
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
pub async fn list_accounts(call: Call) -> Reply {
    let query = call.query()?;
    let Page { filter, limit, offset } = Page::read(&query)?;
    let accounts = call.service.list_accounts(&call.caller, filter, limit, offset).await?;
    Ok(ok(AccountList::from(accounts)))
}

/// End every block of an account.
pub async fn unblock_account(call: Call) -> Reply {
    let username = call.username()?;
    call.service.unblock_account(&call.caller, &username).await?;
    Ok(no_content())
}
