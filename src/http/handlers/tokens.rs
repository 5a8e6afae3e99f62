//! Access tokens of an account (`api.md` section 7).

use super::{Reply, no_content, ok};
use crate::{
    domain::caller::Deed,
    http::{
        call::Call,
        openapi::parameters::{AccountPath, Proof, TokenPath},
        wire::session::{MintToken, MintedToken, SteppedUp, TokenList},
    },
};

/// Make an access token.
///
/// By a bank core: a log-in token. By the account itself: an API token, which is a protected operation.
#[utoipa::path(
    post,
    path = "/accounts/{username}/token",
    tag = "tokens",
    params(AccountPath, Proof),
    request_body = MintToken,
    responses((status = 200, description = "The token, shown once.", body = MintedToken))
)]
pub async fn mint_token(call: Call) -> Reply {
    let username = call.username()?;
    call.permit(Deed::MintToken, &username)?;
    let wish = MintToken::read(&call.object()?)?.into();
    let request = call.protected(&username)?;
    let minted = call.service.mint_token(&call.caller, &username, &wish, &request).await?;
    Ok(ok(MintedToken::from(minted)))
}

/// Step this session up.
///
/// A protected operation: the one-shot token is spent. For a while, at most as long as the session lasts, what asks for no
/// more than a session asks this one for nothing else. For a log-in of scope `readwrite` alone.
#[utoipa::path(
    post,
    path = "/accounts/{username}/session/step-up",
    tag = "tokens",
    params(AccountPath, Proof),
    responses((status = 200, description = "The credential of this request is stepped up.", body = SteppedUp))
)]
pub async fn step_up(call: Call) -> Reply {
    let username = call.username()?;
    call.permit(Deed::StepUp, &username)?;
    let request = call.protected(&username)?;
    let until = call.service.step_up(&call.caller, &username, &request).await?;
    Ok(ok(SteppedUp { mfa: true, mfa_expiration: until.into() }))
}

/// The access tokens of an account.
#[utoipa::path(
    get,
    path = "/accounts/{username}/tokens",
    tag = "tokens",
    params(AccountPath),
    responses((status = 200, description = "The tokens, without their secrets.", body = TokenList))
)]
pub async fn list_tokens(call: Call) -> Reply {
    let username = call.username()?;
    let tokens = call.service.list_tokens(&call.caller, &username).await?;
    Ok(ok(TokenList::from(tokens)))
}

/// End an access token.
#[utoipa::path(
    delete,
    path = "/accounts/{username}/tokens/{token_id}",
    tag = "tokens",
    params(AccountPath, TokenPath),
    responses((status = 204, description = "The token is dead, and with it its open challenges and unspent one-shot tokens."))
)]
pub async fn end_token(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.token_id()?);
    call.service.end_token(&call.caller, &username, id).await?;
    Ok(no_content())
}

/// Log out.
#[utoipa::path(
    delete,
    path = "/accounts/{username}/token",
    tag = "tokens",
    params(AccountPath),
    responses((status = 204, description = "The token that called is dead, and with it its open challenges and unspent one-shot tokens."))
)]
pub async fn log_out(call: Call) -> Reply {
    let username = call.username()?;
    call.service.log_out(&call.caller, &username).await?;
    Ok(no_content())
}
