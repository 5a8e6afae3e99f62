//! How a gateway of these tests is set up.

use crate::{app::Wish, bank_core::BankCore};

/// The protected routes of most tests.
pub const OPERATIONS: &str = r#"
[[gateway.operation]]
name = "transfer"
method = "POST"
path = "/accounts/{username}/transactions"
summary = "Transfer {{ body.amount }} to {{ body.payto_uri }}"
[[gateway.operation]]
name = "cashout"
method = "POST"
path = "/accounts/{username}/cashouts"
idempotent = true
summary = "Cash out as {{ username }}"
[[gateway.operation]]
name = "close"
method = "DELETE"
path = "/accounts/{username}"
closes_account = true
summary = "Close the account {{ username }}"
[[gateway.operation]]
name = "rename"
method = "PATCH"
path = "/accounts/{username}"
assurance = "token"
[[gateway.operation]]
name = "repeatable"
method = "PUT"
path = "/accounts/{username}/plan"
assurance = "token"
idempotent = true
[[gateway.operation]]
name = "statement"
method = "GET"
path = "/accounts/{username}/statement"
assurance = "token"
[[gateway.operation]]
name = "limit"
method = "PUT"
path = "/accounts/{username}/limits/{kind}"
assurance = "token"
strength = "possession"
[[gateway.operation]]
name = "mandate"
method = "POST"
path = "/accounts/{username}/mandates"
assurance = "token"
enrolled = true
[[gateway.operation]]
name = "contact"
method = "POST"
path = "/accounts/{username}/contacts"
assurance = "session"
[[gateway.operation]]
name = "note"
method = "POST"
path = "/accounts/{username}/notes"
assurance = "none"
[[gateway.operation]]
name = "withdrawal"
method = "POST"
path = "/accounts/{username}/withdrawals/{id}/confirm"
on_missing = "challenge"
[[gateway.operation]]
name = "login"
method = "POST"
path = "/accounts/{username}/token"
assurance = "token"
on_missing = "challenge"
identity = "response"
"#;

/// Limits that no test meets by accident.
const LIMITS: &str = "[limits]\naccount_per_hour = 10000\naccount_per_day = 10000\n\
    address_per_hour = 10000\naddress_per_day = 10000\n";

/// How a gateway is set up otherwise than usual.
pub struct Plan {
    /// Lines of `[gateway]`.
    pub gateway: String,
    /// The protected routes.
    pub operations: String,
    /// `[limits]`, whole.
    pub limits: String,
    /// `[identity]`, whole; `CORE` stands for the bank core's URL.
    pub identity: String,
}

impl Default for Plan {
    fn default() -> Self {
        let (operations, limits) = (OPERATIONS.to_owned(), LIMITS.to_owned());
        Self { gateway: String::new(), operations, limits, identity: String::new() }
    }
}

impl Plan {
    /// The bank core says who is calling, at each request.
    pub fn upstream() -> Self {
        Self::upstream_with("")
    }

    /// The same with more lines of `[identity]`.
    pub fn upstream_with(more: &str) -> Self {
        let identity = format!(
            "[identity]\nmode = \"upstream\"\nurl = \"CORE/accounts/{{username}}\"\nusername_pointer = \"/username\"\n\
             scope_pointer = \"/scope\"\nremember = \"0 s\"\n{more}\n"
        );
        Self { identity, ..Self::default() }
    }

    /// With these lines of `[gateway]`.
    pub fn lines(gateway: &str) -> Self {
        Self { gateway: gateway.to_owned(), ..Self::default() }
    }

    /// With these protected routes alone.
    pub fn operations(operations: &str) -> Self {
        Self { operations: operations.to_owned(), ..Self::default() }
    }

    /// What stands behind the usual configuration.
    pub fn wish(&self, core: &BankCore) -> Wish {
        let url = core.url();
        let more = format!(
            "{}\n{}\n[gateway]\nlisten = \"127.0.0.1:0\"\nupstream = \"{url}\"\n{}\n{}\n",
            self.limits,
            self.identity.replace("CORE", &url),
            self.gateway,
            self.operations
        );
        Wish { more, ..Wish::default() }
    }
}
