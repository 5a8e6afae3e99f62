//! The channels of an account: listing, enrolling, setting and removing them.

use super::{Failure, ProtectedRequest, Service, message, permit, sending::Dispatch};
use crate::{
    domain::{
        account::{Account, Terms},
        address::Address,
        caller::{AccessToken, Deed},
        channel::Channel,
        id::ReservationId,
        refusal::Refusal,
        time::Timestamp,
        username::Username,
        view::ChallengeView,
    },
    storage::datastore::Wanted,
};

/// A channel as its customer sees it.
pub struct ChannelRow {
    /// The channel.
    pub channel: Channel,
    /// Whether it waits for its proof.
    pub pending: Pending,
    /// The masked address.
    pub tan_info: String,
    /// Since when it stands so.
    pub since: Timestamp,
}

/// Whether a channel is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// It waits for the TAN that went to its address.
    Yes,
    /// It is active.
    No,
}

/// An enrolment under way.
pub struct Enrolment {
    /// The channel.
    pub channel: Channel,
    /// The challenge that proves the new address.
    pub challenge: ChallengeView,
}

/// An address to be enrolled, and how the customer is shown it.
pub(super) struct NewAddress {
    address: Address,
    summary: String,
}

impl NewAddress {
    /// One that the caller gave: shown whole.
    pub(super) fn given(address: Address) -> Self {
        let summary = message::enrolment_summary(&address, address.reveal());
        Self { address, summary }
    }

    /// The account's contact data, which its client sees masked only.
    fn known(address: Address) -> Self {
        let summary = message::enrolment_summary(&address, &address.masked());
        Self { address, summary }
    }
}

impl Service {
    /// The account's channels: active ones, and those that wait for their proof.
    pub async fn list_channels(&self, caller: &AccessToken, username: &Username) -> Result<Vec<ChannelRow>, Failure> {
        self.show(caller, Deed::Read, Wanted::account(username), |account, terms| Ok(rows(account, terms))).await
    }

    /// Enrols an address: a TAN goes to it, and it is in force once that comes back. Protected when the account has
    /// an active channel.
    pub async fn enrol(
        &self,
        caller: &AccessToken,
        username: &Username,
        channel: Channel,
        given: Option<&Address>,
        request: &ProtectedRequest,
    ) -> Result<Enrolment, Failure> {
        permit(caller, Deed::ChangeFactors, username)?;
        let place = self.place(channel).await?;
        let wanted =
            Wanted { addresses: given.map(std::slice::from_ref).unwrap_or_default(), ..Wanted::account(username) };
        let dispatch = self
            .change(caller, Deed::ChangeFactors, wanted, |account, terms| {
                let address = account.address_to_enrol(channel, given.cloned())?;
                let new = if given.is_some() { NewAddress::given(address) } else { NewAddress::known(address) };
                self.begin_enrolment(account, terms, caller, &place.outlet, new, request)
            })
            .await?;
        Ok(Enrolment { channel, challenge: self.deliver(place, dispatch).await? })
    }

    /// Clears an enrolment and claims its message; what would be refused whatever the proof is refused first.
    pub(super) fn begin_enrolment(
        &self,
        account: &mut Account,
        terms: &Terms<'_>,
        caller: &AccessToken,
        outlet: &crate::channel::Outlet,
        new: NewAddress,
        request: &ProtectedRequest,
    ) -> Result<Dispatch, Failure> {
        caller.may_begin_own_operation().map_err(|_| Refusal::Forbidden)?;
        account.refuse_blocked(terms)?;
        let cleared = self.clear(account, terms, caller, request, &new.summary)?;
        let challenge = self.new_challenge(terms, caller, outlet);
        account.enrol(terms, &challenge, new.address, cleared, ReservationId::new(terms.now, self.chance()))?;
        self.dispatch(account, terms, challenge.id)
    }

    /// Removes a channel: a pending address first, freely; an active one is protected.
    pub async fn remove_channel(
        &self,
        caller: &AccessToken,
        username: &Username,
        channel: Channel,
        request: &ProtectedRequest,
    ) -> Result<(), Failure> {
        let removal = self.change(caller, Deed::ChangeFactors, Wanted::account(username), |account, terms| {
            if account.drop_pending(channel, terms.now, "the enrolment was withdrawn") {
                return Ok(None);
            }
            let address = account.active(channel).ok_or(Refusal::ChannelNotActive)?.address.clone();
            let cleared = self.clear(account, terms, caller, request, &message::removal_summary(&address))?;
            let notices = account.remove_channel(channel, cleared.paid_by());
            if let Some(paid_by) = cleared.paid_by() {
                account.spend(paid_by);
            }
            Ok(Some((account.clone(), terms.now, notices)))
        });
        if let Some((account, now, notices)) = removal.await? {
            self.notify(&account, now, &notices);
        }
        Ok(())
    }

    /// Puts an address in force without a TAN: for operators, audited, and the customer is told.
    pub async fn set_address(
        &self,
        caller: &AccessToken,
        username: &Username,
        address: &Address,
    ) -> Result<(), Failure> {
        permit(caller, Deed::Operate, username)?;
        self.outlet(address.channel())?;
        self.refuse_unserved(address)?;
        let (account, now, notices) = self
            .change(caller, Deed::Operate, Wanted::account(username), |account, terms| {
                let notices = account.set_address(terms.now, address.clone());
                Ok((account.clone(), terms.now, notices))
            })
            .await?;
        self.notify(&account, now, &notices);
        Ok(())
    }
}

fn rows(account: &Account, terms: &Terms<'_>) -> Vec<ChannelRow> {
    let mut rows = Vec::new();
    for channel in Channel::ALL {
        let active = account.active(channel);
        rows.extend(active.map(|active| ChannelRow {
            channel,
            pending: Pending::No,
            tan_info: active.address.masked(),
            since: active.since,
        }));
        let pending = account.pending(channel, terms.now);
        rows.extend(pending.map(|pending| ChannelRow {
            channel,
            pending: Pending::Yes,
            tan_info: pending.address.masked(),
            since: pending.requested_at,
        }));
    }
    rows
}
