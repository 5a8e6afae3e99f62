//! Money that moves.

use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Reply, moment, no_content};
use crate::{
    demo::bank::{
        amount::Amount,
        caller::Caller,
        form::{self, Form},
        ledger::{Account, Ledger, Movement},
        payto::Payto,
        refusal::Refusal,
        repeats::Named,
    },
    domain::username::Username,
};

#[derive(Deserialize)]
pub(super) struct Transfer {
    #[serde(deserialize_with = "form::payto")]
    payto_uri: Payto,
    #[serde(deserialize_with = "form::amount")]
    amount: Amount,
}

/// A withdrawal that is begun, or confirmed.
#[derive(Deserialize)]
pub(super) struct Withdraw {
    #[serde(deserialize_with = "form::amount")]
    amount: Amount,
}

#[derive(Deserialize)]
pub(super) struct CashOut {
    #[serde(deserialize_with = "form::amount")]
    amount_debit: Amount,
    #[serde(default)]
    subject: String,
}

/// What moved on the account, the newest first.
pub(super) async fn list(caller: Caller) -> Reply {
    let books = caller.bank.books();
    let rows: Vec<Value> =
        books.ledger.movements_of(&caller.username).map(|row| shown(&books.ledger, row, &caller.username)).collect();
    Ok(HttpResponse::Ok().json(json!({"transactions": rows})))
}

/// Pays; a repeat under the same `Idempotency-Key` is answered alike and pays nothing.
pub(super) async fn transfer(caller: Caller, form: Form<Transfer>, request: HttpRequest) -> Reply {
    let named = Named::read(&request, &caller.username, &form.raw)?;
    let (wish, now) = (form.value, caller.bank.now());
    let mut books = caller.bank.books();
    let (ledger, repeats) = books.both();
    let row_id = repeats.once(named, || ledger.transfer(&caller.username, &wish.payto_uri, wish.amount, now))?;
    Ok(HttpResponse::Ok().json(json!({"row_id": row_id})))
}

/// Notes a withdrawal; nothing moves before it is confirmed.
pub(super) async fn withdraw(caller: Caller, form: Form<Withdraw>) -> Reply {
    let id = uuid::Builder::from_random_bytes(caller.bank.chance().bytes()).into_uuid();
    caller.bank.books().ledger.begin_withdrawal(id, &caller.username, form.value.amount)?;
    let uri = format!("taler+http://withdraw/{}/taler-integration/{id}", caller.bank.address());
    Ok(HttpResponse::Ok().json(json!({"withdrawal_id": id.to_string(), "taler_withdraw_uri": uri})))
}

/// A withdrawal as it stands.
pub(super) async fn show_withdrawal(caller: Caller, request: HttpRequest) -> Reply {
    let books = caller.bank.books();
    let withdrawal = books.ledger.withdrawal(withdrawal_id(&request)?, &caller.username)?;
    let status = if withdrawal.confirmed { "confirmed" } else { "pending" };
    let (amount, username) = (withdrawal.amount, withdrawal.username.as_str());
    Ok(HttpResponse::Ok().json(json!({"status": status, "amount": amount, "username": username})))
}

/// Does a withdrawal, once. Its amount is said again, so that it stands in what the customer approves.
pub(super) async fn confirm_withdrawal(caller: Caller, form: Form<Withdraw>, request: HttpRequest) -> Reply {
    let (id, now) = (withdrawal_id(&request)?, caller.bank.now());
    caller.bank.books().ledger.confirm_withdrawal(id, &caller.username, form.value.amount, now)?;
    Ok(no_content())
}

/// Pays to the bank itself; a repeat under the same `Idempotency-Key` is answered alike and pays nothing.
pub(super) async fn cash_out(caller: Caller, form: Form<CashOut>, request: HttpRequest) -> Reply {
    let named = Named::read(&request, &caller.username, &form.raw)?;
    let (wish, now) = (form.value, caller.bank.now());
    let mut books = caller.bank.books();
    let (ledger, repeats) = books.both();
    let cash_out = || ledger.cash_out(&caller.username, wish.amount_debit, &wish.subject, now);
    let cashout_id = repeats.once(named, cash_out)?;
    Ok(HttpResponse::Ok().json(json!({"cashout_id": cashout_id})))
}

fn withdrawal_id(request: &HttpRequest) -> Result<Uuid, Refusal> {
    let id = request.match_info().get("withdrawal_id").and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or(Refusal::UnknownWithdrawal)
}

fn shown(ledger: &Ledger, row: &Movement, to: &Username) -> Value {
    // An account that was closed is still named.
    let payto = |username: &Username| ledger.account(username).map_or_else(|| username.to_string(), Account::payto_uri);
    json!({
        "row_id": row.row_id,
        "date": moment(row.at),
        "amount": row.amount,
        "direction": if row.debtor == *to { "debit" } else { "credit" },
        "debtor_payto_uri": payto(&row.debtor),
        "creditor_payto_uri": payto(&row.creditor),
        "subject": row.subject,
    })
}
