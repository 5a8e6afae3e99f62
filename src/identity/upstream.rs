//! Callers whom the bank core knows: it is asked with the caller's own credential (`api.md` section 2).
//!
//! Whatever is no clear answer is none: it never becomes a yes. Nothing of a credential or of a reply's body is logged.

mod judge;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderValue};

use self::judge::{Pointers, judge};
use super::{
    client::{AskingError, Line},
    unclear::Unclear,
    verdict::Verdict,
};
use crate::domain::username::Username;

/// What stands for the account in the URL.
const ACCOUNT: &str = "{username}";

/// What is asked, and where in the reply the answers stand.
#[derive(Clone, Debug)]
pub struct AskingBankCore {
    /// An `http` or `https` URL with `{username}` in its path.
    pub url: String,
    /// The JSON pointer (RFC 6901) to the caller's name; `None`: it is the path's.
    pub username_pointer: Option<String>,
    /// The JSON pointer to the scope; `None`: it is `readwrite`.
    pub scope_pointer: Option<String>,
    /// How long an answer may take.
    pub within: Duration,
}

/// The bank core, as who says who is calling. Cheap to clone. No answer is remembered.
#[derive(Clone)]
pub struct BankCore {
    line: Line,
    url: Arc<str>,
    pointers: Arc<Pointers>,
}

impl BankCore {
    /// The bank core at that URL; nothing is connected yet. To be called on the runtime that connections live on.
    pub fn new(asking: AskingBankCore) -> Result<Self, AskingError> {
        Ok(Self::over(Line::to(&asking.url, asking.within)?, asking))
    }

    fn over(line: Line, asking: AskingBankCore) -> Self {
        let pointers = Arc::new(Pointers { username: asking.username_pointer, scope: asking.scope_pointer });
        Self { line, url: asking.url.into(), pointers }
    }

    /// What the bank core says of the value of an `Authorization` header, which it gets exactly as it is, and this
    /// account. Who stops waiting ends the question.
    pub async fn ask(&self, authorization: &str, username: &Username) -> Result<Verdict, Unclear> {
        let mut credential = HeaderValue::from_str(authorization).map_err(|_| Unclear::Malformed)?;
        credential.set_sensitive(true);
        // A username needs no escape in a path.
        let url = self.url.replace(ACCOUNT, username.as_str());
        let reply = self.line.exchange(self.line.get(&url).header(AUTHORIZATION, credential)).await?;
        judge(&self.pointers, username, &reply)
    }
}
