//! Accounts: made and listed by operators, shown to their customers, deleted.

use super::{Failure, ProtectedRequest, Service, permit};
use crate::{
    domain::{
        account::{Account, Contact, Terms},
        address::Address,
        caller::{AccessToken, Deed},
        channel::{BroughtBy, Channel},
        event::{Event, EventKind},
        factor::ActiveChannel,
        id::ChallengeId,
        language::Language,
        meter,
        refusal::Refusal,
        time::Timestamp,
        username::Username,
    },
    message::Phrase,
    storage::datastore::{Author, Wanted},
};

/// An account that an operator makes.
pub struct NewAccount {
    /// Its name.
    pub username: Username,
    /// Where the bank reaches the customer.
    pub contact: Contact,
    /// Channels that are active at once, each with an address in `contact`.
    pub channels: Vec<Channel>,
    /// The customer's language.
    pub language: Option<Language>,
}

/// Whether an account was made, or was there with the same data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    New,
    /// It was there.
    Same,
}

/// An account as its customer or an operator sees it.
pub struct AccountListing {
    /// Its name.
    pub username: Username,
    /// Its contact data.
    pub contact: Contact,
    /// Whether the caller sees addresses in clear.
    pub clear: bool,
    /// Its active channels, in the order in which they are offered.
    pub channels: Vec<Channel>,
    /// The customer's language.
    pub language: Option<Language>,
    /// When the block ends that is in force.
    pub blocked_until: Option<Timestamp>,
}

impl Service {
    /// Makes an account. The same again is the same; other data under a taken name is refused.
    pub async fn create_account(&self, caller: &AccessToken, new: &NewAccount) -> Result<Created, Failure> {
        permit(caller, Deed::Operate, &new.username)?;
        self.refuse_spelling(&new.username)?;
        for address in new.contact.addresses() {
            self.refuse_unserved(&address)?;
        }
        let now = self.store().now().await?;
        let account = self.build_account(new, now)?;
        if self.store().create(&account, Author::durable(&caller.actor()), now).await? {
            return Ok(Created::New);
        }
        let same = self.store().look(Wanted::account(&new.username), |existing, _| {
            existing.deleted_at.is_none() && is_same(existing, &account)
        });
        match same.await? {
            Some(true) => Ok(Created::Same),
            _ => Err(Refusal::UsernameTaken.into()),
        }
    }

    pub(super) fn build_account(&self, new: &NewAccount, now: Timestamp) -> Result<Account, Failure> {
        let mut account = Account::new(self.store().new_account_id(now), new.username.clone());
        account.contact = new.contact.clone();
        account.language.clone_from(&new.language);
        account.note(Event::of(EventKind::AccountCreated));
        for channel in &new.channels {
            self.outlet(*channel)?;
            let address = account.contact.of(*channel).ok_or(Refusal::NoAddress)?;
            let event = Event::of(EventKind::ChannelActivated).with("channel", channel.name());
            account.note(event.with("tan_info", address.masked()));
            account.channels.push(ActiveChannel { address, since: now, brought_by: BroughtBy::Operator });
        }
        Ok(account)
    }

    /// The account as its customer sees it, addresses masked; an operator sees them in clear.
    pub async fn show_account(&self, caller: &AccessToken, username: &Username) -> Result<AccountListing, Failure> {
        self.show(caller, Deed::Read, Wanted::account(username), |account, terms| {
            let blocked_until = account.standing.blocked_until.filter(|until| *until > terms.now);
            Ok(AccountListing {
                username: account.username.clone(),
                contact: account.contact.clone(),
                clear: caller.needs_no_tan(),
                channels: account.active_channels(&terms.policy),
                language: account.language.clone(),
                blocked_until,
            })
        })
        .await
    }

    /// Deletes the account: protected for the customer, without a TAN for operators and bank cores.
    pub async fn delete_account(
        &self,
        caller: &AccessToken,
        username: &Username,
        request: &ProtectedRequest,
    ) -> Result<(), Failure> {
        self.change(caller, Deed::DeleteAccount, Wanted::account(username), |account, terms| {
            let summary = self.phrase(account, request, &Phrase::DeleteAccount);
            let cleared = self.clear(account, terms, caller, request, &summary)?;
            self.end_account(account, terms, cleared.paid_by());
            account.pay(cleared);
            Ok(())
        })
        .await?;
        self.0.identity.forget_all(username);
        Ok(())
    }

    /// Deletes the account in the transition that is being decided, and tells the customer.
    pub(super) fn end_account(&self, account: &mut Account, terms: &Terms<'_>, paid_by: Option<ChallengeId>) {
        let language = account.language.clone();
        let notices = account.delete(terms.now, paid_by);
        self.tell_in(language.as_ref(), account, terms, notices);
    }

    /// Ends every block and count of an account: for operators.
    pub async fn unblock_account(&self, caller: &AccessToken, username: &Username) -> Result<(), Failure> {
        self.change(caller, Deed::Operate, Wanted::account(username), |account, _| {
            account.standing.unblock();
            account.note(Event::of(EventKind::AccountUnblocked));
            Ok(())
        })
        .await
    }

    /// Refuses an address that no message would be sent to.
    pub(super) fn refuse_unserved(&self, address: &Address) -> Result<(), Refusal> {
        meter::refuse_prefix(address, self.limits())
    }
}

fn is_same(existing: &Account, wanted: &Account) -> bool {
    // What the customer has added that no operator makes is no other data.
    let channels = |account: &Account| {
        let mut channels: Vec<_> = account.channels.iter().map(|active| active.address.channel()).collect();
        channels.sort_unstable();
        channels
    };
    existing.contact == wanted.contact && existing.language == wanted.language && channels(existing) == channels(wanted)
}
