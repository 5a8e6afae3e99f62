//! Who banks at the demo bank. Names and passwords are fixed and told to everyone: it listens on this machine alone,
//! and its money is play money.

use super::{
    amount::Amount,
    ledger::{Account, Contact, HOUSE},
};
use crate::domain::{secret::SecretHash, username::Username};

/// A customer at the beginning.
pub struct Customer {
    /// The name to log in with.
    pub username: &'static str,
    /// The password, for the demo to print.
    pub password: &'static str,
    /// The customer's name.
    pub name: &'static str,
    /// The account's number; its check digits are right, its bank does not exist.
    pub iban: &'static str,
    cents: u64,
}

impl Customer {
    /// What the account holds at the beginning.
    #[must_use]
    pub const fn opening(&self) -> Amount {
        Amount::from_cents(self.cents)
    }
}

/// Two people, a shop, and the bank itself.
pub const CUSTOMERS: [Customer; 4] = [
    Customer {
        username: "alice",
        password: "alice-of-the-demo",
        name: "Alice Example",
        iban: "DE70999900000000001001",
        cents: 100_000,
    },
    Customer {
        username: "bob",
        password: "bob-of-the-demo",
        name: "Bob Example",
        iban: "DE43999900000000001002",
        cents: 50_000,
    },
    Customer {
        username: "acme",
        password: "acme-of-the-demo",
        name: "Acme Shop",
        iban: "DE36999900000000002001",
        cents: 0,
    },
    Customer {
        username: HOUSE,
        password: "bank-of-the-demo",
        name: "Demo Bank",
        iban: "DE89999900000000009001",
        cents: 1_000_000,
    },
];

/// The accounts at the beginning.
pub fn accounts() -> impl Iterator<Item = (Username, Account)> {
    CUSTOMERS.iter().map(|customer| {
        let account = Account {
            name: customer.name.to_owned(),
            iban: customer.iban.to_owned(),
            contact: Contact::default(),
            balance: customer.opening(),
        };
        (Username::stored(customer.username), account)
    })
}

/// Whose name and password these are; `None`: nobody's.
#[must_use]
pub fn who(username: &str, password: &str) -> Option<Username> {
    let known = CUSTOMERS.iter().find(|customer| customer.username == username);
    let right = known.filter(|customer| SecretHash::of(customer.password) == SecretHash::of(password));
    right.map(|customer| Username::stored(customer.username))
}
