//! An account's own data.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use super::{Reply, no_content};
use crate::demo::bank::{
    caller::Caller,
    form::{Form, present},
    ledger::Change,
    refusal::{Refusal, Scheme},
};

/// Longer names, numbers and mailboxes are refused.
const LONGEST: usize = 254;

#[derive(Deserialize)]
pub(super) struct Patch {
    name: Option<String>,
    contact_data: Option<PatchContact>,
}

#[derive(Default, Deserialize)]
struct PatchContact {
    #[serde(default, deserialize_with = "present")]
    phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    email: Option<Option<String>>,
}

impl Patch {
    fn change(self) -> Result<Change, Refusal> {
        let contact = self.contact_data.unwrap_or_default();
        let texts = [Some(&self.name), contact.phone.as_ref(), contact.email.as_ref()];
        let fits = |text: &String| (1..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control);
        if !texts.into_iter().flatten().flatten().all(fits) {
            return Err(Refusal::Malformed(format!("A text must be 1 to {LONGEST} bytes without control characters.")));
        }
        Ok(Change { name: self.name, phone: contact.phone, email: contact.email })
    }
}

/// Whose account it is and what it holds. Answers 2xx only to a credential that may act or look for this very account,
/// and says in `scope` which.
pub(super) async fn show(caller: Caller) -> Reply {
    let books = caller.bank.books();
    let account = books.ledger.account(&caller.username).ok_or(Refusal::Unauthorized(Scheme::Bearer))?;
    Ok(HttpResponse::Ok().json(json!({
        "username": caller.username.as_str(),
        "name": account.name,
        "payto_uri": account.payto_uri(),
        "balance": {"amount": account.balance, "credit_debit_indicator": "credit"},
        "contact_data": {"phone": account.contact.phone, "email": account.contact.email},
        "scope": caller.scope,
    })))
}

/// Changes the customer's name and how the customer can be reached.
pub(super) async fn change(caller: Caller, form: Form<Patch>) -> Reply {
    caller.bank.books().ledger.change(&caller.username, form.value.change()?);
    Ok(no_content())
}

/// Ends an account that holds nothing, and every session of it.
pub(super) async fn close(caller: Caller) -> Reply {
    let mut books = caller.bank.books();
    books.ledger.close(&caller.username)?;
    books.sessions.end_all_of(&caller.username);
    Ok(no_content())
}
