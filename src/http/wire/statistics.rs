//! What was sent and what came of it (`api.md` section 8).

use serde::Serialize;
use utoipa::ToSchema;

use super::{channel::ChannelName, time::Timestamp};

/// Counts of one span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(examples(json!({"sent": 120, "failed": 2, "solved": 110, "spent": 108, "blocked": 1})))]
pub struct CountsView {
    /// Messages with a TAN that were handed over.
    pub sent: u64,
    /// Those that could not be.
    pub failed: u64,
    /// Challenges that were solved.
    pub solved: u64,
    /// Tokens that were spent.
    pub spent: u64,
    /// Blocks of accounts that began.
    pub blocked: u64,
}

/// Counts of the last hour and of the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FiguresView {
    /// Of the last hour.
    pub hour: CountsView,
    /// Of the last day.
    pub day: CountsView,
}

/// The counts of a channel.
#[derive(Serialize, ToSchema)]
pub struct ChannelFigures {
    /// The channel.
    pub tan_channel: ChannelName,
    /// Its counts.
    #[serde(flatten)]
    pub figures: FiguresView,
}

/// How the guard against SMS pumping has a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GuardName {
    /// Messages go.
    Open,
    /// None goes: too few of them were solved.
    Closed,
    /// One goes at a time, to see whether it is solved.
    HalfOpen,
}

/// The counts of the numbers that begin alike.
#[derive(Serialize, ToSchema)]
pub struct PrefixRow {
    /// Country code and three digits.
    #[schema(example = "+41791")]
    pub prefix: String,
    /// The channel.
    pub tan_channel: ChannelName,
    /// Their counts.
    #[serde(flatten)]
    pub figures: FiguresView,
    /// How the guard has them.
    pub guard: GuardName,
    /// `closed`: until when; `half-open`: when the next message may go. Absent when `open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// All counts, for operators.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "now": {"t_s": 1_766_000_000},
    "hour": {"sent": 120, "failed": 2, "solved": 110, "spent": 108, "blocked": 1},
    "day": {"sent": 2400, "failed": 9, "solved": 2280, "spent": 2251, "blocked": 7},
    "channels": [{
        "tan_channel": "sms",
        "hour": {"sent": 120, "failed": 2, "solved": 110, "spent": 108, "blocked": 1},
        "day": {"sent": 2400, "failed": 9, "solved": 2280, "spent": 2251, "blocked": 7},
    }],
    "prefixes": [{
        "prefix": "+41791",
        "tan_channel": "sms",
        "hour": {"sent": 60, "failed": 0, "solved": 2, "spent": 2, "blocked": 0},
        "day": {"sent": 900, "failed": 3, "solved": 700, "spent": 690, "blocked": 2},
        "guard": "closed",
        "until": {"t_s": 1_766_001_200},
    }],
})))]
pub struct StatisticsView {
    /// The moment the spans end at.
    pub now: Timestamp,
    /// Over all channels.
    #[serde(flatten)]
    pub all: FiguresView,
    /// Each channel's.
    pub channels: Vec<ChannelFigures>,
    /// The prefixes that most was sent to, at most 100, most sent first.
    pub prefixes: Vec<PrefixRow>,
}
