//! What messages are still allowed: what went before, over all accounts, and what a transition adds to it
//! (`limits.md`: the rows of addresses, prefixes and channels).

use super::{
    channel::Channel,
    meter::{Meter, Window},
    prefix_guard::ClosedPrefix,
    time::Timestamp,
};

/// The messages over all accounts, as far as one account's next one depends on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// What was sent to the account's addresses, and to those that the request names, by whomever.
    pub windows: Vec<Window>,
    /// The prefixes of those addresses that were closed once.
    pub prefixes: Vec<(Meter, ClosedPrefix)>,
    /// Channels that have a ceiling, with the moment from which one of its places is free.
    pub places: Vec<(Channel, Timestamp)>,
    /// The meters that a transmission of this transition is counted by.
    pub metered: Vec<Meter>,
    /// The channel of which this transition takes a place.
    pub place: Option<Channel>,
    /// The half-open prefix that this transition probes.
    pub probe: Option<Meter>,
}

impl Allowance {
    /// When a message may take a place of the channel; `None`: it has no ceiling.
    #[must_use]
    pub fn place_free_at(&self, channel: Channel) -> Option<Timestamp> {
        self.places.iter().find(|(of, _)| *of == channel).map(|(_, free_at)| *free_at)
    }

    /// What was sent of that meter.
    #[must_use]
    pub fn sends_of(&self, meter: &Meter) -> &[Timestamp] {
        self.windows.iter().find(|window| window.meter == *meter).map_or(&[], |window| &window.sends)
    }

    /// What is known of that prefix; `None`: it was never closed.
    #[must_use]
    pub fn prefix(&self, meter: &Meter) -> Option<&ClosedPrefix> {
        self.prefixes.iter().find(|(of, _)| of == meter).map(|(_, closed)| closed)
    }
}
