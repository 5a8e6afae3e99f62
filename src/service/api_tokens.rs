//! Access tokens that an account makes for its programs: nobody is asked for a TAN behind them, so one is asked for once,
//! when they are made. Where nothing protects the account there is none to ask for, and none of them outdoes what protects
//! it later (`api.md` sections 2 and 7).

use std::time::Duration;

use super::{
    Failure, Parts, ProtectedRequest, Service,
    tokens::{Minted, TokenRequest, open},
};
use crate::{
    domain::{
        account::Account,
        assurance::{Assurance, Demand},
        caller::{AccessToken, Deed, Mfa},
        notice::NoticeKind,
        refusal::Refusal,
        secret::AccessSecret,
        summary::Summary,
        username::Username,
    },
    message::Phrase,
    storage::datastore::Wanted,
};

const UNKNOWN_OPERATION: Refusal =
    Refusal::Parameter { name: "operations", trouble: "It names an operation that this service does not protect." };

impl Service {
    /// Makes an API token, and tells the customer. It passes what it names without a TAN for as long as it lives. Where
    /// nothing protects the account no proof is asked for, and the token passes nothing once something does.
    pub(super) async fn make_api_token(
        &self,
        caller: &AccessToken,
        username: &Username,
        wish: &TokenRequest,
        request: &ProtectedRequest,
    ) -> Result<Minted, Failure> {
        super::permit(caller, Deed::MintToken, username)?;
        let wish = TokenRequest { operations: self.named(&wish.operations)?, ..wish.clone() };
        let secret = AccessSecret::generate(self.chance());
        let make = self.change(caller, Deed::MintToken, Wanted::account(username), |account, terms| {
            let least = self.least_of(&wish.operations);
            let cleared =
                self.clear_at(account, terms, caller, request, least, &self.token_summary(account, request, &wish))?;
            account.pay(cleared);
            let lifetime = wish.duration.unwrap_or(terms.limits.session_lifetime);
            let token = self.build_token(account, terms, &wish, Mfa::NonInteractive, lifetime);
            let token = AccessToken { proven: cleared.paid_by().is_some(), ..token };
            open(account, &token, &secret);
            let notices = account.notices_to_all(NoticeKind::ApiTokenMade);
            self.tell(account, terms, notices);
            Ok(token)
        });
        let token = make.await?;
        Ok(Minted { secret, token })
    }

    /// What is asked at least of a proof that stands for every later one of these operations: the strength that the strictest
    /// of them asks for, and, where a new factor has to wait before it counts for what is bound, that it has waited; so that
    /// nobody makes a token by a channel that would not do for the operation itself.
    fn least_of(&self, wanted: &[String]) -> Demand {
        let Parts { core_operations, policy, .. } = &self.0.parts;
        let named = core_operations.iter().filter(|operation| wanted.contains(&operation.name));
        let strictest =
            named.fold(Demand::of(Assurance::None), |strictest, operation| strictest.and_as_much_as(operation.demand));
        let waits = !policy.waiting.is_zero() && strictest.assurance == Assurance::Bound;
        Demand { assurance: if waits { Assurance::Bound } else { Assurance::None }, ..strictest }
    }

    fn token_summary(&self, account: &Account, request: &ProtectedRequest, wish: &TokenRequest) -> String {
        summary(wish, |phrase| self.phrase(account, request, phrase))
    }

    /// Operations of the bank core, each once, in the order in which they were named.
    fn named(&self, wanted: &[String]) -> Result<Vec<String>, Refusal> {
        let mut names: Vec<String> = Vec::new();
        for name in wanted {
            self.knows_operation(name).then_some(()).ok_or(UNKNOWN_OPERATION)?;
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        Ok(names)
    }
}

/// What the customer is shown: what the token may do, as far as a message has room for it, and whether it ever ends.
fn summary(wish: &TokenRequest, say: impl Fn(&Phrase<'_>) -> String) -> String {
    let endless = wish.duration == Some(Duration::MAX);
    let naming = |operations: Option<&str>| say(&Phrase::MakeApiToken { endless, operations });
    let names = wish.operations.join(", ");
    let all = naming((!names.is_empty()).then_some(&names));
    if Summary::of(&all).is_ok() { all } else { naming(Some(&say(&Phrase::Operations(wish.operations.len())))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{caller::Scope, language::Language},
        message::Catalog,
    };

    fn shown(duration: Option<Duration>, operations: &[&str]) -> String {
        let operations = operations.iter().map(ToString::to_string).collect();
        let english = Language::english();
        let catalog = Catalog::load(None, &english).unwrap();
        let wish = TokenRequest { scope: Scope::ReadWrite, duration, description: None, operations };
        summary(&wish, |phrase| catalog.phrase(&english, phrase))
    }

    #[test]
    fn the_customer_is_shown_what_a_token_may_do_and_whether_it_ends() {
        let day = Some(Duration::from_hours(24));
        assert_eq!(shown(day, &[]), "make an API token that needs no TAN");
        assert_eq!(
            shown(None, &["transfer", "cashout"]),
            "make an API token that needs no TAN, for: transfer, cashout"
        );
        let endless = shown(Some(Duration::MAX), &["transfer"]);
        assert_eq!(endless, "make an API token that needs no TAN and never ends, for: transfer");
        let names: Vec<String> = (0..100).map(|n| format!("operation-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(shown(day, &names), "make an API token that needs no TAN, for: 100 operations");
    }
}
