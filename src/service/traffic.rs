//! What goes out and comes back, for operators.

use std::time::Duration;

use super::{Failure, Service, permit};
use crate::{
    domain::{
        caller::{AccessToken, Deed},
        channel::Channel,
        prefix_guard::PrefixStanding,
        time::Timestamp,
        traffic::Figures,
        username::Username,
    },
    storage::{
        prefixes::KnownPrefix,
        traffic::{PrefixTraffic, Since},
    },
};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// How long counts are kept.
const KEPT: Duration = Duration::from_hours(25);
/// Prefixes that are listed, unless more are closed.
const MOST_PREFIXES: usize = 100;

/// Figures of the last hour and day, to five minutes.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// When they were read.
    pub now: Timestamp,
    /// Of all channels together.
    pub all: Figures,
    /// Of each configured channel, and of any other that came to something.
    pub channels: Vec<(Channel, Figures)>,
    /// Of the prefixes with the most messages of the day, the most first, at most 100; every prefix that is closed or
    /// half open is among them, whatever it came to.
    pub prefixes: Vec<PrefixFigures>,
}

/// Figures of one prefix.
#[derive(Clone, Debug)]
pub struct PrefixFigures {
    /// Country code and three digits: `+4179123`.
    pub prefix: String,
    /// The channel.
    pub channel: Channel,
    /// What it came to.
    pub figures: Figures,
    /// Whether messages go to it.
    pub standing: PrefixStanding,
}

impl Service {
    /// What was sent and what became of it, for operators. Other instances' figures may be a second or so old.
    pub async fn statistics(&self, caller: &AccessToken) -> Result<Statistics, Failure> {
        permit(caller, Deed::Operate, &Username::system())?;
        self.write_traffic().await?;
        let now = self.store().now().await?;
        let since = Since { day: now.minus(DAY), hour: now.minus(HOUR), now };
        let counted = self.store().channel_traffic(since).await?;
        let all = counted.iter().fold(Figures::default(), |sum, (_, figures)| sum + *figures);
        let channels = Channel::ALL.into_iter().filter_map(|channel| {
            let of_channel = counted.iter().find(|(counted, _)| *counted == channel).copied();
            of_channel.or_else(|| self.outlet(channel).is_ok().then(|| (channel, Figures::default())))
        });
        Ok(Statistics { now, all, channels: channels.collect(), prefixes: self.prefix_figures(since).await? })
    }

    async fn prefix_figures(&self, since: Since) -> Result<Vec<PrefixFigures>, Failure> {
        let known = self.store().known_prefixes().await?;
        let shut = || known.iter().filter(|known| known.closed.opened_at.is_none());
        let wanted: Vec<&str> = shut().map(|known| known.prefix.as_str()).collect();
        let most = wanted.len().max(MOST_PREFIXES);
        let rows = i64::try_from(most).unwrap_or(i64::MAX);
        let mut counted = self.store().prefix_traffic(since, &wanted, rows).await?;
        for prefix in wanted {
            if !counted.iter().any(|counted| counted.prefix == prefix) {
                let (channel, figures) = (Channel::Sms, Figures::default());
                counted.insert(0, PrefixTraffic { channel, prefix: prefix.to_owned(), figures });
            }
        }
        counted.truncate(most);
        counted.sort_by_key(|counted| std::cmp::Reverse(counted.figures.day.sent));
        Ok(counted.into_iter().map(|counted| standing(counted, &known, since.now)).collect())
    }

    /// Writes what this instance counted.
    pub async fn write_traffic(&self) -> Result<(), Failure> {
        Ok(self.store().write_traffic().await?)
    }

    /// Removes counts that no figure shows any more, and prefixes that were opened as long ago.
    pub async fn sweep_traffic(&self) -> Result<(), Failure> {
        let now = self.store().now().await?;
        Ok(self.store().sweep_traffic(now.minus(KEPT)).await?)
    }
}

fn standing(
    PrefixTraffic { channel, prefix, figures }: PrefixTraffic,
    known: &[KnownPrefix],
    now: Timestamp,
) -> PrefixFigures {
    let closed = known.iter().find(|known| known.prefix == prefix);
    let standing = closed.map_or(PrefixStanding::Open, |known| known.closed.standing(now));
    PrefixFigures { prefix, channel, figures, standing }
}
