//! One function a route: who calls, what is asked, one step of the ledger, the answer.

mod accounts;
mod money;
mod tokens;

use actix_web::{HttpResponse, Route, web};
use serde_json::{Value, json};

use super::{Bank, amount::CURRENCY, form, refusal::Refusal};
use crate::domain::time::Timestamp;

/// How a handler ends.
type Reply = Result<HttpResponse, Refusal>;

/// Mounts every route of the bank.
pub fn mount(routes: &mut web::ServiceConfig) {
    routes.app_data(form::bound());
    let mut path = |path: &str, verbs: Vec<Route>| {
        let resource = verbs.into_iter().fold(web::resource(path), actix_web::Resource::route);
        routes.service(resource.default_service(web::to(no_such_method)));
    };
    path("/config", vec![web::get().to(config)]);
    path("/accounts/{username}/token", vec![web::post().to(tokens::log_in), web::delete().to(tokens::log_out)]);
    let account =
        vec![web::get().to(accounts::show), web::patch().to(accounts::change), web::delete().to(accounts::close)];
    path("/accounts/{username}", account);
    path("/accounts/{username}/transactions", vec![web::get().to(money::list), web::post().to(money::transfer)]);
    path("/accounts/{username}/withdrawals", vec![web::post().to(money::withdraw)]);
    path("/accounts/{username}/withdrawals/{withdrawal_id}", vec![web::get().to(money::show_withdrawal)]);
    path("/accounts/{username}/withdrawals/{withdrawal_id}/confirm", vec![web::post().to(money::confirm_withdrawal)]);
    path("/accounts/{username}/cashouts", vec![web::post().to(money::cash_out)]);
    routes.default_service(web::to(no_such_path));
}

async fn config() -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": "tanager-demo-bank",
        "version": "1:0:0",
        "bank_name": Bank::NAME,
        "currency": CURRENCY,
        "wire_type": "iban",
    }))
}

async fn no_such_path() -> Reply {
    Err(Refusal::NoSuchPath)
}

async fn no_such_method() -> Reply {
    Err(Refusal::NoSuchMethod)
}

fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// A moment as it is written: `{"t_s": 1700000000}` or `{"t_s": "never"}`.
fn moment(moment: Timestamp) -> Value {
    if moment.is_never() { json!({"t_s": "never"}) } else { json!({"t_s": moment.as_seconds()}) }
}
