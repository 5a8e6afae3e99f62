//! What operators do with accounts (`api.md` section 8).

use super::{Reply, created, no_content, ok};
use crate::{
    domain::{caller::Deed, username::Username},
    http::{
        call::Call,
        openapi::parameters::{AccountPath, AccountsPage, HistoryPage},
        query::{HistoryPage as Wanted, Page},
        wire::{
            account::{AccountList, AccountView, CreateAccount},
            history::ChallengeHistory,
            statistics::StatisticsView,
        },
    },
    service::{Created, NewAccount, WantedAccounts},
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
    call.permit(Deed::Operate, &Username::system())?;
    let new = NewAccount::from(CreateAccount::read(&call.object()?)?);
    let made = call.service.create_account(&call.caller, &new).await?;
    let account = AccountView::from(call.service.show_account(&call.caller, &new.username).await?);
    match made {
        Created::New => Ok(created(account)),
        Created::Same => Ok(ok(account)),
    }
}

/// Accounts, in the order of their names.
///
/// For operators. With `cursor`, accounts that were there when the first part was asked for are shown once each, whatever
/// is made meanwhile.
#[utoipa::path(
    get,
    path = "/accounts",
    tag = "operators",
    params(AccountsPage),
    responses((status = 200, description = "The accounts, their addresses in clear.", body = AccountList))
)]
pub async fn list_accounts(call: Call) -> Reply {
    let query = call.query()?;
    let Page { filter, limit, offset, behind } = Page::read(&query)?;
    let wanted = WantedAccounts { filter, behind: behind.as_ref(), offset, limit };
    Ok(ok(AccountList::from(call.service.list_accounts(&call.caller, &wanted).await?)))
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

/// An account's challenges, the newest first.
///
/// For operators who look into a complaint; also of an account that was deleted. Those that were removed for their age are
/// left out. No TAN, token or whole address is in them.
#[utoipa::path(
    get,
    path = "/accounts/{username}/challenges",
    tag = "operators",
    params(AccountPath, HistoryPage),
    responses((status = 200, description = "The challenges.", body = ChallengeHistory))
)]
pub async fn list_challenges(call: Call) -> Reply {
    let (username, query) = (call.username()?, call.query()?);
    let Wanted { limit, before } = Wanted::read(&query)?;
    let challenges = call.service.list_challenges(&call.caller, &username, before, limit).await?;
    Ok(ok(ChallengeHistory::from(challenges)))
}

/// What was sent, and what came of it.
///
/// For operators: the last hour and the last day, over all, by channel and by prefix.
#[utoipa::path(
    get,
    path = "/stats",
    tag = "operators",
    responses((status = 200, description = "The counts.", body = StatisticsView))
)]
pub async fn show_statistics(call: Call) -> Reply {
    Ok(ok(StatisticsView::from(call.service.statistics(&call.caller).await?)))
}
