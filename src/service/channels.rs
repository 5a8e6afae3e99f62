//! The channels of an account: listing, enrolling, setting and removing them.

use super::{
    Failure, Loss, ProtectedRequest, Service, permit,
    sending::{Begun, Place},
};
use crate::{
    domain::{
        account::{Account, Terms},
        address::Address,
        caller::{AccessToken, Deed},
        challenge::Challenge,
        channel::Channel,
        factor::Target,
        id::ChallengeId,
        notice::Notice,
        refusal::Refusal,
        time::Timestamp,
        totp::DeviceName,
        username::Username,
        view::ChallengeView,
    },
    message::Phrase,
    storage::datastore::Wanted,
};

/// A channel as its customer sees it.
pub struct ChannelRow {
    /// The channel.
    pub channel: Channel,
    /// Whether it waits for its proof.
    pub pending: Pending,
    /// What the customer knows it by: a masked address, the name of a device, how many recovery codes are left.
    pub tan_info: String,
    /// Since when it stands so.
    pub since: Timestamp,
}

/// The channels of an account.
pub struct ChannelListing {
    /// One row for each address and device, and one for recovery codes; what is to replace an address has its own.
    pub rows: Vec<ChannelRow>,
    /// Recovery codes that are unused; `None`: the account has none.
    pub recovery_codes_left: Option<usize>,
}

/// Whether a channel is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// It waits for the TAN that went to its address, or the first code of its device.
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

impl Service {
    /// The account's channels: active ones, and those that wait for their proof.
    pub async fn list_channels(&self, caller: &AccessToken, username: &Username) -> Result<ChannelListing, Failure> {
        self.show(caller, Deed::Read, Wanted::account(username), |account, terms| {
            Ok(ChannelListing { rows: rows(account, terms), recovery_codes_left: account.recovery_codes_left() })
        })
        .await
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
        let wanted =
            Wanted { addresses: given.map(std::slice::from_ref).unwrap_or_default(), ..Wanted::account(username) };
        let claim = async |mut place: Option<Place>| {
            self.change(caller, Deed::ChangeFactors, wanted, |account, terms| {
                self.outlet(channel)?;
                let address = account.address_to_enrol(channel, given.cloned())?;
                let mut request = request.clone();
                if given.is_none() {
                    request.operation = request.operation.resolved_to(address.reveal());
                }
                self.begin_enrolment(account, terms, caller, address, &request, &mut place)
            })
            .await
        };
        Ok(Enrolment { channel, challenge: self.send_from(claim).await? })
    }

    /// Clears an enrolment and claims its message; what would be refused whatever the proof is refused first, and no
    /// place is taken before it is cleared.
    pub(super) fn begin_enrolment(
        &self,
        account: &mut Account,
        terms: &Terms<'_>,
        caller: &AccessToken,
        address: Address,
        request: &ProtectedRequest,
        place: &mut Option<Place>,
    ) -> Result<Begun, Failure> {
        caller.may_begin_own_operation().map_err(|_| Refusal::Forbidden)?;
        account.refuse_blocked(terms)?;
        let summary = self.phrase(account, request, &Phrase::SendTo(&address));
        let cleared = self.clear(account, terms, caller, request, &summary)?;
        let channel = address.channel();
        let Some(place) = place.take().or_else(|| Place::free_now(self.outlet(channel).ok()?)) else {
            return Ok(Begun::NeedsPlace(channel));
        };
        let new = self.new_challenge(terms, caller, Some(&place.outlet), request.language.as_ref());
        account.enrol(terms, &new, address, cleared, request.operation)?;
        Ok(Begun::ToSend(place, Box::new(self.dispatch(account, terms, new.id)?)))
    }

    /// Removes a channel: a pending address or device first, freely; what is in force is protected. Of devices this one
    /// alone, or all. Says what is lost with it.
    pub async fn remove_channel(
        &self,
        caller: &AccessToken,
        username: &Username,
        channel: Channel,
        device: Option<&DeviceName>,
        request: &ProtectedRequest,
    ) -> Result<Loss, Failure> {
        let removal = self.change(caller, Deed::ChangeFactors, Wanted::account(username), |account, terms| {
            if drop_pending(account, terms, channel, device) {
                return Ok(Loss::default());
            }
            is_in_force(account, channel, device).then_some(()).ok_or(Refusal::ChannelNotActive)?;
            let loss = self.loss(account, terms, |account| _ = remove(account, channel, device, None));
            let summary = self.removal(account, request, &[channel], device, &loss);
            let cleared = self.clear(account, terms, caller, request, &summary)?;
            let notices = remove(account, channel, device, cleared.paid_by());
            account.pay(cleared);
            self.tell(account, terms, notices);
            Ok(loss)
        });
        removal.await
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
        self.change(caller, Deed::Operate, Wanted::account(username), |account, terms| {
            let notices = account.set_address(terms.now, address.clone());
            self.tell(account, terms, notices);
            Ok(())
        })
        .await
    }
}

/// Drops what waits for its proof, of devices only one of that name where one is named.
fn drop_pending(account: &mut Account, terms: &Terms<'_>, channel: Channel, device: Option<&DeviceName>) -> bool {
    let named = |challenge: &Challenge| match (&challenge.target, device) {
        (Target::NewDevice(new), Some(device)) => new.name == *device,
        _ => true,
    };
    account.pending(channel, terms.now).is_some_and(named)
        && account.drop_pending(channel, terms.now, "the enrolment was withdrawn")
}

fn is_in_force(account: &Account, channel: Channel, device: Option<&DeviceName>) -> bool {
    match device {
        Some(name) => account.devices.iter().any(|device| device.name == *name),
        None => account.has(channel),
    }
}

fn remove(
    account: &mut Account,
    channel: Channel,
    device: Option<&DeviceName>,
    paid_by: Option<ChallengeId>,
) -> Vec<Notice> {
    match device {
        Some(name) => account.remove_device(name, paid_by),
        None => account.remove_channel(channel, paid_by),
    }
}

fn rows(account: &Account, terms: &Terms<'_>) -> Vec<ChannelRow> {
    let active = account.factors(&terms.policy).into_iter().map(|factor| ChannelRow {
        channel: factor.channel,
        pending: Pending::No,
        tan_info: factor.tan_info,
        since: factor.since,
    });
    let pending = Channel::ALL.into_iter().filter_map(|channel| account.pending(channel, terms.now));
    let pending = pending.map(|pending| ChannelRow {
        channel: pending.channel(),
        pending: Pending::Yes,
        tan_info: account.view(pending, terms).tan_info,
        since: pending.requested_at,
    });
    let mut rows: Vec<ChannelRow> = active.chain(pending).collect();
    rows.sort_by_key(|row| terms.policy.preference.iter().position(|channel| *channel == row.channel));
    rows
}
