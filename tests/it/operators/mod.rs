//! The operators' API (`api.md` section 8): what it shows, what it never shows, who is named for what it does, and where it
//! is.

mod challenges;
mod deeds;
mod listener;
mod lists;
mod secrets;
mod statistics;
mod tokens;

use tanager::{domain::caller::Scope, service::TokenRequest};

use crate::app::{Client, TestApp};

/// A further operator of that name, and how the trail calls him.
async fn operator(app: &TestApp, name: &str) -> (Client, String) {
    let description = Some(name.to_owned());
    let wish = TokenRequest { scope: Scope::Admin, duration: None, description, operations: Vec::new() };
    let minted = app.running.service().issue_token("test", None, &wish).await.unwrap();
    (app.admin.with_token(minted.secret.reveal()), format!("operator:{}:{name}", minted.token.id))
}
