//! The demo's configuration of what stands in front of its bank core: which routes are protected, and how.
//!
//! It is written as an operator writes it, so that it can be read as an example.

use std::net::SocketAddr;

/// The bank core's protected routes. What only looks asks for nothing; what changes the customer's data asks for a
/// proof; what moves money asks for a proof of that very movement, and a log-in for a proof once the password was right.
/// Whoever approves a payment is shown its amount and its payee: in 49 characters the longest IBAN stays whole.
const OPERATIONS: &str = r#"
[[gateway.operation]]
name = "account"
method = "GET"
path = "/accounts/{username}"
assurance = "none"

[[gateway.operation]]
name = "log-in"
method = "POST"
path = "/accounts/{username}/token"
assurance = "token"
identity = "response"
on_missing = "challenge"
revoke_path = "/accounts/{username}/token"
summary = "Log in as {{ username }}"

[[gateway.operation]]
name = "transfer"
method = "POST"
path = "/accounts/{username}/transactions"
assurance = "bound"
idempotent = true
summary = "Transfer {{ body.amount }} to {{ body.payto_uri | shorten(49) }}"

[[gateway.operation]]
name = "withdrawal"
method = "POST"
path = "/accounts/{username}/withdrawals/{withdrawal_id}/confirm"
assurance = "bound"
summary = "Withdraw {{ body.amount }} in cash to a wallet, withdrawal {{ params.withdrawal_id | shorten(13) }}"

[[gateway.operation]]
name = "cash-out"
method = "POST"
path = "/accounts/{username}/cashouts"
assurance = "bound"
idempotent = true
summary = "Cash out {{ body.amount_debit }}"

[[gateway.operation]]
name = "change-account"
method = "PATCH"
path = "/accounts/{username}"
assurance = "token"
summary = "Change the data of {{ username }}"

[[gateway.operation]]
name = "close-account"
method = "DELETE"
path = "/accounts/{username}"
assurance = "token"
closes_account = true
summary = "Close the account {{ username }}"
"#;

/// `[gateway]`: listens at `listen` in front of the bank core at `core`.
#[must_use]
pub fn section(listen: SocketAddr, core: SocketAddr) -> String {
    format!("\n[gateway]\nlisten = \"{listen}\"\nupstream = \"http://{core}\"\n{OPERATIONS}")
}

/// `[identity]`: the bank core at `core` says who is calling, and what they may.
#[must_use]
pub fn identity(core: SocketAddr) -> String {
    format!(
        "\n[identity]\nmode = \"upstream\"\nurl = \"http://{core}/accounts/{{username}}\"\n\
         username_pointer = \"/username\"\nscope_pointer = \"/scope\"\n"
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        domain::assurance::{Assurance, OnMissing},
        settings::{KnownBy, Settings},
    };

    const DATABASE: &str = "[database]\nurl = \"postgres://tanager@127.0.0.1/tanager\"\n";

    fn address(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    #[test]
    fn the_section_is_a_right_configuration_and_asks_for_most_where_money_moves() {
        let text = format!("{DATABASE}{}", section(address(8080), address(8081)));
        let settings = Settings::from_toml(&text, Path::new("/"), std::iter::empty()).unwrap();
        let gateway = settings.gateway.unwrap();
        let asked = |name: &str| gateway.operations.iter().find(|known| known.name == name).unwrap();
        for name in ["transfer", "withdrawal", "cash-out"] {
            assert_eq!(asked(name).assurance, Assurance::Bound, "{name}");
        }
        for name in ["log-in", "change-account", "close-account"] {
            assert_eq!(asked(name).assurance, Assurance::Token, "{name}");
        }
        assert_eq!(asked("account").assurance, Assurance::None);
        assert!(asked("transfer").idempotent && asked("cash-out").idempotent && asked("close-account").closes_account);
        let log_in = asked("log-in");
        assert_eq!((log_in.identity, log_in.on_missing), (KnownBy::Response, OnMissing::Challenge));
        assert_eq!(log_in.revocation.as_ref().map(|revocation| revocation.method.as_str()), Some("DELETE"));
    }

    #[test]
    fn the_bank_core_is_asked_who_calls_at_the_callers_own_account() {
        let written: toml::Table = identity(address(8081)).parse().unwrap();
        let written = &written["identity"];
        assert_eq!(written["url"].as_str(), Some("http://127.0.0.1:8081/accounts/{username}"));
        assert_eq!(written["username_pointer"].as_str(), Some("/username"));
        assert_eq!(written["scope_pointer"].as_str(), Some("/scope"));
    }
}
