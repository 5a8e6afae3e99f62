//! Which outlet carries the messages of which channel.

use std::{collections::BTreeMap, sync::Arc};

use super::Outlet;
use crate::domain::channel::Channel;

/// The outlets of the channels that are configured. A channel without one cannot transmit here.
#[derive(Clone, Default)]
pub struct Outlets(BTreeMap<Channel, Arc<Outlet>>);

impl Outlets {
    /// No outlet at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These, and `outlet` for `channel` in place of an earlier one.
    #[must_use]
    pub fn with(mut self, channel: Channel, outlet: Arc<Outlet>) -> Self {
        self.0.insert(channel, outlet);
        self
    }

    /// The outlet of `channel`; `None` when it is not configured.
    #[must_use]
    pub fn of(&self, channel: Channel) -> Option<&Arc<Outlet>> {
        self.0.get(&channel)
    }

    /// Every channel that has an outlet, in the order of [`Channel`].
    pub fn iter(&self) -> impl Iterator<Item = (Channel, &Arc<Outlet>)> {
        self.0.iter().map(|(channel, outlet)| (*channel, outlet))
    }
}
