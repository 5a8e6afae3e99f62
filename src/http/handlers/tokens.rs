//! Access tokens of an account (`api.md` section 7).

use super::{Reply, no_content, ok};
use crate::http::{
    call::Call,
    wire::session::{MintToken, MintedToken, TokenList},
};

/// Make an access token.
pub async fn mint_token(call: Call) -> Reply {
    let username = call.username()?;
    let wish = MintToken::read(&call.object()?)?.into();
    let request = call.protected(&username)?;
    let minted = call.service.mint_token(&call.caller, &username, &wish, &request).await?;
    Ok(ok(MintedToken::from(minted)))
}

/// The access tokens of an account.
pub async fn list_tokens(call: Call) -> Reply {
    let username = call.username()?;
    let tokens = call.service.list_tokens(&call.caller, &username).await?;
    Ok(ok(TokenList::from(tokens)))
}

/// End an access token.
pub async fn end_token(call: Call) -> Reply {
    let (username, id) = (call.username()?, call.token_id()?);
    call.service.end_token(&call.caller, &username, id).await?;
    Ok(no_content())
}

/// Log out.
pub async fn log_out(call: Call) -> Reply {
    let username = call.username()?;
    call.service.log_out(&call.caller, &username).await?;
    Ok(no_content())
}
