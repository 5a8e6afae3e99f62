//! How many messages may go out: by account, and over all accounts by address, prefix and channel.

use crate::domain::{
    account::{Account, Terms},
    address::Address,
    channel::Channel,
    meter::{self, Meter},
    prefix_guard::PrefixStanding,
    refusal::Refusal,
    time::Timestamp,
};

impl Account {
    /// Refuses a transmission to `address` that is over a limit, or to a number that is not served at all.
    pub(super) fn refuse_sending(&self, terms: &Terms<'_>, address: &Address) -> Result<(), Refusal> {
        meter::refuse_prefix(address, terms.limits)?;
        meter::refuse_over(&meter::account_caps(terms.limits), &self.sends, terms.now)?;
        for meter in self.meters(address) {
            meter::refuse_over(&meter.caps(terms.limits), self.allowance.sends_of(&meter), terms.now)?;
        }
        match self.guard(terms, address) {
            Some((_, PrefixStanding::Closed { until })) => refuse_until(terms, "prefix_floor", until)?,
            Some((_, PrefixStanding::HalfOpen { probe_at })) => refuse_until(terms, "prefix_floor", probe_at)?,
            Some((_, PrefixStanding::Open)) | None => {}
        }
        match self.allowance.place_free_at(address.channel()) {
            Some(free_at) => refuse_until(terms, "channel_per_minute", free_at),
            None => Ok(()),
        }
    }

    /// Counts a transmission that begins now.
    pub(super) fn count_sending(&mut self, terms: &Terms<'_>, address: &Address) {
        meter::forget_old(&mut self.sends, terms.now);
        self.sends.push(terms.now);
        let capped = |meter: &Meter| !meter.caps(terms.limits).is_empty();
        let metered = self.meters(address).into_iter().filter(capped);
        self.allowance.metered.extend(metered);
        let channel = address.channel();
        self.allowance.place = self.allowance.place_free_at(channel).map(|_| channel);
        if let Some((meter, PrefixStanding::HalfOpen { .. })) = self.guard(terms, address) {
            self.allowance.probe = Some(meter);
        }
    }

    /// What a message to the address is counted by: one that is in force here, apart from one that nobody has proven yet.
    fn meters(&self, address: &Address) -> Vec<Meter> {
        let proven = self.active(address.channel()).is_some_and(|active| active.address == *address);
        let counts = |meter: &Meter| match meter {
            Meter::Address(_) => proven,
            Meter::Unproven(_) => !proven,
            Meter::Prefix(_) => true,
        };
        Meter::of(address).into_iter().filter(counts).collect()
    }

    /// Takes a place under the channel's ceiling, where it has one, for a message that was counted otherwise before. `false`
    /// when none is free now.
    pub(super) fn take_place(&mut self, terms: &Terms<'_>, channel: Channel) -> bool {
        let free_at = self.allowance.place_free_at(channel);
        let free = free_at.is_none_or(|free_at| free_at <= terms.now);
        self.allowance.place = free_at.filter(|_| free).map(|_| channel);
        free
    }

    /// A hand-over that failed does not count for the account; for address, prefix and channel it does.
    pub(super) fn uncount_sending(&mut self, begun_at: Timestamp) {
        if let Some(place) = self.sends.iter().position(|at| *at == begun_at) {
            self.sends.remove(place);
        }
    }

    /// The prefix of the address with how it stands; `None` where the guard is off, knows nothing of it, or trusts the
    /// address.
    fn guard(&self, terms: &Terms<'_>, address: &Address) -> Option<(Meter, PrefixStanding)> {
        if terms.limits.prefix_floor == 0 || self.is_trusted(terms, address) {
            return None;
        }
        let known = |meter: Meter| Some((meter.clone(), self.allowance.prefix(&meter)?.standing(terms.now)));
        Meter::of(address).into_iter().find_map(known)
    }

    /// Whether the address has been in force for so long (`prefix_trusted_after`) that no stranger's pumping is to
    /// touch it.
    #[must_use]
    pub fn is_trusted(&self, terms: &Terms<'_>, address: &Address) -> bool {
        let active = self.active(address.channel()).filter(|active| active.address == *address);
        active.is_some_and(|active| active.since.plus(terms.limits.prefix_trusted_after) <= terms.now)
    }
}

fn refuse_until(terms: &Terms<'_>, limit: &'static str, until: Timestamp) -> Result<(), Refusal> {
    if terms.now < until {
        return Err(Refusal::RateLimited { limit, retry_after: until.since(terms.now) });
    }
    Ok(())
}
