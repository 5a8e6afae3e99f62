//! What a customer can no longer do once something that he proves himself with is gone: he is told before he approves it,
//! and again by the answer.

use super::{ProtectedRequest, Service};
use crate::{
    domain::{
        account::{Account, Terms},
        channel::Channel,
        summary::LONGEST,
        totp::DeviceName,
    },
    message::Phrase,
};

/// What an account can no longer do: operations of the bank core, by their names, in the order of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    operations: Vec<String>,
}

impl Loss {
    /// The operations; none: nothing is lost.
    #[must_use]
    pub fn operations(&self) -> &[String] {
        &self.operations
    }

    /// What the customer is shown of a removal, with all that it costs, or as much of that as there is room for. The
    /// removal itself is never cut.
    fn added_to(&self, removal: &str, say: impl Fn(&Phrase<'_>) -> String) -> String {
        let shown = (0..=self.operations.len()).rev().filter_map(|named| self.told(named, &say));
        let mut whole = shown.map(|told| say(&Phrase::WithLoss { what: removal, operations: &told }));
        whole.find(|text| text.chars().count() <= LONGEST).unwrap_or_else(|| removal.to_owned())
    }

    /// The first so many by their names, the others by their number; `None` when there is nothing to tell.
    fn told(&self, named: usize, say: impl Fn(&Phrase<'_>) -> String) -> Option<String> {
        let (named, others) = self.operations.split_at_checked(named)?;
        match (named, others.len()) {
            ([], 0) => None,
            ([], others) => Some(say(&Phrase::Operations(others))),
            (named, 0) => Some(named.join(", ")),
            (named, others) => Some(say(&Phrase::AndMore(&named.join(", "), others))),
        }
    }
}

impl Service {
    /// What the customer is shown of a removal, with all that it costs.
    pub(super) fn removal(
        &self,
        account: &Account,
        request: &ProtectedRequest,
        channels: &[Channel],
        device: Option<&DeviceName>,
        loss: &Loss,
    ) -> String {
        let say = |phrase: &Phrase<'_>| self.phrase(account, request, phrase);
        loss.added_to(&say(&Phrase::Remove(channels, device)), say)
    }

    /// What the account loses by a removal. Decides nothing and changes nothing.
    pub(super) fn loss(&self, account: &Account, terms: &Terms<'_>, remove: impl FnOnce(&mut Account)) -> Loss {
        let mut afterwards = account.clone();
        remove(&mut afterwards);
        let lost = account.out_of_reach(&afterwards, terms, &self.0.parts.core_operations);
        Loss { operations: lost.into_iter().map(|operation| operation.name.clone()).collect() }
    }

    /// Whether the bank core has a protected operation of that name.
    pub(super) fn knows_operation(&self, name: &str) -> bool {
        self.0.parts.core_operations.iter().any(|operation| operation.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{language::Language, summary::Summary},
        message::Catalog,
    };

    /// What the loss adds, in English.
    fn added_to(loss: &Loss, removal: &str) -> String {
        let english = Language::english();
        let catalog = Catalog::load(None, &english).unwrap();
        loss.added_to(removal, |phrase| catalog.phrase(&english, phrase))
    }

    const THEN: &str = "; no longer possible then: ";
    const BY_SMS: &str = "send no more TANs by SMS";

    fn loss(operations: impl IntoIterator<Item = String>) -> Loss {
        Loss { operations: operations.into_iter().collect() }
    }

    fn of(operations: &[&str]) -> Loss {
        loss(operations.iter().map(ToString::to_string))
    }

    #[test]
    fn a_removal_that_costs_nothing_is_shown_as_it_is() {
        assert_eq!(added_to(&of(&[]), BY_SMS), BY_SMS);
    }

    #[test]
    fn what_is_no_longer_possible_is_named() {
        let shown = added_to(&of(&["transfer", "closing"]), BY_SMS);
        assert_eq!(shown, "send no more TANs by SMS; no longer possible then: transfer, closing");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let many = loss((0..40).map(|number| format!("operation-{number}")));
        let shown = added_to(&many, BY_SMS);
        assert_eq!(
            shown,
            "send no more TANs by SMS; no longer possible then: operation-0, operation-1, operation-2, operation-3, \
             operation-4, operation-5 and 34 more"
        );
        let long = loss(["a".repeat(64), "b".repeat(64)]);
        assert_eq!(added_to(&long, BY_SMS), format!("{BY_SMS}{THEN}{} and 1 more", "a".repeat(64)));
    }

    #[test]
    fn the_removal_itself_is_never_cut() {
        for length in 1..=LONGEST {
            let removal = "x".repeat(length);
            for many in [1, 2, 1000] {
                let shown = added_to(&loss((0..many).map(|_| "b".repeat(64))), &removal);
                assert!(shown.starts_with(&removal), "{shown}");
                assert_eq!(Summary::of(&shown).unwrap().as_str(), shown, "it can be shown whole");
                let told = if many == 1 { "one operation".to_owned() } else { format!("{many} operations") };
                let room = LONGEST - length >= THEN.len() + told.len();
                assert_eq!(shown.len() > length, room, "{shown}");
            }
        }
    }
}
