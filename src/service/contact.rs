//! Changing contact data and language. Where an active channel stands behind an address, its change is an enrolment,
//! and its removal that of the channel.

use std::time::Duration;

use super::{
    Enrolment, Failure, Loss, ProtectedRequest, Service, permit,
    sending::{Begun, Dispatch, Place},
};
use crate::{
    domain::{
        account::{Account, Terms},
        address::{Address, Mailbox, PhoneNumber},
        caller::{AccessToken, Deed},
        channel::Channel,
        event::{Event, EventKind},
        language::Language,
        refusal::Refusal,
        username::Username,
    },
    storage::datastore::Wanted,
};

/// What is to become of one piece of contact data.
pub enum Edit<T> {
    /// Nothing.
    Keep,
    /// It is forgotten.
    Remove,
    /// It is replaced.
    Set(T),
}

/// What is to become of an account's data.
pub struct ContactPatch {
    /// The telephone number.
    pub phone: Edit<PhoneNumber>,
    /// The mailbox.
    pub email: Edit<Mailbox>,
    /// Another language.
    pub language: Option<Language>,
}

/// What became of it.
pub enum Patched {
    /// All is in force; what was lost with a channel that was removed.
    Done(Loss),
    /// A TAN went to the new address; the old one stays in force until it comes back.
    Pending(Enrolment),
}

/// What a patch comes to, as the account stands.
#[derive(Default)]
struct Plan {
    /// Addresses without a channel behind them.
    plain: Vec<Address>,
    /// Addresses without a channel behind them that are forgotten.
    forgotten: Vec<Channel>,
    /// Active channels that go.
    removed: Vec<Channel>,
    /// Active channels that get another address.
    changed: Vec<Address>,
}

/// A patch with who asks for it and how.
#[derive(Clone, Copy)]
struct Patching<'a> {
    caller: &'a AccessToken,
    patch: &'a ContactPatch,
    request: &'a ProtectedRequest,
}

/// What a transition decided.
enum Applied {
    /// All is in force; whom to tell what, and what is lost.
    Done(Loss),
    /// The TAN for a changed address.
    Begun(Begun),
}

const ONE_CHANGE: Refusal = Refusal::Parameter {
    name: "contact_data",
    trouble: "Change one address with an active channel a request, and remove none in the same one; nothing was changed.",
};
impl ContactPatch {
    /// The addresses that are to be put.
    fn addresses(&self) -> Vec<Address> {
        let mut addresses = Vec::new();
        if let Edit::Set(phone) = &self.phone {
            addresses.push(Address::Phone(phone.clone()));
        }
        if let Edit::Set(mailbox) = &self.email {
            addresses.push(Address::Mailbox(mailbox.clone()));
        }
        addresses
    }

    fn plan(&self, account: &Account) -> Result<Plan, Refusal> {
        let mut plan = Plan::default();
        plan.add(account, Channel::Sms, self.phone.map(|phone| Address::Phone(phone.clone())));
        plan.add(account, Channel::Email, self.email.map(|mailbox| Address::Mailbox(mailbox.clone())));
        let ambiguous = plan.changed.len() > 1 || !plan.changed.is_empty() && !plan.removed.is_empty();
        if ambiguous { Err(ONE_CHANGE) } else { Ok(plan) }
    }
}

impl<T> Edit<T> {
    fn map<U>(&self, of: impl FnOnce(&T) -> U) -> Edit<U> {
        match self {
            Self::Keep => Edit::Keep,
            Self::Remove => Edit::Remove,
            Self::Set(value) => Edit::Set(of(value)),
        }
    }
}

impl Plan {
    fn add(&mut self, account: &Account, channel: Channel, edit: Edit<Address>) {
        let known = account.contact.of(channel);
        match (edit, account.active(channel)) {
            (Edit::Keep, _) => {}
            (Edit::Remove, Some(_)) => self.removed.push(channel),
            (Edit::Remove, None) => self.forgotten.extend(known.map(|_| channel)),
            (Edit::Set(address), Some(active)) if active.address == address => {}
            (Edit::Set(address), Some(_)) => self.changed.push(address),
            (Edit::Set(address), None) => {
                self.plain.extend(Some(address).filter(|address| known.as_ref() != Some(address)));
            }
        }
    }

    /// Puts in force what needs no proof.
    fn apply_plain(&self, account: &mut Account, language: Option<&Language>) {
        let mut names: Vec<&str> = Vec::new();
        for address in &self.plain {
            account.contact.put(address);
            names.push(address.channel().name());
        }
        for channel in &self.forgotten {
            account.contact.clear(*channel);
            names.push(channel.name());
        }
        if let Some(language) = language.filter(|language| account.language.as_ref() != Some(language)) {
            account.language = Some(language.clone());
            names.push("language");
        }
        if !names.is_empty() {
            account.note(Event::of(EventKind::AccountChanged).with("changed", names.join(" ")));
        }
    }
}

impl Service {
    /// Changes contact data and language. Protected where an active channel stands behind an address. A no-op voids
    /// nothing.
    pub async fn patch_account(
        &self,
        caller: &AccessToken,
        username: &Username,
        patch: &ContactPatch,
        request: &ProtectedRequest,
    ) -> Result<Patched, Failure> {
        permit(caller, Deed::ChangeFactors, username)?;
        for address in patch.addresses() {
            self.refuse_unserved(&address)?;
        }
        let addresses = patch.addresses();
        let wanted = Wanted { addresses: &addresses, ..Wanted::account(username) };
        let patching = Patching { caller, patch, request };
        let applied = match self.apply(wanted, patching, None).await? {
            Applied::Begun(Begun::NeedsPlace(channel)) => {
                self.apply(wanted, patching, Some(self.place(channel).await?)).await?
            }
            applied => applied,
        };
        match applied {
            Applied::Done(loss) => Ok(Patched::Done(loss)),
            Applied::Begun(Begun::ToSend(place, dispatch)) => {
                self.deliver_change(wanted, patching, place, *dispatch).await
            }
            Applied::Begun(_) => Err(Failure::Busy { retry_after: Duration::from_secs(1) }),
        }
    }

    /// Sends the TAN to the changed address; what else the patch says is put in force only then, as a message that
    /// could not be handed over leaves everything as it was.
    async fn deliver_change(
        &self,
        wanted: Wanted<'_>,
        patching: Patching<'_>,
        place: Place,
        dispatch: Dispatch,
    ) -> Result<Patched, Failure> {
        let challenge = self.deliver(place, dispatch).await?;
        let Patching { caller, patch, .. } = patching;
        let rest = self.change(caller, Deed::ChangeFactors, wanted, |account, _| {
            patch.plan(account)?.apply_plain(account, patch.language.as_ref());
            Ok(())
        });
        rest.await?;
        Ok(Patched::Pending(Enrolment { channel: challenge.channel, challenge }))
    }

    /// Decides about a patch, at the place given or, where a message is to go out, at one that is free at this moment.
    async fn apply(
        &self,
        wanted: Wanted<'_>,
        patching: Patching<'_>,
        mut place: Option<Place>,
    ) -> Result<Applied, Failure> {
        let Patching { caller, patch, request } = patching;
        self.change(caller, Deed::ChangeFactors, wanted, |account, terms| {
            let plan = patch.plan(account)?;
            let Some(address) = plan.changed.first().cloned() else {
                return self.apply_without_message(account, terms, patching, &plan);
            };
            self.outlet(address.channel())?;
            self.begin_enrolment(account, terms, caller, address, request, &mut place).map(Applied::Begun)
        })
        .await
    }

    fn apply_without_message(
        &self,
        account: &mut Account,
        terms: &Terms<'_>,
        patching: Patching<'_>,
        plan: &Plan,
    ) -> Result<Applied, Failure> {
        let Patching { caller, patch, request } = patching;
        let mut loss = Loss::default();
        if !plan.removed.is_empty() {
            loss = self.loss(account, terms, |account| {
                plan.removed.iter().for_each(|channel| _ = account.remove_channel(*channel, None));
            });
            let summary = self.removal(account, request, &plan.removed, None, &loss);
            let cleared = self.clear(account, terms, caller, request, &summary)?;
            let mut notices = Vec::new();
            for channel in &plan.removed {
                account.drop_pending(*channel, terms.now, "the channel was removed");
                notices.extend(account.remove_channel(*channel, cleared.paid_by()));
                account.contact.clear(*channel);
            }
            account.pay(cleared);
            // In the language that was the customer's before.
            self.tell(account, terms, notices);
        }
        plan.apply_plain(account, patch.language.as_ref());
        Ok(Applied::Done(loss))
    }
}
