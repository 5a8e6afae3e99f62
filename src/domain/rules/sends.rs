//! How many messages may go out: by account, and over all accounts by address and prefix.

use crate::domain::{
    account::{Account, Terms},
    address::Address,
    meter::{self, Meter, Window},
    refusal::Refusal,
    time::Timestamp,
};

impl Account {
    /// Refuses a transmission to `address` that is over a limit, or to a number that is not served at all.
    pub(super) fn refuse_sending(&self, terms: &Terms<'_>, address: &Address) -> Result<(), Refusal> {
        meter::refuse_prefix(address, terms.limits)?;
        meter::refuse_over(&meter::account_caps(terms.limits), &self.sends, terms.now)?;
        for meter in Meter::of(address) {
            meter::refuse_over(&meter.caps(terms.limits), self.sends_of(&meter), terms.now)?;
        }
        Ok(())
    }

    fn sends_of(&self, meter: &Meter) -> &[Timestamp] {
        let window = self.windows.iter().find(|window| window.meter == *meter);
        window.map_or(&[], |window: &Window| &window.sends)
    }

    /// Counts a transmission that begins now.
    pub(super) fn count_sending(&mut self, terms: &Terms<'_>, address: &Address) {
        meter::forget_old(&mut self.sends, terms.now);
        self.sends.push(terms.now);
        let capped = |meter: &Meter| !meter.caps(terms.limits).is_empty();
        self.metered.extend(Meter::of(address).into_iter().filter(capped));
    }

    /// A hand-over that failed does not count for the account; for address and prefix it does.
    pub(super) fn uncount_sending(&mut self, begun_at: Timestamp) {
        if let Some(place) = self.sends.iter().position(|at| *at == begun_at) {
            self.sends.remove(place);
        }
    }
}
