//! Whether the service can work, which channels serve, and how they do.

use super::{Failure, Service};
use crate::domain::channel::Channel;

impl Service {
    /// The channels that serve now, in the order in which they are offered: those that can carry a message, and those that
    /// need none and are on.
    pub fn supported_channels(&self) -> impl Iterator<Item = Channel> + '_ {
        let ready = |channel| self.0.parts.outlets.of(channel).is_some_and(|outlet| outlet.readiness().is_ok());
        let policy = self.0.parts.policy;
        let serves = move |channel: &Channel| policy.serves(*channel) && (!channel.transmits() || ready(*channel));
        policy.preference.into_iter().filter(serves)
    }

    /// The configured channels that are not likely to carry a message now: each of their transports is not ready, or
    /// failed again and again. They are offered all the same where one is ready, as it may work again.
    #[must_use]
    pub fn channels_down(&self) -> Vec<Channel> {
        self.0.parts.outlets.iter().filter(|(_, outlet)| outlet.is_down()).map(|(channel, _)| channel).collect()
    }

    /// Writes down for operators' metrics how the configured channels stand at this moment.
    pub fn measure_channels(&self) {
        self.0.parts.outlets.iter().for_each(|(channel, outlet)| outlet.measure(channel));
    }

    /// Whether the database answers and has the schema that this program knows, or a newer one: migrations only
    /// expand, so that a fleet is brought up to date one instance after the other.
    pub async fn ready(&self) -> Result<(), Failure> {
        let version = self.store().schema_version().await?;
        if version >= Some(crate::storage::schema::newest_version()) { Ok(()) } else { Err(Failure::Unavailable) }
    }
}
