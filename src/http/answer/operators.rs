//! What operators are answered.

use crate::{
    domain::{
        challenge,
        prefix_guard::PrefixStanding,
        traffic::{Counts, Figures},
        username::Username,
        view::ChallengeRecord,
    },
    http::{
        cursor,
        wire::{
            account::AccountList,
            history::{ChallengeHistory, ChallengeKind, ChallengeRow},
            statistics::{ChannelFigures, CountsView, FiguresView, GuardName, PrefixRow, StatisticsView},
        },
    },
    service::{AccountListing, Part, PrefixFigures, Statistics},
};

impl From<Part<AccountListing, Username>> for AccountList {
    fn from(part: Part<AccountListing, Username>) -> Self {
        Self {
            accounts: part.rows.into_iter().map(Into::into).collect(),
            next: part.next.map(|name| cursor::encode(name.as_str().as_bytes())),
        }
    }
}

impl From<Part<ChallengeRecord, i64>> for ChallengeHistory {
    fn from(part: Part<ChallengeRecord, i64>) -> Self {
        Self {
            challenges: part.rows.into_iter().map(Into::into).collect(),
            next: part.next.map(|place| cursor::encode(&place.to_be_bytes())),
        }
    }
}

impl From<ChallengeRecord> for ChallengeRow {
    fn from(record: ChallengeRecord) -> Self {
        let kind = match record.kind {
            challenge::ChallengeKind::Token => ChallengeKind::Token,
            challenge::ChallengeKind::Address => ChallengeKind::Address,
            challenge::ChallengeKind::Taler => ChallengeKind::Taler,
        };
        Self { status: record.shown.into(), kind, requested: record.requested_at.into() }
    }
}

impl From<Statistics> for StatisticsView {
    fn from(statistics: Statistics) -> Self {
        let channel = |(channel, figures): (crate::domain::channel::Channel, Figures)| ChannelFigures {
            tan_channel: channel.into(),
            figures: figures.into(),
        };
        Self {
            now: statistics.now.into(),
            all: statistics.all.into(),
            channels: statistics.channels.into_iter().map(channel).collect(),
            prefixes: statistics.prefixes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<PrefixFigures> for PrefixRow {
    fn from(row: PrefixFigures) -> Self {
        let (guard, until) = match row.standing {
            PrefixStanding::Open => (GuardName::Open, None),
            PrefixStanding::Closed { until } => (GuardName::Closed, Some(until)),
            PrefixStanding::HalfOpen { probe_at } => (GuardName::HalfOpen, Some(probe_at)),
        };
        Self {
            prefix: row.prefix,
            tan_channel: row.channel.into(),
            figures: row.figures.into(),
            guard,
            until: until.map(Into::into),
        }
    }
}

impl From<Figures> for FiguresView {
    fn from(figures: Figures) -> Self {
        Self { hour: figures.hour.into(), day: figures.day.into() }
    }
}

impl From<Counts> for CountsView {
    fn from(Counts { sent, failed, solved, spent, blocked }: Counts) -> Self {
        Self { sent, failed, solved, spent, blocked }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{channel::Channel, time::Timestamp};

    #[test]
    fn statistics_are_written_as_the_contract_says() {
        let counts = |sent| Counts { sent, failed: 2, solved: 3, spent: 4, blocked: 5 };
        let written = |sent| json!({"sent": sent, "failed": 2, "solved": 3, "spent": 4, "blocked": 5});
        let figures = Figures { hour: counts(1), day: counts(9) };
        let row = |prefix: &str, standing| PrefixFigures {
            prefix: prefix.to_owned(),
            channel: Channel::Sms,
            figures,
            standing,
        };
        let statistics = Statistics {
            now: Timestamp::from_seconds(7),
            all: figures,
            channels: vec![(Channel::Email, figures)],
            prefixes: vec![
                row("+41791", PrefixStanding::Open),
                row("+41792", PrefixStanding::Closed { until: Timestamp::from_seconds(8) }),
                row("+41793", PrefixStanding::HalfOpen { probe_at: Timestamp::from_seconds(9) }),
            ],
        };
        let prefix = |prefix, guard| json!({"prefix": prefix, "tan_channel": "sms", "guard": guard, "hour": written(1), "day": written(9)});
        let mut expected = json!({
            "now": {"t_s": 7}, "hour": written(1), "day": written(9),
            "channels": [{"tan_channel": "email", "hour": written(1), "day": written(9)}],
            "prefixes": [prefix("+41791", "open"), prefix("+41792", "closed"), prefix("+41793", "half-open")],
        });
        expected["prefixes"][1]["until"] = json!({"t_s": 8});
        expected["prefixes"][2]["until"] = json!({"t_s": 9});
        assert_eq!(json!(StatisticsView::from(statistics)), expected);
    }

    #[test]
    fn the_end_of_a_list_has_no_next() {
        let list = |next| json!(ChallengeHistory::from(Part { rows: Vec::new(), next }));
        assert_eq!(list(None), json!({"challenges": []}));
        assert_eq!(list(Some(42)), json!({"challenges": [], "next": "AAAAAAAAACo"}));
    }
}
