//! Logging in and out.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{Reply, moment, no_content};
use crate::demo::bank::{
    caller::{Caller, Customer},
    form::Form,
    refusal::Refusal,
    sessions::{Lifetime, Scope},
};

/// How long a session lives when nothing else is asked for.
const USUAL: Duration = Duration::from_hours(24);

#[derive(Deserialize)]
pub(super) struct LogIn {
    scope: Scope,
    duration: Option<Span>,
}

#[derive(Deserialize)]
struct Span {
    d_us: Micros,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Micros {
    Whole(u64),
    Word(Forever),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Forever {
    Forever,
}

impl LogIn {
    fn lifetime(&self) -> Lifetime {
        match &self.duration {
            None => Lifetime::Finite(USUAL),
            Some(Span { d_us: Micros::Whole(micros) }) => Lifetime::Finite(Duration::from_micros(*micros)),
            Some(Span { d_us: Micros::Word(Forever::Forever) }) => Lifetime::Forever,
        }
    }
}

/// A password becomes an access token.
pub(super) async fn log_in(customer: Customer, form: Form<LogIn>) -> Reply {
    let Customer { bank, username } = customer;
    let (wish, now) = (form.value, bank.now());
    let mut books = bank.books();
    let (secret, session) = books.sessions.begin(username, wish.scope, wish.lifetime(), now, bank.chance());
    let expiration = moment(session.ends);
    Ok(HttpResponse::Ok()
        .json(json!({"access_token": secret.reveal(), "expiration": expiration, "scope": session.scope})))
}

/// The session that calls ends.
pub(super) async fn log_out(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    Caller::leaving(&request)?.log_out();
    Ok(no_content())
}
