//! An account's own data.

use actix_web::HttpResponse;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::{Reply, no_content};
use crate::demo::bank::{
    caller::Caller,
    form::Form,
    ledger::{Change, Edit},
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
    #[serde(default)]
    phone: Edit,
    #[serde(default)]
    email: Edit,
}

/// A member that is there: `null` removes, a text replaces.
impl<'de> Deserialize<'de> for Edit {
    fn deserialize<D: Deserializer<'de>>(member: D) -> Result<Self, D::Error> {
        Option::deserialize(member).map(|text| text.map_or(Self::Remove, Self::Set))
    }
}

impl Patch {
    fn change(self) -> Result<Change, Refusal> {
        let contact = self.contact_data.unwrap_or_default();
        let fits = |text: &str| (1..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control);
        let edit_fits = |edit: &Edit| if let Edit::Set(text) = edit { fits(text) } else { true };
        if !self.name.as_deref().is_none_or(fits) || !edit_fits(&contact.phone) || !edit_fits(&contact.email) {
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
