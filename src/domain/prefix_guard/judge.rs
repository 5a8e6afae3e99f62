//! Judging a prefix by what became of its messages. Only messages to addresses that are young count, as a fraud's numbers
//! are, and only ripe ones: those whose TANs have run out, so that nobody is still typing.

use std::time::Duration;

use super::{ClosedPrefix, PrefixStanding};
use crate::domain::{
    limits::Limits,
    time::Timestamp,
    traffic::{BUCKET, Share, bucket_of},
};

#[cfg(test)]
mod tests;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The buckets that a prefix is judged by: those that begin before `until`, and not before one of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where the hour begins.
    pub hour_from: Timestamp,
    /// Where the day begins.
    pub day_from: Timestamp,
    /// Where both end.
    pub until: Timestamp,
    /// With fewer messages in the day nothing is judged.
    pub least: u32,
}

/// What became of the messages of a [`Span`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ripe {
    /// In its hour.
    pub hour: Share,
    /// In its day.
    pub day: Share,
}

/// What is to be done about a prefix, and by which messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Stays,
    /// It is to be closed, or closed again.
    Close(Share),
    /// It is to be opened.
    Open(Share),
}

impl Span {
    /// What an open prefix was before it was opened is not held against it, nor against a half-open one what came before
    /// its probes.
    #[must_use]
    pub fn of(limits: &Limits, now: Timestamp, prefix: Option<&ClosedPrefix>) -> Self {
        let until = bucket_of(now.minus(limits.tan_lifetime));
        let (earliest, least) = match prefix {
            None => (until.minus(DAY), limits.prefix_minimum),
            Some(ClosedPrefix { opened_at: Some(opened), .. }) => {
                (bucket_of(*opened).plus(BUCKET), limits.prefix_minimum)
            }
            Some(probed) => (bucket_of(probed.half_open_at), limits.prefix_probes),
        };
        Self { hour_from: until.minus(HOUR).max(earliest), day_from: until.minus(DAY).max(earliest), until, least }
    }
}

impl ClosedPrefix {
    /// A prefix that is closed now.
    #[must_use]
    pub fn closing(limits: &Limits, now: Timestamp) -> Self {
        let half_open_at = now.plus(limits.prefix_closed);
        Self { closed_at: now, half_open_at, probe_at: half_open_at, opened_at: None }
    }

    /// This one, opened now.
    #[must_use]
    pub const fn opening(self, now: Timestamp) -> Self {
        Self { opened_at: Some(now), ..self }
    }
}

/// Judges a prefix by the messages of its [`Span`]. With `prefix_floor` off everything is open.
#[must_use]
pub fn judge(limits: &Limits, now: Timestamp, prefix: Option<&ClosedPrefix>, ripe: &Ripe) -> Verdict {
    let standing = prefix.map_or(PrefixStanding::Open, |prefix| prefix.standing(now));
    match standing {
        PrefixStanding::Open if limits.prefix_floor == 0 => Verdict::Stays,
        PrefixStanding::Open => {
            let short = |share: &Share| share.sent >= u64::from(limits.prefix_minimum) && is_short(limits, share);
            [ripe.hour, ripe.day].into_iter().find(short).map_or(Verdict::Stays, Verdict::Close)
        }
        _ if limits.prefix_floor == 0 => Verdict::Open(Share::default()),
        PrefixStanding::Closed { .. } => Verdict::Stays,
        PrefixStanding::HalfOpen { .. } if ripe.day.sent < u64::from(limits.prefix_probes) => Verdict::Stays,
        PrefixStanding::HalfOpen { .. } if is_short(limits, &ripe.day) => Verdict::Close(ripe.day),
        PrefixStanding::HalfOpen { .. } => Verdict::Open(ripe.day),
    }
}

/// Whether too few were solved.
fn is_short(limits: &Limits, share: &Share) -> bool {
    share.solved.saturating_mul(100) < share.sent.saturating_mul(u64::from(limits.prefix_floor))
}
