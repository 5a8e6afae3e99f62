//! Accounts and the money between them. Every change is decided first and written whole: money moves from one account
//! to another and is never made nor lost.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{amount::Amount, payto::Payto, refusal::Refusal};
use crate::domain::{time::Timestamp, username::Username};

/// The bank's own account: withdrawals and cash-outs go there.
pub const HOUSE: &str = "bank";

/// How a customer can be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// A telephone number.
    pub phone: Option<String>,
    /// A mailbox.
    pub email: Option<String>,
}

/// A customer's account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The customer's name.
    pub name: String,
    /// The account's number.
    pub iban: String,
    /// How the customer can be reached.
    pub contact: Contact,
    /// What the account holds.
    pub balance: Amount,
}

impl Account {
    /// Where others pay to this account: its number and its customer's name.
    #[must_use]
    pub fn payto_uri(&self) -> String {
        let name: String = url::form_urlencoded::byte_serialize(self.name.as_bytes()).collect();
        format!("payto://iban/{}?receiver-name={name}", self.iban)
    }
}

/// What is to become of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit {
    /// It stays.
    #[default]
    Keep,
    /// It goes.
    Remove,
    /// It is replaced.
    Set(String),
}

impl Edit {
    fn apply(self, value: &mut Option<String>) {
        match self {
            Self::Keep => {}
            Self::Remove => *value = None,
            Self::Set(new) => *value = Some(new),
        }
    }
}

/// What is to become of an account's data.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The customer's name, which can only be replaced.
    pub name: Option<String>,
    /// The telephone number.
    pub phone: Edit,
    /// The mailbox.
    pub email: Edit,
}

/// Money that moved.
#[derive(Clone, Debug)]
pub struct Movement {
    /// Its number, from 1 on.
    pub row_id: u64,
    /// When.
    pub at: Timestamp,
    /// Who paid.
    pub debtor: Username,
    /// Who was paid.
    pub creditor: Username,
    /// How much; more than nothing.
    pub amount: Amount,
    /// What for.
    pub subject: String,
}

/// Money that is to be taken out in cash.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// Whose.
    pub username: Username,
    /// How much.
    pub amount: Amount,
    /// Whether it was done.
    pub confirmed: bool,
}

/// All accounts, and all that happened between them.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: BTreeMap<Username, Account>,
    movements: Vec<Movement>,
    withdrawals: HashMap<Uuid, Withdrawal>,
}

impl Ledger {
    /// A ledger with these accounts, each with what it holds at the beginning.
    pub fn open(accounts: impl IntoIterator<Item = (Username, Account)>) -> Self {
        Self { accounts: accounts.into_iter().collect(), ..Self::default() }
    }

    /// The account of that name.
    #[must_use]
    pub fn account(&self, username: &Username) -> Option<&Account> {
        self.accounts.get(username)
    }

    /// What an account's movements were, the newest first.
    pub fn movements_of<'a>(&'a self, username: &'a Username) -> impl Iterator<Item = &'a Movement> {
        self.movements.iter().rev().filter(move |row| row.debtor == *username || row.creditor == *username)
    }

    /// What all accounts hold together; `None` when that cannot be counted.
    #[must_use]
    pub fn sum(&self) -> Option<Amount> {
        self.accounts.values().try_fold(Amount::ZERO, |sum, account| sum.plus(account.balance))
    }

    /// Pays from `debtor` to the account that `to` names; the movement's number.
    pub fn transfer(&mut self, debtor: &Username, to: &Payto, amount: Amount, now: Timestamp) -> Result<u64, Refusal> {
        let creditor = self.accounts.iter().find(|(_, account)| account.iban == to.iban);
        let creditor = creditor.map(|(username, _)| username.clone()).ok_or(Refusal::UnknownCreditor)?;
        self.pay(debtor, &creditor, amount, &to.message, now)
    }

    /// Pays from `debtor` to the bank itself; the movement's number.
    pub fn cash_out(
        &mut self,
        debtor: &Username,
        amount: Amount,
        subject: &str,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        self.pay(debtor, &Username::stored(HOUSE), amount, subject, now)
    }

    /// Notes a withdrawal under `id`; nothing moves before it is confirmed.
    pub fn begin_withdrawal(&mut self, id: Uuid, username: &Username, amount: Amount) -> Result<(), Refusal> {
        positive(amount)?;
        let withdrawal = Withdrawal { username: username.clone(), amount, confirmed: false };
        self.withdrawals.insert(id, withdrawal);
        Ok(())
    }

    /// The withdrawal `id` of that account.
    pub fn withdrawal(&self, id: Uuid, username: &Username) -> Result<&Withdrawal, Refusal> {
        let own = self.withdrawals.get(&id).filter(|withdrawal| withdrawal.username == *username);
        own.ok_or(Refusal::UnknownWithdrawal)
    }

    /// Does the withdrawal `id`, once, if it is one of `approved`: what the customer was shown.
    pub fn confirm_withdrawal(
        &mut self,
        id: Uuid,
        username: &Username,
        approved: Amount,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Withdrawal { amount, confirmed, .. } = *self.withdrawal(id, username)?;
        if confirmed {
            return Err(Refusal::ConfirmedAlready);
        }
        if amount != approved {
            return Err(Refusal::AmountDiffers);
        }
        self.pay(username, &Username::stored(HOUSE), amount, &format!("withdrawal {id}"), now)?;
        if let Some(withdrawal) = self.withdrawals.get_mut(&id) {
            withdrawal.confirmed = true;
        }
        Ok(())
    }

    /// Changes an account's data.
    pub fn change(&mut self, username: &Username, change: Change) {
        let Some(account) = self.accounts.get_mut(username) else { return };
        if let Some(name) = change.name {
            account.name = name;
        }
        change.phone.apply(&mut account.contact.phone);
        change.email.apply(&mut account.contact.email);
    }

    /// Ends an account that holds nothing.
    pub fn close(&mut self, username: &Username) -> Result<(), Refusal> {
        if username.as_str() == HOUSE {
            return Err(Refusal::Reserved);
        }
        if self.accounts.get(username).is_some_and(|account| !account.balance.is_zero()) {
            return Err(Refusal::BalanceNotZero);
        }
        self.accounts.remove(username);
        Ok(())
    }

    /// The one place where money moves: both new balances are known before either is written.
    fn pay(
        &mut self,
        debtor: &Username,
        creditor: &Username,
        amount: Amount,
        subject: &str,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        positive(amount)?;
        if debtor == creditor {
            return Err(Refusal::SameAccount);
        }
        let left = self.balance(debtor)?.minus(amount).ok_or(Refusal::InsufficientFunds)?;
        let gained = self.balance(creditor)?.plus(amount).ok_or(Refusal::UnknownCreditor)?;
        for (username, balance) in [(debtor, left), (creditor, gained)] {
            if let Some(account) = self.accounts.get_mut(username) {
                account.balance = balance;
            }
        }
        let row_id = u64::try_from(self.movements.len()).unwrap_or(u64::MAX).saturating_add(1);
        let (debtor, creditor, subject) = (debtor.clone(), creditor.clone(), subject.to_owned());
        self.movements.push(Movement { row_id, at: now, debtor, creditor, amount, subject });
        Ok(row_id)
    }

    fn balance(&self, username: &Username) -> Result<Amount, Refusal> {
        self.accounts.get(username).map(|account| account.balance).ok_or(Refusal::UnknownCreditor)
    }
}

fn positive(amount: Amount) -> Result<(), Refusal> {
    if amount.is_zero() { Err(Refusal::Malformed("An amount must be more than nothing.".to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
