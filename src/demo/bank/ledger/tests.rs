//! Whatever happens, in any order: the sum of all accounts stays, and every movement is accounted for.

use proptest::prelude::*;

use super::*;
use crate::demo::bank::customers;

#[derive(Clone, Debug)]
enum Step {
    Transfer { from: usize, to: usize, cents: u64 },
    CashOut { from: usize, cents: u64 },
    Begin { from: usize, cents: u64 },
    Confirm { from: usize, which: usize },
    Close { which: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let cents = || prop_oneof![3 => 0_u64..50_000, 1 => 0_u64..1_000_000, 1 => Just(u64::MAX)];
    prop_oneof![
        4 => (0..4_usize, 0..4_usize, cents()).prop_map(|(from, to, cents)| Step::Transfer { from, to, cents }),
        1 => (0..4_usize, cents()).prop_map(|(from, cents)| Step::CashOut { from, cents }),
        1 => (0..4_usize, cents()).prop_map(|(from, cents)| Step::Begin { from, cents }),
        2 => (0..4_usize, 0..6_usize).prop_map(|(from, which)| Step::Confirm { from, which }),
        1 => (0..4_usize).prop_map(|which| Step::Close { which }),
    ]
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1)
}

/// A ledger under test, with the names and numbers of all accounts it ever had.
struct Play {
    ledger: Ledger,
    names: Vec<(Username, String)>,
    withdrawals: u64,
}

impl Play {
    fn begin() -> Self {
        let ledger = Ledger::open(customers::accounts());
        let names = ledger.accounts.iter().map(|(name, account)| (name.clone(), account.iban.clone())).collect();
        Self { ledger, names, withdrawals: 0 }
    }

    fn take(&mut self, step: &Step) -> Result<(), Refusal> {
        let name = |at: usize| self.names[at].0.clone();
        match *step {
            Step::Transfer { from, to, cents } => {
                let to = Payto { iban: self.names[to].1.clone(), message: String::new() };
                self.ledger.transfer(&name(from), &to, Amount::from_cents(cents), now()).map(|_| ())
            }
            Step::CashOut { from, cents } => {
                self.ledger.cash_out(&name(from), Amount::from_cents(cents), "", now()).map(|_| ())
            }
            Step::Begin { from, cents } => {
                self.withdrawals += 1;
                let id = Uuid::from_u128(u128::from(self.withdrawals));
                self.ledger.begin_withdrawal(id, &name(from), Amount::from_cents(cents))
            }
            Step::Confirm { from, which } => {
                let (id, from) = (Uuid::from_u128(which as u128), name(from));
                let amount = self.ledger.withdrawal(id, &from)?.amount;
                self.ledger.confirm_withdrawal(id, &from, amount, now())
            }
            Step::Close { which } => self.ledger.close(&name(which)),
        }
    }

    /// What an account must hold by the movements alone.
    fn by_movements(&self, username: &Username, opening: Amount) -> i128 {
        let mut balance = i128::from(opening.cents());
        for row in self.ledger.movements_of(username) {
            let cents = i128::from(row.amount.cents());
            balance += if row.creditor == *username { cents } else { -cents };
        }
        balance
    }
}

proptest! {
    #[test]
    fn money_is_neither_made_nor_lost(steps in prop::collection::vec(step(), 0..80)) {
        let mut play = Play::begin();
        let opening = play.ledger.sum();
        for step in &steps {
            let (before, rows) = (format!("{:?}", play.ledger.accounts), play.ledger.movements.len());
            if play.take(step).is_err() {
                prop_assert_eq!(before, format!("{:?}", play.ledger.accounts), "a refusal changed something");
                prop_assert_eq!(rows, play.ledger.movements.len());
            }
            prop_assert_eq!(play.ledger.sum(), opening);
        }
        for (username, account) in customers::accounts() {
            let Some(now) = play.ledger.account(&username) else { continue };
            prop_assert_eq!(play.by_movements(&username, account.balance), i128::from(now.balance.cents()));
        }
    }
}

#[test]
fn a_withdrawal_is_done_once_and_by_its_owner_alone() {
    let mut play = Play::begin();
    let (id, alice, bob) = (Uuid::from_u128(1), Username::stored("alice"), Username::stored("bob"));
    play.ledger.begin_withdrawal(id, &alice, Amount::from_cents(500)).unwrap();
    let mut confirm = |by: &Username, cents| play.ledger.confirm_withdrawal(id, by, Amount::from_cents(cents), now());
    assert_eq!(confirm(&bob, 500), Err(Refusal::UnknownWithdrawal));
    assert_eq!(confirm(&alice, 50), Err(Refusal::AmountDiffers));
    assert_eq!(confirm(&alice, 500), Ok(()));
    assert_eq!(confirm(&alice, 500), Err(Refusal::ConfirmedAlready));
    assert_eq!(play.ledger.movements_of(&alice).count(), 1);
}

#[test]
fn nothing_cannot_be_paid() {
    let mut play = Play::begin();
    let alice = Username::stored("alice");
    assert!(matches!(play.ledger.cash_out(&alice, Amount::ZERO, "", now()), Err(Refusal::Malformed(_))));
}
